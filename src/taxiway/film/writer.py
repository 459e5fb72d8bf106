"""Frames to one file: MP4 (H.264), WebM (VP9), GIF or animated PNG, written whole or not at all."""

import math
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from functools import partial
from itertools import accumulate, groupby, pairwise
from pathlib import Path
from typing import Any, BinaryIO

from msgspec import Struct
from PIL import Image, ImageColor

from taxiway.core.errors import InvalidArgument
from taxiway.core.files import whole_file
from taxiway.core.frame import flattened, padded
from taxiway.core.images import Pixels
from taxiway.film.media import Target, import_av
from taxiway.film.pictures import Pictures
from taxiway.film.sound import Sound

FORMATS = (".mp4", ".webm", ".gif", ".apng")
CODECS = {".mp4": ("libx264", "aac"), ".webm": ("libvpx-vp9", "libopus")}
TRANSPARENT = (".webm", ".apng")
"""Films that can be transparent."""
WHITE = (255, 255, 255)
CRF = {".mp4": 18, ".webm": 28}
LEAST = {".mp4": 1, ".webm": 0}
"""The least loss that players take: x264's 0 makes films of a profile that no browser plays."""
WRITING = "Writing a video"
GIF_FPS = 50
MOST_UNITS = 2**16 - 1
"""Of hundredths in a GIF, of thousandths in an animated PNG, that a picture is shown."""
BT709 = 1
"""The number of the standard of HD video in every field that names one; players guess without."""


class Manner(Struct, frozen=True, kw_only=True):
    """How a film is written. `bitrate` is in bits per second and goes before `crf`.

    `crf` is x264's and VP9's measure of loss, 0 (1) to 51 (63): less is better and larger.
    `ground` is what transparent parts show, 0 to 255; None leaves them transparent in TRANSPARENT
    and makes them white elsewhere.
    """

    fps: float = 30.0
    crf: int | None = None
    bitrate: int | None = None
    sound: Path | bytes | None = None
    ground: tuple[int, int, int] | None = None


def check(path: Path, manner: Manner) -> None:
    """Raises InvalidArgument or MissingDependency for a film that could not be written."""
    suffix = path.suffix
    if suffix not in FORMATS:
        formats = ", ".join(FORMATS)
        raise InvalidArgument(f"A film is {formats} or a folder of PNGs, got {path.name!r}.")
    if not 0.1 <= manner.fps <= 240:
        raise InvalidArgument(f"'fps' takes 0.1 to 240, got {manner.fps:g}.", "fps")
    if suffix in CODECS:
        import_av(WRITING)
    elif manner.sound is not None:
        raise InvalidArgument(f"Sound goes into .mp4 and .webm, not into {suffix}.", "sound")
    elif suffix == ".gif" and manner.fps > GIF_FPS:
        raise InvalidArgument(f"A GIF has up to {GIF_FPS} frames a second.", "fps")


def write_film(path: Path, frames: Iterable[Pixels], count: int, manner: Manner) -> None:
    """Write `count` frames, uint8 [H, W, 3 or 4] of one size, as the format of the path's suffix.

    The same array given again is the same picture, which is encoded once for as long as it stays.
    Sound is cut or repeated to the film's length. Odd sizes get one more row or column in video,
    whose colours come in pairs. Raises as `check` does, and InvalidArgument for unreadable sound.
    """
    check(path, manner)
    alpha = path.suffix in TRANSPARENT and manner.ground is None
    ground = manner.ground or WHITE
    frames = flat_frames(frames, alpha, ground)
    with whole_file(path) as file:
        if path.suffix == ".gif":
            write_gif(file, frames, manner.fps)
        elif path.suffix == ".apng":
            write_apng(file, frames, manner.fps)
        else:
            write_video(file, path.suffix, frames, count, manner)


def flat_frames(
    frames: Iterable[Pixels], alpha: bool, ground: tuple[int, int, int]
) -> Iterator[Pixels]:
    """Every frame flattened; one that is given again is the same again."""
    before: Pixels | None = None
    flat: Pixels | None = None
    for pixels in frames:
        if flat is None or pixels is not before:
            before, flat = pixels, flattened(pixels, alpha, ground)
        yield flat


