"""Film a walk from picture to picture: MP4, WebM, GIF, animated PNG or numbered PNGs."""

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
from PIL import Image

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyType, Number, Text
from taxiway.core.errors import InvalidArgument
from taxiway.core.files import plain_name
from taxiway.core.images import Pixels
from taxiway.core.tool import Flag, Job
from taxiway.families.stylegan.rendering import image_folder
from taxiway.families.stylegan.rendering.files import latents_in
from taxiway.families.stylegan.rendering.painter import PainterRenderer
from taxiway.families.stylegan.rendering.renderer import Renderer
from taxiway.families.stylegan.rendering.route import WALK_FLAGS, Route, times_of, walk_inputs
from taxiway.families.stylegan.tools import DRAWN, GeneratorTool
from taxiway.film.frames import Frames
from taxiway.film.grid import cells_of, tiled
from taxiway.film.writer import TRANSPARENT, Manner, check, ground_of, write_film
from taxiway.latent.space import Latent

AT_ONCE = 8
SECONDS = 10.0
MOST_FRAMES = 100_000


class Video(GeneratorTool):
    """Writes the film `file` into the job's folder; a name without a suffix is a folder of PNGs.

    Frames are kept beside it, in `file.frames`, until the film is whole: an interrupted call goes
    on where it stopped, and another bit rate or sound draws nothing anew.
    """

    takes = DRAWN
    unit = "frames"
    wants: ClassVar[dict[str, str]] = {"av": "A film as .mp4 or .webm"}
    command = Command(
        name="video",
        description="Film a walk through a model.",
        inputs={
            "file": Text(default="film.mp4", description=".mp4, .webm, .gif, .apng, or none."),
            "seconds": Number(
                default=None, optional=True, min=0.1, max=3600, description="10, or as times say."
            ),
            "fps": Number(default=30, min=0.1, max=240, description="Frames a second."),
            **walk_inputs(),
            "grid": Text(description="Several walks at once: 3x2; each has its share of the keys."),
            "size": Number(
                default=None, optional=True, whole=True, min=16, max=4096, description="Height."
            ),
            "crf": Number(
                default=None, optional=True, whole=True, min=0, max=63, description="Loss."
            ),
            "bitrate": Number(default=None, optional=True, description="Megabits a second."),
            "ground": Text(
                description="What transparent parts show; as they are, white in .mp4 and .gif."
            ),
            "sound": AnyType(optional=True, description="A sound file, as a data URI."),
        },
        outputs={"file": Text(), "frames": Number(), "drawn": Number(), "ground": Text()},
    )

    flags = (
        *WALK_FLAGS,
        Flag(
            input="file",
            names=("--out",),
            metavar="FILE",
            is_output=True,
            is_required=True,
            help=".mp4, .webm, .gif, .apng; or a folder for PNGs",
        ),
        Flag(input="grid", metavar="CxR"),
        Flag(input="ground", metavar="COLOUR"),
        Flag(input="sound", metavar="FILE", help="cut or repeated to fit"),
        Flag(input="crf", help="loss: 0 least, 18 usual (webm 28), 51 most"),
    )
    epilog = "Run it again after a stop: it goes on where it was."

    def run(self, generator: Any, inputs: Values, job: Job) -> Values:
        out = job.folder / plain_name(inputs["file"])
        manner = manner_of(inputs)
        if out.suffix:
            check(out, manner)
        scene = Scene.of(generator, inputs)
        ground = ground_said(scene.renderer, out, inputs["ground"])
        count = frame_count(seconds_of(inputs), inputs["fps"])
        folder = out.with_name(f"{out.name}.frames") if out.suffix else out
        frames = Frames(folder, list(scene.keys(count)))
        if not out.suffix:
            frames.check_alone(job.force)
        drawn = draw(frames, scene, job, ground)
        if out.suffix:
            write_film(out, counted(frames, count, job, out.name), count, manner)
            frames.clear()
        return {"file": out.name, "frames": count, "drawn": drawn, "ground": ground}


