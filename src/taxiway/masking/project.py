"""A film that is being cut out, in a folder: its frames, the clicks, the masks. Written whole.

What is looked at are copies of the frames, SIDE pixels long; a film that is written at the end is
made of the film itself, the edges drawn along its own at full size.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta, Struct

from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.core.files import write_whole
from taxiway.core.images import (
    Pixels,
    encode_jpeg,
    encode_png,
    open_image,
    rgb_pixels,
)
from taxiway.core.parsing import Malformed, from_json
from taxiway.film.media import playing
from taxiway.masking.follow import Mask
from taxiway.vision.cutting import Hints, changed, first_state, settled, shrunk

SIDE = 480
FOLDER = ".film"
"""In the folder of a job: what it needs to go on, beside the films that it wrote."""
RECORD = "film.json"
WISH = "wish.json"
"""What the studio wants of the job when it goes on."""
BEHIND = "behind"
"""The film or picture that it wants behind."""
MOST_FRAMES = 20_000
ROUNDS = 5
KEYS = "keys"
"""The text in a mask's PNG that tells the key frames that it was made of."""

HEAD = 1000
"""Bytes of a mask's PNG within which that text stands."""

Cut = Callable[[Pixels, Hints, Mask | None], Mask]
"""Makes of a frame uint8 [h, w, 3], what is said of it and a mask known before a mask [h, w]."""
Share = Annotated[float, Meta(ge=-1, le=2)]
Place = Annotated[list[Share], Meta(min_length=2, max_length=2)]


class Clicks(Struct, kw_only=True, forbid_unknown_fields=True):
    """What is said of one frame: points in the object and points beside it, a box around it.

    All from 0 to 1 across and down.
    """

    frame: Annotated[int, Meta(ge=0, lt=MOST_FRAMES)]
    include: Annotated[list[Place], Meta(max_length=1000)] = []
    exclude: Annotated[list[Place], Meta(max_length=1000)] = []
    box: Annotated[list[Share], Meta(min_length=4, max_length=4)] | None = None

    @property
    def hints(self) -> Hints:
        """As what cuts out takes them."""
        return Hints(box=self.box, include=self.include, exclude=self.exclude)

    def __bool__(self) -> bool:
        return bool(self.include or self.exclude or self.box)


class Film(Struct, kw_only=True, rename="camel"):
    """The record: a film's facts, sizes in pixels (width, height), what was clicked, and by which
    model it is cut out, "" for colours and what moves."""

    name: str
    count: int
    fps: float
    size: tuple[int, int]
    shown: tuple[int, int]
    clicks: list[Clicks] = []
    model: str = ""


def by_colours(pixels: Pixels, hints: Hints, before: Mask | None) -> Mask:
    """A Cut that nothing was learnt for."""
    size = pixels.shape[0], pixels.shape[1]
    state = first_state(size, hints) if before is None else changed(before, hints)
    return settled(pixels, state, ROUNDS, hints)