def write_video(
    file: BinaryIO, suffix: str, frames: Iterable[Pixels], count: int, manner: Manner
) -> None:
    """H.264 with AAC, or VP9, transparent where the first frame has alpha, with Opus."""
    av = import_av(WRITING)
    rate = Fraction(manner.fps).limit_denominator(1001)
    pictures = iter(frames)
    first = next(pictures)
    set_up = partial(set_up_encoder, suffix, padded(first), manner)
    target = Target(file)
    with av.open(target, "w", format=suffix[1:]) as container:
        stream = container.add_stream(CODECS[suffix][0], rate=rate)
        set_up(stream.codec_context)
        sound = Sound.of(manner.sound, container, CODECS[suffix][1], float(count / rate))
        written = Pictures(container, stream, rate, set_up, sound.until)
        for pixels in with_first(first, pictures):
            written.add(pixels)
            target.check()
        written.end()
        sound.end()
    target.check()


def set_up_encoder(suffix: str, first: Pixels, manner: Manner, context: Any) -> None:
    """Have an encoder of pictures ready."""
    context.height, context.width = first.shape[:2]
    context.pix_fmt = "yuva420p" if first.shape[2] == 4 else "yuv420p"
    context.color_primaries = context.color_trc = context.colorspace = context.color_range = BT709
    crf = CRF[suffix] if manner.crf is None else max(manner.crf, LEAST[suffix])
    if manner.bitrate:
        context.bit_rate = manner.bitrate
    elif suffix == ".webm":
        context.bit_rate = 0  # else VP9 takes the default rate as a limit
    options = {} if manner.bitrate else {"crf": str(crf)}
    if suffix == ".webm":
        options |= {"deadline": "good", "cpu-used": "4", "row-mt": "1"}
        if first.shape[2] == 4:
            options |= {"auto-alt-ref": "0"}  # VP9 has no alpha with hidden frames
    context.options = options


def ground_of(text: str) -> tuple[int, int, int]:
    """A colour by its name, or as #rrggbb. Raises InvalidArgument for anything else."""
    try:
        red, green, blue, *_ = ImageColor.getrgb(text)
    except ValueError:
        raise InvalidArgument(
            f"'ground' takes a colour such as white or #00ff00, got {text[:40]!r}.", "ground"
        ) from None
    return red, green, blue


def with_first(first: Pixels, rest: Iterator[Pixels]) -> Iterator[Pixels]:
    """The first picture, that was looked at already, and the others."""
    yield first
    yield from rest


def write_gif(file: BinaryIO, frames: Iterable[Pixels], fps: float) -> None:
    """A GIF that loops for ever, every frame with the 256 colours that suit it."""
    shown = runs(frames, lambda image: image.quantize(256, Image.Quantize.MEDIANCUT))
    save_animation(file, "GIF", shown, fps, 10)


def write_apng(file: BinaryIO, frames: Iterable[Pixels], fps: float) -> None:
    """An animated PNG that loops for ever, without loss, transparent where pictures are."""
    save_animation(file, "PNG", runs(frames, lambda image: image), fps, 1)


def runs(
    frames: Iterable[Pixels], made: Callable[[Image.Image], Image.Image]
) -> Iterator[tuple[Image.Image, int]]:
    """Each picture as it is `made`, once, and for how many frames in a row it is given."""
    before: Pixels | None = None
    count = 0
    for pixels in frames:
        if before is not None and pixels is not before:
            yield made(Image.fromarray(before)), count
            count = 0
        before = pixels
        count += 1
    if before is not None:
        yield made(Image.fromarray(before)), count


def save_animation(
    file: BinaryIO, format: str, shown: Iterable[tuple[Image.Image, int]], fps: float, unit: int
) -> None:
    """Save pictures as one file through Pillow, each for so many frames.

    Raises InvalidArgument where one stays for longer than the format can say.
    """
    pictures = list(together(shown))
    times = durations([count for _, count in pictures], fps, unit)
    if max(times) > MOST_UNITS * unit:
        seconds = MOST_UNITS * unit // 1000
        raise InvalidArgument(f"A {format} shows a picture for {seconds} s at most; take .mp4.")
    (first, _), *rest = pictures
    others = [image for image, _ in rest]
    first.save(file, format, save_all=True, append_images=others, duration=times, loop=0)


def together(shown: Iterable[tuple[Image.Image, int]]) -> Iterator[tuple[Image.Image, int]]:
    """Pictures in a row that look the same as one, as Pillow writes them."""
    for _, alike in groupby(shown, lambda each: each[0].convert("RGBA").tobytes()):
        images, counts = zip(*alike, strict=True)
        yield images[0], sum(counts)


def durations(lengths: Iterable[int], fps: float, unit: int) -> list[int]:
    """How long so many frames each last, in milliseconds that are whole units, without drifting."""
    ends = [math.floor(place * 1000 / fps / unit + 0.5) for place in accumulate(lengths, initial=0)]
    return [unit * (stop - start) for start, stop in pairwise(ends)]
