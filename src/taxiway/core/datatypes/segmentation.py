"""A picture whose every pixel is one of a few labels: colours on the wire, ids inside."""

from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, ClassVar

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import UNSET, Meta, UnsetType, field
from PIL import Image as PillowImage

from taxiway.core.datatypes.picture import Picture
from taxiway.core.images import ImageFormat, Pixels, to_data_uri

LabelId = Annotated[int, Meta(ge=0, le=255)]
Colour = Annotated[list[LabelId], Meta(min_length=3, max_length=3)]
COLOURS = 2**24
BLOCK = 2**14
"""Rows, or colours, that are worked on at a time, to bound the memory."""


class Segmentation(Picture, frozen=True, tag="segmentation"):
    """A map of labels: uint8 ids [H, W] inside, a PNG of the labels' colours on the wire.

    A picture in colour is read by the nearest label colour, a grey one is taken as ids. Labels
    without a colour get one of a palette of 256 (colorcet's `glasbey_bw`), as in Runway's SDK.
    `default` is a map to start from, as a data URI; `offered` are the labels that a form offers to
    paint with, all of them if it is empty.
    """

    labels: tuple[str, ...] = ()
    default_label: str | UnsetType = UNSET
    label_to_id: dict[str, LabelId] = field(default_factory=dict)
    label_to_color: dict[str, Colour] = field(default_factory=dict)
    default: str | UnsetType = UNSET
    offered: tuple[str, ...] | UnsetType = UNSET

    holds_colours: ClassVar[bool] = False

    def __post_init__(self) -> None:
        ids = self.label_to_id or {label: number for number, label in enumerate(self.labels)}
        if not ids:
            raise ValueError("A segmentation has at least one label.")
        labels = tuple(ids)
        known = self.label_to_color
        colours = {label: known.get(label) or spare_colour(ids[label]) for label in labels}
        default = labels[0] if self.default_label is UNSET else self.default_label
        whole = {"label_to_id": ids, "labels": labels, "label_to_color": colours}
        for name, value in {**whole, "default_label": default}.items():
            msgspec.structs.force_setattr(self, name, value)

    def pixels(self, picture: PillowImage.Image) -> Pixels:
        if picture.mode.startswith("I"):  # of 16 bits or more, which Pillow would scale
            ids: Pixels = np.clip(np.asarray(picture), 0, 255).astype(np.uint8)
            return ids
        if picture.mode in ("L", "1", "LA"):
            return np.asarray(picture.convert("L"))
        ids = np.array(list(self.label_to_id.values()), np.uint8)
        colours = np.array([self.label_to_color[label] for label in self.labels], np.float32)
        return ids_of(np.asarray(picture.convert("RGB")), colours, ids)

    def encode(self, value: Any, format: ImageFormat | None = None) -> str:
        return to_data_uri(self.shown(value), "PNG")

    def shown(self, value: Any) -> Pixels:
        """The labels' colours, uint8 [H, W, 3], of their ids [H, W]."""
        ids = np.clip(np.asarray(value), 0, 255).astype(np.uint8)
        colours: Pixels = self._table()[ids]
        return colours

    def _table(self) -> Pixels:
        """The colour of every id; ids of no label have that of the default label."""
        default = self.default_label
        fallback = self.label_to_color.get(str(default)) or self.label_to_color[self.labels[0]]
        table = np.full((256, 3), fallback, np.uint8)
        for label, number in self.label_to_id.items():
            table[number] = self.label_to_color[label]
        return table


def ids_of(pixels: Pixels, colours: npt.NDArray[np.float32], ids: Pixels) -> Pixels:
    """For every pixel [H, W, 3] the id whose colour is nearest; `colours` [N, 3], `ids` [N].

    Each of the colours that occur is looked for once: most are painted with a few.
    """
    occurs = np.zeros(COLOURS, bool)
    for rows in _rows(pixels):
        occurs[_packed(rows)] = True
    found = np.flatnonzero(occurs)
    table = np.zeros(COLOURS, np.uint8)
    for start in range(0, len(found), BLOCK):
        some = found[start : start + BLOCK]
        parts = np.stack([some >> 16, some >> 8 & 255, some & 255], -1).astype(np.float32)
        distances = (colours**2).sum(-1) - 2 * parts @ colours.T
        table[some] = ids[distances.argmin(-1)]
    return np.concatenate([table[_packed(rows)] for rows in _rows(pixels)])


def _rows(pixels: Pixels) -> Iterator[Pixels]:
    height = max(1, BLOCK * 64 // pixels.shape[1])
    return (pixels[start : start + height] for start in range(0, len(pixels), height))


def _packed(pixels: Pixels) -> npt.NDArray[np.int64]:
    whole: npt.NDArray[np.int64] = pixels.astype(np.int64) @ np.array([65536, 256, 1])
    return whole


@cache
def _palette() -> list[str]:
    # Half a second to import, for the few models that leave their colours to us.
    from colorcet import b_glasbey_bw

    return list(b_glasbey_bw)


def spare_colour(number: int) -> list[int]:
    """The colour [r, g, b] of a label that was given none, by its id."""
    return list(bytes.fromhex(_palette()[number].removeprefix("#")))
