"""Films of what was cut out: on a colour, transparent, as masks, or over another film."""

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path
from zipfile import ZipFile

import numpy as np
from msgspec import Struct

from taxiway.core.errors import InvalidArgument
from taxiway.core.files import whole_file, write_whole
from taxiway.core.frame import flattened
from taxiway.core.images import Pixels, encode_png, rgb_pixels
from taxiway.film.media import playing
from taxiway.film.stream import FORMATS, FilmStream
from taxiway.film.writer import Manner, write_film
from taxiway.masking.project import Film, Project
from taxiway.vision.colours import Grade, Match
from taxiway.vision.cutting import refined
from taxiway.vision.opencv import opencv

FORMS = ("green", "alpha", "webm", "pictures", "masks", "over")
FILES = {"green": "green.mp4", "alpha": "alpha.mov", "webm": "alpha.webm", "over": "over.mp4"}
FOLDERS = {"pictures": "pictures", "masks": "masks"}

Progress = Callable[[int, Pixels], None]
"""Is told how many frames are written, and the newest."""


class Wanted(Struct, kw_only=True):
    """What to write: `form` of FORMS, the colour `ground`, the film or picture `behind`.

    `soften` is in pixels of the film; `match` 0 to 1, how far the object takes the colours of what
    is behind. `packed` puts pictures into a zip file, where a folder could not be downloaded.
    """

    form: str = "green"
    ground: tuple[int, int, int] = (0, 255, 0)
    behind: Path | bytes | None = None
    soften: float = 0.0
    match: float = 0.0
    grade: Grade = Grade()
    packed: bool = False


def exported(
    project: Project, source: Path | bytes, wanted: Wanted, out: Path, report: Progress
) -> str:
    """Write a film, or a folder or zip file of pictures, into `out`; its name. Whole or not at all,
    a folder picture by picture. Raises InvalidArgument, MissingDependency."""
    film = project.known()
    frames = counted(made(project, source, wanted), report)
    if wanted.form in FOLDERS:
        write = packed if wanted.packed else laid_out
        return write(out / FOLDERS[wanted.form], frames)
    path = out / FILES[wanted.form]
    if wanted.form == "alpha":
        write_prores(path, frames, film)
    else:
        write_film(path, frames, film.count, Manner(fps=film.fps, sound=sound_of(source)))
    return path.name


def laid_out(folder: Path, frames: Iterable[Pixels]) -> str:
    """Write pictures into a folder; its name."""
    folder.mkdir(exist_ok=True)
    for index, pixels in enumerate(frames):
        write_whole(folder / f"{index:05d}.png", encode_png(pixels))
    return folder.name


def packed(folder: Path, frames: Iterable[Pixels]) -> str:
    """Write pictures into a zip file in place of a folder; its name."""
    path = folder.with_name(f"{folder.name}.zip")
    with whole_file(path) as file, ZipFile(file, "w") as archive:
        for index, pixels in enumerate(frames):
            archive.writestr(f"{index:05d}.png", encode_png(pixels))
    return path.name


def made(project: Project, source: Path | bytes, wanted: Wanted) -> Iterator[Pixels]:
    """Every frame as it is written: uint8 [H, W], [H, W, 3] or [H, W, 4]."""
    film, match = project.known(), None
    with ExitStack() as opened:
        behind = (
            backgrounds(wanted.behind, film, opened) if wanted.form == "over" else cycle([None])
        )
        for index, (pixels, ground) in enumerate(
            zip(decoded(source, opened), behind, strict=False)
        ):
            if index == film.count:
                return
            alpha = alpha_of(project, index, pixels, wanted.soften)
            if wanted.form == "masks":
                yield alpha
                continue
            if wanted.match and ground is not None and match is None and (alpha > 127).any():
                match = Match(pixels[alpha > 127], ground)
            coloured = pixels if match is None else match.applied(pixels, wanted.match)
            alone = np.dstack([wanted.grade.applied(coloured), alpha])
            if wanted.form in ("alpha", "webm", "pictures"):
                yield alone
            else:
                yield (
                    flattened(alone, ground=wanted.ground)
                    if ground is None
                    else over(alone, ground)
                )


