"""Frames to one file: MP4 (H.264), WebM (VP9), GIF or animated PNG, written whole or not at all."""

import math
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

from msgspec import Struct
from PIL import Image, ImageColor

from taxiway.core.errors import InvalidArgument
from taxiway.core.files import whole_file
from taxiway.core.frame import flattened, padded
from taxiway.core.images import Pixels
from taxiway.film.media import import_av
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

    Sound is cut or repeated to the film's length. Odd sizes get one more row or column in video,
    whose colours come in pairs. Raises as `check` does, and InvalidArgument for unreadable sound.
    """
    check(path, manner)
    alpha = path.suffix in TRANSPARENT and manner.ground is None
    ground = manner.ground or WHITE
    frames = (flattened(pixels, alpha, ground) for pixels in frames)
    with whole_file(path) as file:
        if path.suffix == ".gif":
            write_gif(file, frames, durations(count, manner.fps, 10))
        elif path.suffix == ".apng":
            write_apng(file, frames, durations(count, manner.fps, 1))
        else:
            write_video(file, path.suffix, frames, count, manner)


def write_video(
    file: BinaryIO, suffix: str, frames: Iterable[Pixels], count: int, manner: Manner
) -> None:
    """H.264 with AAC, or VP9, transparent where the first frame has alpha, with Opus."""
    av = import_av(WRITING)
    rate = Fraction(manner.fps).limit_denominator(1001)
    pictures = iter(frames)
    first = padded(next(pictures))
    seconds = count / rate
    with av.open(file, "w", format=suffix[1:]) as container:
        stream = video_stream(container, suffix, first, rate, manner)
        sound = Sound.of(manner.sound, container, CODECS[suffix][1], float(seconds))
        for index, pixels in enumerate(with_first(first, pictures)):
            given = "rgba" if pixels.shape[2] == 4 else "rgb24"
            frame = av.VideoFrame.from_ndarray(padded(pixels), format=given)
            frame = frame.reformat(format=stream.pix_fmt, dst_colorspace="ITU709")
            frame.pts, frame.time_base = index, 1 / rate
            container.mux(stream.encode(frame))
            sound.until(float((index + 1) / rate))
        container.mux(stream.encode())
        sound.end()


def video_stream(container: Any, suffix: str, first: Pixels, rate: Fraction, manner: Manner) -> Any:
    """The stream of pictures, its encoder set up."""
    stream = container.add_stream(CODECS[suffix][0], rate=rate)
    stream.height, stream.width = first.shape[:2]
    stream.pix_fmt = "yuva420p" if first.shape[2] == 4 else "yuv420p"
    context = stream.codec_context
    context.color_primaries = context.color_trc = context.colorspace = context.color_range = BT709
    crf = CRF[suffix] if manner.crf is None else max(manner.crf, LEAST[suffix])
    if manner.bitrate:
        stream.bit_rate = manner.bitrate
    elif suffix == ".webm":
        stream.bit_rate = 0  # else VP9 takes the default rate as a limit
    stream.options = {} if manner.bitrate else {"crf": str(crf)}
    if suffix == ".webm":
        stream.options |= {"deadline": "good", "cpu-used": "4", "row-mt": "1"}
        if first.shape[2] == 4:
            stream.options |= {"auto-alt-ref": "0"}  # VP9 has no alpha with hidden frames
    return stream


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


def write_gif(file: BinaryIO, frames: Iterable[Pixels], times: list[int]) -> None:
    """A GIF that loops for ever, every frame with the 256 colours that suit it."""
    images = (Image.fromarray(pixels).quantize(256, Image.Quantize.MEDIANCUT) for pixels in frames)
    save_animation(file, "GIF", images, times)


def write_apng(file: BinaryIO, frames: Iterable[Pixels], times: list[int]) -> None:
    """An animated PNG that loops for ever, without loss, transparent where pictures are."""
    save_animation(file, "PNG", (Image.fromarray(pixels) for pixels in frames), times)


def save_animation(
    file: BinaryIO, format: str, images: Iterator[Image.Image], times: list[int]
) -> None:
    """Save frames as one file through Pillow, each for so many milliseconds."""
    first, *rest = images
    first.save(file, format, save_all=True, append_images=rest, duration=times, loop=0)


def durations(count: int, fps: float, unit: int) -> list[int]:
    """How long each frame lasts, in milliseconds that are whole units, without drifting."""
    ends = [math.floor(place * 1000 / fps / unit + 0.5) for place in range(count + 1)]
    return [unit * (stop - start) for start, stop in pairwise(ends)]