class Project:
    """The folder of one film. What cannot be read in it is as if it were not there.

    `cut` makes masks of clicks.
    """

    def __init__(self, folder: Path, cut: Cut = by_colours) -> None:
        self.folder, self.cut = folder / FOLDER, cut

    @property
    def film(self) -> Film | None:
        """The record; None until all frames are there."""
        try:
            found: Film = from_json((self.folder / RECORD).read_bytes(), Film)
        except (OSError, Malformed):
            return None
        return found

    def known(self) -> Film:
        """The record. Raises NotFound where the film is not read yet."""
        if (film := self.film) is None:
            raise NotFound("The film is not read yet.")
        return film

    def read(self, film: Path | bytes, name: str) -> Iterator[Pixels]:
        """Keep a copy of every frame, giving each, and at the end the record.

        Raises MissingDependency, InvalidArgument for what is no film or has too many frames.
        """
        with playing(film) as opened:
            rate = opened.streams.video[0].average_rate
            fps = min(max(float(rate or 25), 0.1), 240.0)
            frames = (each.to_ndarray(format="rgb24") for each in opened.decode(video=0))
            yield from self.take(frames, name, fps)

    def take(self, frames: Iterable[Pixels], name: str, fps: float) -> Iterator[Pixels]:
        """As `read`, of frames uint8 [H, W, 3] that are decoded already."""
        for kind in ("frames", "keys", "masks"):
            (self.folder / kind).mkdir(parents=True, exist_ok=True)
        count, size, shown = 0, (0, 0), (0, 0)
        for pixels in frames:
            if count == MOST_FRAMES:
                raise InvalidArgument(f"A film has up to {MOST_FRAMES} frames.", "film")
            small = shrunk(pixels, SIDE)
            size, shown = (pixels.shape[1], pixels.shape[0]), (small.shape[1], small.shape[0])
            path = self._path("frames", count, ".jpg")
            if not path.exists():
                write_whole(path, encode_jpeg(small, 92))
            count += 1
            yield small
        if not count:
            raise InvalidArgument(f"There are no frames in '{name}'.", "film")
        self._write(Film(name=name, count=count, fps=fps, size=size, shown=shown))

    def frame(self, index: int) -> Pixels:
        """A frame as it is looked at, uint8 [h, w, 3]. Raises NotFound."""
        return rgb_pixels(self.frame_file(index).read_bytes(), f"frame {index}")

    def frame_file(self, index: int) -> Path:
        """Its JPEG. Raises NotFound."""
        film = self.known()
        if not 0 <= index < film.count:
            raise NotFound(f"'{film.name}' has frames 0 to {film.count - 1}, got {index}.")
        return self._path("frames", index, ".jpg")

    def click(self, clicks: Clicks) -> Mask | None:
        """Keep what is said of a frame in place of what was said before, and its mask, bool [h, w].

        With no click the frame is no key any more; the result is what it had before, if anything.
        """
        film, path = self.known(), self._path("keys", clicks.frame, ".png")
        pixels = self.frame(clicks.frame)
        if clicks:
            before = self._mask_in("masks", clicks.frame)
            self._write_mask(path, self.cut(pixels, clicks.hints, before), "")
        others = [each for each in film.clicks if each.frame != clicks.frame]
        film.clicks = sorted([*others, *([clicks] if clicks else [])], key=lambda each: each.frame)
        self._write(film)
        if not clicks:
            path.unlink(missing_ok=True)
        return self.mask(clicks.frame)

    def use(self, model: str) -> None:
        """Cut out by another model, "" for none, from now on; what was clicked is cut out anew.

        `cut` is that model's already.
        """
        film = self.known()
        if film.model == model:
            return
        for clicks in film.clicks:
            self.click(clicks)
        self._write(msgspec.structs.replace(self.known(), model=model))

    def mask(self, index: int) -> Mask | None:
        """The mask of a frame, bool [h, w]; None where there is none yet."""
        kept = self._mask_in("keys", index)
        return self._mask_in("masks", index) if kept is None else kept

    def keys(self) -> dict[int, Mask]:
        """The key frames with their masks; one that was lost is made again from its clicks."""
        film, found = self.known(), {}
        for clicks in film.clicks:
            if clicks.frame < film.count:
                mask = self._mask_in("keys", clicks.frame)
                mask = self.click(clicks) if mask is None else mask
                if mask is not None:
                    found[clicks.frame] = mask
        return found

    def told(self) -> str:
        """What all masks are made of: the same only for the same key frames and model."""
        digest = hashlib.sha256(self.known().model.encode())
        for index, mask in self.keys().items():
            digest.update(index.to_bytes(4, "big") + np.packbits(mask).tobytes())
        return digest.hexdigest()

    def is_made(self, index: int, told: str) -> bool:
        """Whether the mask of a frame is there, made of these key frames."""
        if self._path("keys", index, ".png").exists():
            return True
        try:
            with self._path("masks", index, ".png").open("rb") as file:
                return told.encode() in file.read(HEAD)
        except OSError:
            return False

    def keep(self, index: int, mask: Mask, told: str) -> None:
        """Keep the mask of a frame, made of these key frames."""
        self._write_mask(self._path("masks", index, ".png"), mask, told)

    def masked(self) -> int:
        """How many frames have a mask made of the key frames as they are now."""
        told = self.told()
        return sum(self.is_made(index, told) for index in range(self.known().count))

    def _mask_in(self, kind: str, index: int) -> Mask | None:
        width, height = self.known().shown
        try:
            data = self._path(kind, index, ".png").read_bytes()
            pixels = np.asarray(open_image(data, "mask").convert("L"))
        except (OSError, InvalidArgument):
            return None
        return pixels > 127 if pixels.shape == (height, width) else None

    def _write_mask(self, path: Path, mask: Mask, told: str) -> None:
        write_whole(path, encode_png(mask.astype(np.uint8) * 255, {KEYS: told}))

    def _path(self, kind: str, index: int, ending: str) -> Path:
        return self.folder / kind / f"{index:05d}{ending}"

    def _write(self, film: Film) -> None:
        write_whole(self.folder / RECORD, msgspec.json.encode(film))


def parse_clicks(wire: object) -> list[Clicks]:
    """Clicks as they come by the wire: a list with an object for each frame, or one object.

    Raises InvalidArgument naming the input.
    """
    try:
        return msgspec.convert(wire if isinstance(wire, list) else [wire], list[Clicks])
    except msgspec.ValidationError as error:
        raise InvalidArgument(
            f"'clicks' takes a list of {{frame, include, exclude, box}}: {error}.", "clicks"
        ) from None
