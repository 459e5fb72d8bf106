"""A model in a notebook or a script: `g = taxiway.load("rainbow"); g.image(seed=3)`."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from PIL import Image

from taxiway.catalog import catalog
from taxiway.console import ConsoleJob
from taxiway.core.command import ALIASES, Command
from taxiway.core.errors import InvalidArgument, TaxiwayError
from taxiway.core.tool import Job, QuietJob
from taxiway.families.stylegan.bending.bend import parse_bends
from taxiway.families.stylegan.bending.surgery import mixed as mixed_networks
from taxiway.families.stylegan.bending.surgery import parse_mix, stretched
from taxiway.families.stylegan.directions.direction import Direction, read_directions
from taxiway.families.stylegan.rendering.asked import options_of
from taxiway.families.stylegan.rendering.files import latents_in, read_latents, write_latent
from taxiway.families.stylegan.rendering.image_folder import read_picture
from taxiway.families.stylegan.rendering.opening import open_renderer
from taxiway.families.stylegan.rendering.options import CLASS, RenderOptions, render_inputs
from taxiway.families.stylegan.rendering.painter import PainterRenderer
from taxiway.families.stylegan.rendering.renderer import (
    CheckpointRenderer,
    Renderer,
    checkpoint_of,
    with_w,
)
from taxiway.families.stylegan.rendering.route import Route, walk_inputs
from taxiway.families.stylegan.rendering.sampling import sample_w
from taxiway.families.stylegan.tools.directions import Directions
from taxiway.families.stylegan.tools.mix import mixed
from taxiway.families.stylegan.tools.project import Project
from taxiway.families.stylegan.tools.video import Video
from taxiway.film.grid import tiled
from taxiway.latent.centres import find_centres
from taxiway.latent.layers import parse_layers
from taxiway.latent.space import Array, Latent

if TYPE_CHECKING:
    from taxiway.training.perceptual import Perceptual

OPTIONS = Command(name="options", inputs=render_inputs(), outputs={})
WALK = Command(name="walk", inputs=walk_inputs(), outputs={})
FOR_SHORT = {**ALIASES, "noise": "noise_mode"}
"""Names that are shorter to type, and what `/query` and the tools call them."""

T = TypeVar("T")
Picture = Image.Image
Latents = Any
"""Seeds (`3`, `"0-9"`), a file or folder, a vector, a `Latent`, or a list of these."""


def only_ours(kind: type[T]) -> type[T]:
    """A class whose public methods raise TaxiwayError alone, also where the disk fails."""

    def told(method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def called(*args: Any, **options: Any) -> Any:
            try:
                return method(*args, **options)
            except OSError as error:
                where = f": '{error.filename}'" if error.filename else ""
                raise TaxiwayError(f"{error.strerror or error}{where}.") from error

        return called

    for name, method in list(vars(kind).items()):
        if isinstance(method, FunctionType) and not name.startswith("_"):
            setattr(kind, name, told(method))
    return kind


def load(model: str | Path, device: str = "auto") -> "Model":
    """The model of that name, or of a checkpoint file, ready to play in this process.

    `device` is auto, cpu, cuda or mps. Raises NotFound, UnreadableCheckpoint or InvalidArgument.
    """
    card = catalog.choose(str(model))
    return Model(open_renderer(catalog.spec(card), device))


@only_ours
class Model:
    """A generator to be played. Pictures are Pillow's, which a notebook shows by itself.

    Every method that makes pictures takes the options `psi` (truncation), `cutoff`, `label`,
    `noise` ("const", "random", "none"), `centre`, and for StyleGAN3 `x`, `y` and `rotation`.
    Raises InvalidArgument with one sentence for whatever does not fit.
    """

    def __init__(self, renderer: Renderer) -> None:
        self.renderer, self.name, self.shape = renderer, renderer.name, renderer.shape

    def __repr__(self) -> str:
        height, width = self.renderer.resolution
        z, w, rows = self.shape
        spaces = f"z {z}, w {w} x {rows}" if rows else f"z {z}"
        return f"<{self.name}: {width} x {height} pixels, {spaces}>"

    def image(self, latent: Latents = None, *, seed: int | None = None, **options: Any) -> Picture:
        """One picture: `g.image(seed=3)`, `g.image(z)`, `g.image("projected_w.npz", psi=0.7)`.

        Raises InvalidArgument for none or several latents.
        """
        found = self.latents(latent if seed is None else seed)
        if len(found) != 1:
            raise InvalidArgument(f"One picture takes one latent, got {len(found)}; see images.")
        return self.images(found, **options)[0]

    def images(self, latents: Latents, **options: Any) -> list[Picture]:
        """Pictures of several latents: `g.images("0-8")`."""
        renderer, asked = self._asked(options)
        pictures = renderer.pictures(self.latents(latents), asked)
        return [Image.fromarray(pixels) for pixels in pictures]

    def grid(self, latents: Latents, columns: int | None = None, **options: Any) -> Picture:
        """Several pictures as one."""
        pictures = [np.asarray(picture) for picture in self.images(latents, **options)]
        across = columns or int(np.ceil(np.sqrt(len(pictures))))
        return Image.fromarray(tiled(pictures, across))

    def latents(self, given: Latents) -> list[Latent]:
        """What is meant by seeds, vectors and files, as latents with all that is known of them."""
        if isinstance(given, (list, tuple)):
            return latents_in([Path(each) if is_file(each) else each for each in given], self.shape)
        return latents_in(Path(given) if is_file(given) else given, self.shape)

    def w(self, latents: Latents, **options: Any) -> Array:
        """The ws [N, num_ws, w_dim] of latents, truncated as asked (0.8 unless they say)."""
        return self.renderer.rows(self.latents(latents), self._asked(options)[1])

    def mix(
        self, rows: Latents, columns: Latents, styles: str = "coarse", **options: Any
    ) -> Picture:
        """A grid: each row's picture with the layers `styles` of each column's."""
        asked = self._asked(options)[1]
        layers = parse_layers(styles, self.shape.num_ws, "styles")
        down, across = self.w(rows, **options), self.w(columns, **options)
        mixes = np.stack([mixed(row, column, layers) for row in down for column in across])
        heads = self._images(np.concatenate([down, across]), asked)
        inside = self._images(mixes, asked)
        sheet = [np.zeros_like(heads[0]), *heads[len(down) :]]
        for index, head in enumerate(heads[: len(down)]):
            sheet += [head, *inside[index * len(across) : (index + 1) * len(across)]]
        return Image.fromarray(tiled(sheet, 1 + len(across)))

    def walk(self, keys: Latents = None, **options: Any) -> "Journey":
        """A walk through keys, or of a kind that takes none: `g.walk("1,5,9")`.

        Options as `taxiway video` has them: kind, loop, pace, times, seed, changes, radius,
        truncation_to and so on.
        """
        given = None if keys is None else self.latents(keys)
        values = WALK.decode(checked({"keys": given, **options}, WALK))
        return Journey(self.renderer, Route(self.renderer, values))

    def video(
        self, path: Path | str, keys: Latents = None, *, quiet: bool = False, **options: Any
    ) -> Path:
        """Film a walk: `g.video("film.mp4", "1,5,9", seconds=10)`; returns the file.

        Options as `taxiway video` has them. A call that was interrupted goes on where it stopped.
        """
        path = Path(path)
        given = None if keys is None else self.latents(keys)
        if isinstance(sound := options.get("sound"), str) and not sound.startswith("data:"):
            options["sound"] = Path(sound)
        inputs = checked({"file": path.name, "keys": given, **options}, Video.command)
        with job_in(path.resolve().parent, path.name, quiet) as job:
            Video().run(self.renderer, Video.command.decode(inputs), job)
        return path

    def project(
        self,
        picture: Path | str | Picture,
        folder: Path | str,
        *,
        quiet: bool = False,
        perceptual: "Perceptual | None" = None,
        **options: Any,
    ) -> Latent:
        """The latent of a picture: `found = g.project("photo.jpg", "found"); g.image(found)`.

        Files and previews go into `folder`; an interrupted call goes on from there. Options as
        `taxiway project` has them: space ("w" or "w+"), steps, crop, box, tune. `perceptual`, from
        `training.perceptual.read_perceptual`, is compared by too.
        """
        pixels = np.asarray(picture.convert("RGB")) if isinstance(picture, Picture) else None
        given = read_picture(Path(str(picture))) if pixels is None else pixels
        inputs = Project.command.decode(checked({"picture": given, **options}, Project.command))
        with job_in(Path(folder), f"projecting into {folder}", quiet) as job:
            answer = Project(perceptual).run(self.renderer, inputs, job)
        return read_latents(Path(folder) / answer["w"], self.shape)[0]

    def directions(
        self, folder: Path | str, *, quiet: bool = False, **options: Any
    ) -> dict[str, Direction]:
        """Directions in which pictures change, by name: `g.directions("found", method="ganspace")`.

        Files go into `folder`; options as `taxiway directions` has them: method, count, score, a,
        b, layers and so on.
        """
        inputs = Directions.command.decode(checked(options, Directions.command))
        with job_in(Path(folder), f"directions into {folder}", quiet) as job:
            files = Directions().run(self.renderer, inputs, job)["files"]
        found = [read_directions(Path(folder) / file, self.shape) for file in files]
        return {each.name: each for several in found for each in several}

    def move(
        self, latent: Latents, direction: Direction, steps: float = 1.0, **options: Any
    ) -> Latent:
        """A latent some steps along a direction: `g.image(g.move(3, found["pc1"], 2))`."""
        [ws] = self.w(latent, **options)
        return Latent(space="w+", numbers=direction.moved(ws, steps), source=direction.name)

    def bend(
        self,
        preset: str,
        latents: Latents,
        *,
        across: float = 1.0,
        down: float = 1.0,
        **options: Any,
    ) -> list[Picture]:
        """Pictures of a bent network: `g.bend("b16 rotate 30", "0-3")`; `across` makes them wide.

        Presets as `taxiway bend` has them; none for no text.
        """
        own, asked = checkpoint_of(self.renderer), self._asked(options)[1]
        bends = parse_bends(preset) if preset else []
        bent = own.of(stretched(own.checkpoint, across, down), bends)
        return [Image.fromarray(pixels) for pixels in bent.pictures(self.latents(latents), asked)]

    def blend(self, other: "Model", shares: str) -> "Model":
        """A model with layers of another of the same shapes: `g.blend(other, "b32 1, b64 0.5")`.

        What is named is to that share the other's; the rest is this one's.
        """
        own, theirs = checkpoint_of(self.renderer), checkpoint_of(other.renderer)
        checkpoint = mixed_networks(own.checkpoint, theirs.checkpoint, parse_mix(shares))
        return Model(CheckpointRenderer(checkpoint, own.device, f"{self.name}+{other.name}"))

    def centres(self, count: int = 64, samples: int = 60_000, seed: int = 0) -> Array:
        """Centres [count, w_dim] to truncate towards: `g.image(3, psi=0.3, centre=g.centres())`.

        k-means over the w of `samples` random z, so that strong truncation keeps its variety.
        """
        return find_centres(sample_w(with_w(self.renderer), samples, seed), count, seed)

    def save(self, path: Path | str, latent: Latents, **options: Any) -> Path:
        """Write a latent as .npz (Taxiway's, read by NVIDIA's tools), .npy, .pt or .json."""
        [found] = self.latents(latent)
        ws = self.w([found], **options)[0] if self.shape.num_ws else None
        write_latent(path, found, ws)
        return Path(path)

    def _images(self, ws: Array, asked: RenderOptions) -> list[Any]:
        latents = [Latent(space="w+", numbers=row) for row in ws]
        return list(self.renderer.pictures(latents, asked))

    def _asked(self, options: dict[str, Any]) -> tuple[Renderer, RenderOptions]:
        """The renderer, the painter at the size that is asked for, and the options."""
        rest, renderer = dict(options), self.renderer
        if isinstance(renderer, PainterRenderer) and "size" in rest:
            renderer = PainterRenderer(rest.pop("size"))
        if (
            "centre" in rest
            and not isinstance(rest["centre"], np.ndarray)
            and (rest["centre"] != CLASS)
        ):
            rest["centre"] = self.latents(rest["centre"])
        return renderer, options_of(OPTIONS.decode(checked(rest, OPTIONS)), renderer)


class Journey:
    """A walk through a model, to be looked at anywhere: `walk.image(0.25)`, `walk.frames(60)`."""

    def __init__(self, renderer: Renderer, route: Route) -> None:
        self.renderer, self.route = renderer, route

    def latents(self, u: float | Sequence[float]) -> list[Latent]:
        """The latents at places u, 0 to 1."""
        return self.route.latents(np.atleast_1d(np.asarray(u, np.float64)))

    def image(self, u: float) -> Picture:
        """The picture at a place."""
        [pixels] = self.renderer.pictures(self.latents(u), self.route.options)
        return Image.fromarray(pixels)

    def frames(self, count: int) -> Iterator[Picture]:
        """That many pictures along the way, one after the other."""
        return (self.image(u) for u in self.route.walk.places(count))

    def strip(self, count: int = 8) -> Picture:
        """That many pictures along the way, side by side."""
        return Image.fromarray(tiled([np.asarray(image) for image in self.frames(count)], count))


def job_in(folder: Path, title: str, quiet: bool) -> AbstractContextManager[Job]:
    """A job that shows how far it is, or that does not."""
    folder.mkdir(parents=True, exist_ok=True)
    return nullcontext(QuietJob(folder)) if quiet else ConsoleJob(folder, title)


def checked(options: dict[str, Any], command: Command) -> dict[str, Any]:
    """Options under the names of a command's inputs; InvalidArgument for one it does not have."""
    named = {FOR_SHORT.get(name, name): value for name, value in options.items()}
    for name in named:
        if name not in command.inputs:
            there_are = ", ".join(command.inputs)
            raise InvalidArgument(f"There is no option '{name}'; there are {there_are}.", name)
    return named


def is_file(item: Any) -> bool:
    """Whether text names a file rather than seeds."""
    return isinstance(item, str) and any(letter.isalpha() or letter == "/" for letter in item)
