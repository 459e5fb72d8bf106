"""Directions in w: found by themselves, by a score, from examples, or read from files."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from msgspec.structs import replace

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyType, Category, Image, Number, Text
from taxiway.core.errors import InvalidArgument
from taxiway.core.files import write_whole
from taxiway.core.images import Pixels, encode_png
from taxiway.core.tool import Job
from taxiway.families.stylegan.directions.activations import LEAST, activation_axes
from taxiway.families.stylegan.directions.components import Components, components
from taxiway.families.stylegan.directions.direction import (
    Direction,
    direction,
    fitting,
    measured,
    without,
    write_direction,
)
from taxiway.families.stylegan.directions.examples import from_examples, from_scores
from taxiway.families.stylegan.directions.monotony import STEPS, monotony
from taxiway.families.stylegan.directions.painted import FACTOR_OF, painted_score
from taxiway.families.stylegan.directions.scores import SCORES, Scores
from taxiway.families.stylegan.directions.sefa import factorize
from taxiway.families.stylegan.rendering.image_folder import safe_stem
from taxiway.families.stylegan.rendering.options import RenderOptions
from taxiway.families.stylegan.rendering.renderer import TorchRenderer, torch_renderer_of
from taxiway.families.stylegan.rendering.sampling import quick_pictures, sample_w
from taxiway.families.stylegan.rendering.sheet import sheet
from taxiway.families.stylegan.tools import GeneratorTool
from taxiway.latent.given import latents_of
from taxiway.latent.layers import parse_layers
from taxiway.latent.space import Shape

METHODS = ("ganspace", "sefa", "score", "examples", "given")
CHUNK = 200
SEED, TRUNCATION = 3, 0.7
"""Of the picture that the sheet shows each direction on, unless told otherwise."""


class Directions(GeneratorTool):
    """Writes each direction as `NAME.npz` and all of them, from -3 to 3 steps, as `sheet.png`."""

    command = Command(
        name="directions",
        description="Find directions in which pictures change.",
        inputs={
            "method": Category(one_of=METHODS),
            "count": Number(default=8, whole=True, min=1, max=512, description="The first so many"),
            "samples": Number(default=20_000, whole=True, min=100, max=1_000_000),
            "layer": Text(description="ganspace: of what this layer says, such as b16, not of w."),
            "score": Text(description=f"{', '.join([*SCORES, *FACTOR_OF])}; or all."),
            "a": AnyType(optional=True, description="Seeds or vectors of pictures without it."),
            "b": AnyType(optional=True, description="And of pictures with it."),
            "given": AnyType(optional=True, description="Directions, as lists of numbers."),
            "without": AnyType(optional=True, description="Directions to leave alone."),
            "layers": Text(default="all", description="Those that are moved: all, coarse, 4-7"),
            "name": Text(description="Of the only direction, or what the names begin with."),
            "least": Number(
                default=0, description="Scores that rise less reliably (Spearman) are left out."
            ),
            "seed": Number(default=SEED, whole=True, min=0, description="Of the sheet's picture."),
        },
        outputs={
            "files": AnyType(description="The directions' files, in order."),
            "found": AnyType(description="What is known of each: name, sigma, and so on."),
            "sheet": Image(),
        },
    )

    def run(self, generator: Any, inputs: Values, job: Job) -> Values:
        renderer = torch_renderer_of(generator)
        layers = parse_layers(inputs["layers"], renderer.num_ws)
        if not layers:
            raise InvalidArgument("A direction moves at least one layer.", "layers")
        job.progress(0, 1, "looking at w")
        known = components(renderer.generator, inputs["samples"])
        search = Finder(renderer, known, layers, inputs, job)
        found = [search.finished(each) for each in getattr(search, inputs["method"])()]
        if not found:
            raise InvalidArgument(f"No score rises as reliably as {inputs['least']:g}.", "least")
        files = []
        for each in found:
            files.append(f"{safe_stem(each.name)}.npz")
            write_direction(job.folder / files[-1], each)
        page = strips(renderer, found, int(inputs["seed"]))
        write_whole(job.folder / "sheet.png", encode_png(page))
        job.progress(1, 1, "directions", page)
        return {"files": files, "found": list(map(told, found)), "sheet": page}


class Finder:
    """One search for directions: each method of `METHODS` gives those that it finds."""

    def __init__(
        self,
        renderer: TorchRenderer,
        known: Components,
        layers: Sequence[int],
        inputs: Values,
        job: Job,
    ) -> None:
        self.renderer, self.generator, self.known = renderer, renderer.generator, known
        self.layers, self.inputs, self.job = layers, inputs, job

    def finished(self, found: Direction) -> Direction:
        """A direction without the others that are to be left alone, and with what is known."""
        others = list(self.listed("without"))
        if others:
            found = without(found, others)
            found = measured(found, self.known) if len(found.vector) == 1 else found
        whole = len(self.layers) == self.renderer.num_ws
        layers = found.layers if whole else tuple(self.layers)
        return replace(found, layers=layers, model=self.renderer.sha256)

    def ganspace(self) -> Iterator[Direction]:
        """The first principal components, of w or of a layer."""
        if self.inputs["layer"]:
            yield from self.of_layer(self.inputs["layer"])
            return
        for i in range(min(self.inputs["count"], len(self.known.axes))):
            name = f"{self.inputs['name'] or 'pc'}{i + 1}"
            spread = self.known.deviations[i]
            yield direction(name, self.known.axes[i], spread, method="ganspace")

    def of_layer(self, layer: str) -> Iterator[Direction]:
        """What w does along the first principal components of a layer's activations."""
        samples = max(self.inputs["samples"], LEAST)
        found = activation_axes(
            self.generator,
            layer,
            self.inputs["count"],
            samples,
            lambda done: self.job.progress(done, samples, f"looking at {layer}"),
        )
        for i, vector in enumerate(found):
            name = f"{self.inputs['name'] or f'{layer}-pc'}{i + 1}"
            yield measured(direction(name, vector, method="ganspace"), self.known)

    def sefa(self) -> Iterator[Direction]:
        """What the styles of the layers answer to most."""
        vectors, _ = factorize(self.generator, self.layers)
        for i, vector in enumerate(vectors[: self.inputs["count"]]):
            found = direction(f"{self.inputs['name'] or 'sefa'}{i + 1}", vector, method="sefa")
            yield measured(found, self.known)

    def score(self) -> Iterator[Direction]:
        """The direction of each score, if it rises reliably enough along it."""
        scores = scores_of(self.inputs["score"])
        w = sample_w(self.generator, self.inputs["samples"], seed=1)
        values: dict[str, list[Scores]] = {name: [] for name in scores}
        chunks = w.split(CHUNK)  # type: ignore[no-untyped-call]
        for done, pictures in enumerate(by_chunk(self.generator, chunks)):
            self.job.progress(done, len(chunks), "looking at pictures")
            for name, score in scores.items():
                values[name].append(score(pictures))
        for name, score in scores.items():
            found = from_scores(w.numpy(), np.concatenate(values[name]), self.known, name)
            found = replace(found, name=self.inputs["name"] or name)
            if monotony(self.generator, self.finished(found), score) >= self.inputs["least"]:
                yield found

    def examples(self) -> Iterator[Direction]:
        """From the pictures marked A to those marked B."""
        a, b = (self.marked(name) for name in ("a", "b"))
        yield from_examples(a, b, self.known, self.inputs["name"] or "a-to-b")

    def listed(self, name: str) -> Iterator[Direction]:
        """The directions in an input."""
        return directions_of(self.inputs[name], name, self.renderer.shape)

    def marked(self, name: str) -> Any:
        """The w of what is marked, one for each: the mean of its layers."""
        if not self.inputs[name]:
            raise InvalidArgument(f"'{name}' takes seeds or vectors of pictures.", name)
        latents = latents_of(self.inputs[name], self.renderer.shape, name)
        return self.renderer.rows(latents, RenderOptions(truncation=1.0)).mean(axis=1)

    def given(self) -> Iterator[Direction]:
        """Those that are handed over."""
        found = list(self.listed("given"))
        if not found:
            raise InvalidArgument("'given' takes directions, as lists of numbers.", "given")
        for each in found[: self.inputs["count"]]:
            yield each if each.sigma else measured(each, self.known)