def alpha_of(project: Project, index: int, pixels: Pixels, soften: float) -> Pixels:
    """How much of each pixel belongs to the object at full size, uint8 [H, W]."""
    mask = project.mask(index)
    if mask is None:
        raise InvalidArgument(f"Frame {index} has no mask yet: propagate first.", "form")
    alpha = refined(pixels, mask)
    if soften > 0:
        alpha = np.asarray(opencv("Softening").GaussianBlur(alpha, (0, 0), soften))
    return alpha


def over(alone: Pixels, ground: Pixels) -> Pixels:
    """A picture [H, W, 4] over another, [H, W, 3]."""
    share = alone[:, :, 3:].astype(np.float32) / 255
    mixed = ground + (alone[:, :, :3].astype(np.float32) - ground) * share
    return np.asarray(mixed + 0.5).astype(np.uint8)


def decoded(source: Path | bytes, opened: ExitStack) -> Iterator[Pixels]:
    """The frames of a film, uint8 [H, W, 3]."""
    container = opened.enter_context(playing(source))
    return (frame.to_ndarray(format="rgb24") for frame in container.decode(video=0))


def backgrounds(given: Path | bytes | None, film: Film, opened: ExitStack) -> Iterator[Pixels]:
    """What is behind each frame: a picture, or a film again and again, cropped to the film's size.

    Raises InvalidArgument.
    """
    if given is None:
        raise InvalidArgument("'behind' takes a film or a picture to put it over.", "behind")
    width, height = film.size
    data = given if isinstance(given, bytes) else given.read_bytes()[:64]
    try:
        picture = rgb_pixels(given if isinstance(given, bytes) else given.read_bytes(), "behind")
    except InvalidArgument:
        if is_picture_file(data):
            raise
        return (covering(each, width, height) for each in again(given, opened))
    still = covering(picture, width, height)
    return cycle([still])


def is_picture_file(data: bytes) -> bool:
    """Whether bytes begin as those of a picture, whatever is wrong with the rest."""
    return data.startswith((b"\x89PNG", b"\xff\xd8\xff", b"BM"))


def again(source: Path | bytes, opened: ExitStack) -> Iterator[Pixels]:
    """The frames of a film, from its beginning again at the end."""
    while True:
        count = 0
        for pixels in decoded(source, opened):
            count += 1
            yield pixels
        if not count:
            raise InvalidArgument("There are no frames in what is behind.", "behind")


def covering(pixels: Pixels, width: int, height: int) -> Pixels:
    """A picture [h, w, 3] as large as it must be to fill a size, its middle: [H, W, 3]."""
    if pixels.shape[:2] == (height, width):
        return pixels
    cv2 = opencv("Scaling")
    share = max(width / pixels.shape[1], height / pixels.shape[0])
    size = math.ceil(pixels.shape[1] * share), math.ceil(pixels.shape[0] * share)
    large = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if share < 1 else cv2.INTER_CUBIC)
    left, top = (large.shape[1] - width) // 2, (large.shape[0] - height) // 2
    return np.ascontiguousarray(large[top : top + height, left : left + width])


def write_prores(path: Path, frames: Iterable[Pixels], film: Film) -> None:
    """A film with alpha as editors take it: ProRes 4444, without sound."""
    stream: FilmStream | None = None
    with whole_file(path) as file:
        for pixels in frames:
            stream = stream or FilmStream(file, FORMATS[".mov"], pixels, max(1, round(film.fps)))
            stream.write(pixels)
        if stream is not None:
            stream.close()


def sound_of(source: Path | bytes) -> Path | bytes | None:
    """The film itself where it has a sound."""
    with playing(source) as opened:
        return source if opened.streams.audio else None


def counted(frames: Iterable[Pixels], report: Progress) -> Iterator[Pixels]:
    """The frames, each reported once it is taken."""
    for index, pixels in enumerate(frames):
        report(index, pixels)
        yield pixels
