"""Looking at every picture of a source once: what it is, and whether a training takes it."""

import hashlib
import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from taxiway.core.images import Unusable, over_white
from taxiway.core.memory import BUDGET
from taxiway.training.datasets.pictures.crops import SMALLEST, Plan, squares
from taxiway.training.datasets.pictures.labels import Label
from taxiway.training.datasets.pictures.sources import Item, Source

BLANK = 4.0
"""Deviation, in levels, below which a picture shows nothing."""
NEAR = 4
"""Bits of 64, of two perceptual hashes, up to which pictures count as nearly the same."""
ODD = 2.0
"""Length over width from which a crop loses half of the picture or more."""
SOFT = 0.1
"""Share of the usual sharpness below which a picture is listed as blurred."""
THUMBNAIL = 96
KINDS = ("broken", "too small", "blank", "duplicate", "alike")
"""Why pictures are left out."""

COSINES = np.cos(np.pi / 64 * np.outer(np.arange(8), 2 * np.arange(32) + 1)).astype(np.float32)
"""The first rows of the discrete cosine transform of 32 numbers, [8, 32]."""
_AT_ONCE = 16


@dataclass(frozen=True)
class Facts:
    """What is known of one picture. `why` says why it is left out; None where it is taken.

    `digest` tells pictures of exactly the same pixels, `phash` [64 bits] those that look alike;
    `sharpness` is the variance of the Laplacian of the square picture; `thumbnail` is a JPEG.
    `kind` is one of KINDS for a picture left out.
    """

    name: str
    label: Label = None
    width: int = 0
    height: int = 0
    digest: bytes = b""
    phash: int = 0
    deviation: float = 0.0
    sharpness: float = 0.0
    scale: float = 0.0
    thumbnail: bytes = b""
    kind: str = ""
    why: str = ""

    @property
    def taken(self) -> bool:
        """Whether the training gets it."""
        return not self.kind

    @property
    def aspect(self) -> float:
        """The longer side over the shorter."""
        return max(self.width, self.height) / max(1, min(self.width, self.height))


Keep = Callable[[Facts, list[Image.Image]], None]


def survey(source: Source, plan: Plan, limit: int, keep: Keep | None = None) -> Iterator[Facts]:
    """The facts of up to `limit` pictures of a source, in order; `keep` gets the squares taken.

    Pictures are opened on several threads. A picture of exactly the same pixels as an earlier
    one is left out, and a frame of a film that looks like the last one taken.
    """
    seen: dict[bytes, str] = {}
    last: Facts | None = None
    items = islice(iter(source.items), limit)
    with ThreadPoolExecutor() as pool:
        while batch := list(islice(items, _AT_ONCE)):
            for facts, made in pool.map(lambda item: examined(item, plan), batch):
                facts = compared(facts, seen, last if source.moving else None)
                if facts.taken:
                    last = facts
                    seen[facts.digest] = facts.name
                    if keep:
                        keep(facts, made)
                yield facts


def examined(item: Item, plan: Plan) -> tuple[Facts, list[Image.Image]]:
    """One picture by itself: its facts, and the squares made of it."""
    with BUDGET.kept():
        return _examined(item, plan)


def _examined(item: Item, plan: Plan) -> tuple[Facts, list[Image.Image]]:
    try:
        image = item.read()
    except Unusable as reason:
        return Facts(item.name, item.label, kind="broken", why=str(reason)), []
    made = squares(image, item.name, plan)
    grey = np.asarray(over_white(made[0]).convert("L"), np.float32)
    deviation = max(float(grey.std()), opacity_varies(made[0]))
    scale = plan.scale(image.width, image.height)
    kind, why = verdict(deviation, scale, image, plan)
    facts = Facts(
        item.name,
        item.label,
        image.width,
        image.height,
        hashlib.sha256(repr(image.size).encode() + image.tobytes()).digest(),
        phash_of(image),
        deviation,
        sharpness(grey),
        scale,
        thumbnail(made[0]),
        kind,
        why,
    )
    return facts, made


def opacity_varies(image: Image.Image) -> float:
    """The deviation of a picture's alpha, in levels: a white shape shows in nothing else."""
    return float(np.asarray(image.getchannel("A")).std()) if image.mode == "RGBA" else 0.0


def verdict(deviation: float, scale: float, image: Image.Image, plan: Plan) -> tuple[str, str]:
    """(kind, why) of a picture that is left out for itself; two empty texts where it is taken."""
    if scale < SMALLEST:
        return "too small", f"has {image.width} x {image.height} for {plan.resolution} pixels"
    if deviation < BLANK:
        return "blank", "shows one colour"
    return "", ""


def compared(facts: Facts, seen: dict[bytes, str], last: Facts | None) -> Facts:
    """The facts, with what the pictures before say about this one."""
    if not facts.taken:
        return facts
    if facts.digest in seen:
        return left_out(facts, "duplicate", f"is '{seen[facts.digest]}' again")
    if last and (facts.phash ^ last.phash).bit_count() <= NEAR:
        return left_out(facts, "alike", f"looks like '{last.name}'")
    return facts


def left_out(facts: Facts, kind: str, why: str) -> Facts:
    """The same facts of a picture that the training does not get."""
    return Facts(**{**vars(facts), "kind": kind, "why": why})


def phash_of(image: Image.Image) -> int:
    """The perceptual hash of a picture, 64 bits: the signs of its lowest cosines (Zauner 2010)."""
    small = over_white(image).convert("L").resize((32, 32), Image.Resampling.LANCZOS)
    lowest = COSINES @ np.asarray(small, np.float32) @ COSINES.T  # [8, 8]
    bits = np.packbits(lowest > np.median(lowest))
    return int.from_bytes(bits.tobytes(), "big")


def sharpness(grey: NDArray[np.float32]) -> float:
    """The variance of the Laplacian of a picture [H, W]: small where nothing is in focus."""
    middle = grey[1:-1, 1:-1]
    around = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:]
    return float((around - 4 * middle).var())


def thumbnail(square: Image.Image) -> bytes:
    """A square picture as a small JPEG."""
    buffer = io.BytesIO()
    small = over_white(square).resize((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
    small.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def lookalikes(found: list[Facts]) -> list[list[Facts]]:
    """Groups of two and more among the pictures taken that look nearly the same."""
    taken = [facts for facts in found if facts.taken]
    hashes = np.array([facts.phash for facts in taken], ">u8").view(np.uint8).reshape(-1, 8)
    signs = 1 - 2 * np.unpackbits(hashes, axis=1).astype(np.float32)
    group = np.arange(len(taken))
    for i in range(len(taken)):
        apart = (64 - signs[i + 1 :] @ signs[i]) / 2
        near = i + 1 + np.flatnonzero(apart <= NEAR)
        for j in near:
            group[group == group[j]] = group[i]
    groups = [[taken[i] for i in np.flatnonzero(group == g)] for g in np.unique(group)]
    return [members for members in groups if len(members) > 1]


def blurred(found: list[Facts]) -> list[Facts]:
    """The pictures taken that are far softer than the others, softest first."""
    taken = sorted((facts for facts in found if facts.taken), key=lambda facts: facts.sharpness)
    usual = taken[len(taken) // 2].sharpness if taken else 0.0
    return [facts for facts in taken if facts.sharpness < SOFT * usual]