def directions_of(given: Any, name: str, shape: Shape) -> Iterator[Direction]:
    """Directions as they are, or from lists of numbers, a list for each."""
    if not isinstance(given, (list, tuple, type(None))):
        raise InvalidArgument(f"'{name}' takes a list of directions.", name)
    for i, each in enumerate(given or []):
        if isinstance(each, Direction):
            yield each
            continue
        try:
            vector = np.atleast_2d(np.asarray(each, np.float64))
        except (TypeError, ValueError, OverflowError):
            raise InvalidArgument(f"'{name}' takes lists of numbers.", name) from None
        yield direction(f"{name}{i + 1}", fitting(vector, name, shape), 0.0, method=name)


def scores_of(text: str) -> dict[str, Callable[[Pixels], Scores]]:
    """The scores of some names, `bow,horizon height`, or `all`; raises InvalidArgument."""
    names = [*SCORES, *FACTOR_OF] if text == "all" else [name.strip() for name in text.split(",")]
    for name in names:
        if name not in (*SCORES, *FACTOR_OF):
            there_are = ", ".join([*SCORES, *FACTOR_OF])
            raise InvalidArgument(f"'score' takes {there_are} or all, got {name[:40]!r}.", "score")
    return {name: SCORES[name] if name in SCORES else painted_score(name) for name in names}


def by_chunk(generator: Any, chunks: Sequence[Any]) -> Iterator[Pixels]:
    """The pictures of each chunk of w."""
    for chunk in chunks:
        yield np.concatenate(list(quick_pictures(generator, [chunk])))


def strips(renderer: TorchRenderer, found: Sequence[Direction], seed: int) -> Pixels:
    """One picture moved along every direction, a row for each."""
    ws = renderer.ws(renderer.z_of_seeds([seed]), truncation=TRUNCATION)
    rows = [
        list(renderer.images(np.concatenate([each.moved(ws, step) for step in STEPS])))
        for each in found
    ]
    return sheet(rows, names=[each.name for each in found], heads=[f"{s:+d}" for s in STEPS])


def told(found: Direction) -> dict[str, Any]:
    """What is known of a direction, as plain values."""
    layers = list(found.layers) or "all"
    sigma = round(found.sigma, 4)
    return {"name": found.name, "sigma": sigma, "layers": layers, "method": found.method}


SLOT = Directions
