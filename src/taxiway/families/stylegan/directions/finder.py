"""One search for directions, by each of the ways there are."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from msgspec.structs import replace

from taxiway.catalog.directions import shipped
from taxiway.core.command import Values
from taxiway.core.errors import InvalidArgument
from taxiway.core.images import Pixels
from taxiway.core.tool import Job
from taxiway.families.stylegan.directions.activations import LEAST, activation_axes
from taxiway.families.stylegan.directions.components import Components
from taxiway.families.stylegan.directions.direction import (
    Direction,
    direction,
    fitting,
    measured,
    read_directions,
    without,
)
from taxiway.families.stylegan.directions.examples import from_examples, from_scores
from taxiway.families.stylegan.directions.monotony import STEPS, monotony
from taxiway.families.stylegan.directions.painted import FACTOR_OF, painted_score
from taxiway.families.stylegan.directions.scores import SCORES, Scores
from taxiway.families.stylegan.directions.sefa import factorize
from taxiway.families.stylegan.rendering.files import latents_in
from taxiway.families.stylegan.rendering.options import RenderOptions
from taxiway.families.stylegan.rendering.renderer import (
    CheckpointRenderer,
    GeneratorRenderer,
    TorchRenderer,
)
from taxiway.families.stylegan.rendering.sampling import quick_pictures, sample_w
from taxiway.families.stylegan.rendering.sheet import sheet
from taxiway.latent.space import Shape

CHUNK = 200
TRUNCATION = 0.7
"""Of the picture that the sheet shows each direction on."""


class Finder:
    """One search for directions: each method of `METHODS` gives those that it finds."""

    def __init__(
        self,
        renderer: CheckpointRenderer | TorchRenderer,
        known: Components,
        layers: Sequence[int],
        inputs: Values,
        job: Job,
    ) -> None:
        self.renderer, self.known = renderer, known
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
            self.renderer,
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
        vectors, _ = factorize(self.renderer.tensors, self.layers)
        for i, vector in enumerate(vectors[: self.inputs["count"]]):
            found = direction(f"{self.inputs['name'] or 'sefa'}{i + 1}", vector, method="sefa")
            yield measured(found, self.known)

    def score(self) -> Iterator[Direction]:
        """The direction of each score, if it rises reliably enough along it."""
        scores = scores_of(self.inputs["score"])
        w = sample_w(self.renderer, self.inputs["samples"], seed=1)
        values: dict[str, list[Scores]] = {name: [] for name in scores}
        chunks = [w[start : start + CHUNK] for start in range(0, len(w), CHUNK)]
        for done, pictures in enumerate(by_chunk(self.renderer, chunks)):
            self.job.progress(done, len(chunks), "looking at pictures")
            for name, score in scores.items():
                values[name].append(score(pictures))
        for name, score in scores.items():
            found = from_scores(w, np.concatenate(values[name]), self.known, name)
            found = replace(found, name=self.inputs["name"] or name)
            if monotony(self.renderer, self.finished(found), score) >= self.inputs["least"]:
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
        latents = latents_in(self.inputs[name], self.renderer.shape, name)
        return self.renderer.rows(latents, RenderOptions(truncation=1.0)).mean(axis=1)

    def given(self) -> Iterator[Direction]:
        """Those that are handed over."""
        found = list(self.listed("given"))
        if self.inputs["shipped"]:
            files = shipped(self.renderer.name)
            found += directions_of(files, "shipped", self.renderer.shape)
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
        if isinstance(each, Path):
            yield from read_directions(each, shape)
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


def by_chunk(renderer: GeneratorRenderer, chunks: Sequence[Any]) -> Iterator[Pixels]:
    """The pictures of each chunk of w."""
    for chunk in chunks:
        yield np.concatenate(list(quick_pictures(renderer, [chunk])))


def strips(renderer: GeneratorRenderer, found: Sequence[Direction], seed: int) -> Pixels:
    """One picture moved along every direction, a row for each."""
    ws = renderer.ws(renderer.z_of_seeds([seed]), truncation=TRUNCATION)
    rows = [
        list(renderer.images(np.concatenate([each.moved(ws, step) for step in STEPS])))
        for each in found
    ]
    return sheet(rows, names=[each.name for each in found], heads=[f"{s:+d}" for s in STEPS])