class Scene(NamedTuple):
    """What is filmed: the walk of every cell of a grid, row by row."""

    renderer: Renderer
    routes: list[Route]
    columns: int
    height: int | None

    @staticmethod
    def of(renderer: Renderer, inputs: Values) -> "Scene":
        """The scene that the inputs mean; the painter draws at any size by itself."""
        height = inputs["size"]
        if isinstance(renderer, PainterRenderer) and height is not None:
            renderer, height = PainterRenderer(height), None
        columns, cells = cells_of(inputs["grid"]) if inputs["grid"] else (1, 1)
        cells *= columns
        routes = [
            Route(renderer, {**inputs, "keys": keys}, chance=cell)
            for cell, keys in enumerate(dealt(inputs["keys"], cells, renderer))
        ]
        return Scene(renderer, routes, columns, height)

    def shots(self, indices: Sequence[int], count: int) -> list[tuple[Latent, ...]]:
        """For some of `count` frames, the latent of every cell."""
        places = self.routes[0].walk.places(count)[list(indices)]
        return list(zip(*(route.latents(places) for route in self.routes), strict=True))

    def keys(self, count: int) -> Iterator[str]:
        """The key of every frame; few latents are in memory at a time."""
        for start in range(0, count, AT_ONCE):
            indices = range(start, min(start + AT_ONCE, count))
            yield from map(self.key, self.shots(indices, count))

    def key(self, cells: Sequence[Latent]) -> str:
        """The same only for frames of the same model, latents, manner and size."""
        renderer, options = self.renderer, self.routes[0].options
        truncations = [options.truncation_of(cell) for cell in cells]
        told = [
            renderer.name,
            renderer.sha256,
            renderer.resolution,
            self.height,
            options.as_inputs(),
            truncations,
            *([options.centre] if isinstance(options.centre, str) else []),
        ]
        digest = hashlib.sha256(json.dumps(told).encode())
        centre = [options.centre] if isinstance(options.centre, np.ndarray) else []
        for numbers in (*centre, *(cell.numbers for cell in cells)):
            digest.update(numbers.tobytes())
        return digest.hexdigest()

    def describe(self, cells: Sequence[Latent]) -> dict[str, Any]:
        """What a frame carries: all that made it, if it is one picture."""
        return (
            image_folder.description(self.renderer, cells[0], self.routes[0].options)
            if len(cells) == 1
            else {}
        )

    def pictures(self, shots: Sequence[Sequence[Latent]]) -> Iterator[Pixels]:
        """The frames of some shots, made together."""
        latents = [cell for cells in shots for cell in cells]
        parts = self.renderer.pictures(latents, self.routes[0].options)
        for _ in shots:
            yield resized(tiled(list(islice(parts, len(self.routes))), self.columns), self.height)


def manner_of(inputs: Values) -> Manner:
    """How the film is written."""
    bitrate = inputs["bitrate"]
    if bitrate is not None and not 0.001 <= bitrate <= 1000:
        raise InvalidArgument(f"'bitrate' takes 0.001 to 1000, got {bitrate:g}.", "bitrate")
    return Manner(
        fps=inputs["fps"],
        crf=inputs["crf"],
        bitrate=None if bitrate is None else round(bitrate * 1e6),
        sound=sound_of(inputs["sound"]),
        ground=ground_of(inputs["ground"]) if inputs["ground"] else None,
    )


def sound_of(given: Any) -> Path | bytes | None:
    """A sound file: a Path from a caller in Python, or its bytes in a data URI."""
    if given is None or isinstance(given, (Path, bytes)):
        return given
    try:
        return base64.b64decode(str(given).rpartition(",")[2], validate=True)
    except (binascii.Error, ValueError):
        raise InvalidArgument("'sound' takes a sound file as a data URI.", "sound") from None


def seconds_of(inputs: Values) -> float:
    """How long the film is: as asked for, or up to the last of the keys' times."""
    given: float | None = inputs["seconds"]
    return (times_of(inputs["times"]) or [SECONDS])[-1] if given is None else given


def frame_count(seconds: float, fps: float) -> int:
    """How many frames a film has; InvalidArgument for none or very many."""
    count = round(seconds * fps)
    if not 1 <= count <= MOST_FRAMES:
        raise InvalidArgument(f"A film has 1 to {MOST_FRAMES} frames, got {count}.", "seconds")
    return count


def dealt(given: Any, cells: int, renderer: Renderer) -> list[Any]:
    """The keys of every cell, each an equal share in order; None for walks that take none."""
    if given is None or cells == 1:
        return [given] * cells
    keys = latents_in(given, renderer.shape, "keys")
    share, left = divmod(len(keys), cells)
    if left or not share:
        raise InvalidArgument(
            f"A grid of {cells} takes {cells} keys or a multiple, got {len(keys)}.", "keys"
        )
    return [keys[cell * share : (cell + 1) * share] for cell in range(cells)]


def ground_said(renderer: Renderer, out: Path, given: str) -> str:
    """What transparent parts will show, in words; nothing where they stay, or there are none."""
    if not out.suffix and given:
        raise InvalidArgument("'ground' is for films; numbered PNGs stay transparent.", "ground")
    if not renderer.alpha or (not given and out.suffix in ("", *TRANSPARENT)):
        return ""
    return given or f"white, as {out.suffix} has no transparency"


def draw(frames: Frames, scene: Scene, job: Job, ground: str = "") -> int:
    """Draw the frames that are missing; how many that were."""
    missing, total = frames.missing(), len(frames.keys)
    done, said = total - len(missing), f"transparent parts are {ground}" if ground else ""
    job.progress(done, total, said)
    for start in range(0, len(missing), AT_ONCE):
        indices = missing[start : start + AT_ONCE]
        shots = scene.shots(indices, total)
        for index, cells, pixels in zip(indices, shots, scene.pictures(shots), strict=True):
            frames.put(index, pixels, scene.describe(cells))
            done += 1
            job.progress(done, total, said, preview=pixels)
    return len(missing)


def resized(pixels: Pixels, height: int | None) -> Pixels:
    """A picture at a height, its shape kept."""
    if height is None or height == pixels.shape[0]:
        return pixels
    width = max(1, round(pixels.shape[1] * height / pixels.shape[0]))
    image = Image.fromarray(pixels).resize((width, height), Image.Resampling.LANCZOS)
    return np.asarray(image)


def counted(frames: Iterable[Pixels], count: int, job: Job, name: str) -> Iterator[Pixels]:
    """The frames, telling the job as they are written."""
    for index, pixels in enumerate(frames):
        job.progress(index, count, f"writing {name}")
        yield pixels
    job.progress(count, count, f"writing {name}")


SLOT = Video
