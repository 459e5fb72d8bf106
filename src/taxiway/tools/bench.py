"""Measure a model: the pictures a second that this machine gives, and where the time goes."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

import numpy as np
from msgspec import UNSET

from taxiway.backends import cores, made
from taxiway.core import slots
from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyDataType, Image, Number, Text, Vector
from taxiway.core.errors import InvalidArgument, TaxiwayError
from taxiway.core.frame import flattened
from taxiway.core.images import Pixels, encode_jpeg, encode_png
from taxiway.core.tool import Job, OpenModel

LIVE, LARGE = 25.0, 256
"""Pictures a second that look like movement; pixels from which on a model's size is to blame."""
ENCODED = 5
"""Pictures of each format that are encoded, the least time of which counts."""
GAIN = 1.15
"""How many times as fast batches must be to be worth a sentence."""
PLAYERS = ("openvino", "onnxruntime", "onnxruntime_gpu")
"""Backends that make playing faster; another is only looked at by `taxiway doctor`."""
FIGURES = {
    "width": Number(),
    "height": Number(),
    "per_second": Number(description="Pictures, one after the other."),
    "model_ms": Number(description="For one picture, the middle of all."),
    "worst_ms": Number(description="In 99 of 100 cases it takes no longer."),
    "batch": Number(description="Pictures that are asked for at once."),
    "batch_ms": Number(description="For each picture of such a batch."),
    "jpeg_ms": Number(description="To write one for a page."),
    "png_ms": Number(),
}


class Bench:
    """Asks for other pictures each time, so that none is given again. It writes no files."""

    unit = "seconds"
    begins_anew = True
    command = Command(
        name="bench",
        description="Measure the pictures a second that this machine gives, and where time goes.",
        inputs={
            "seconds": Number(default=5, min=0.1, max=600, description="For so long."),
        },
        outputs={
            "summary": Text(description="All in a sentence or two."),
            "setting": Text(description="What computes, and how."),
            **FIGURES,
            "advice": Text(description="What would make it faster, a line each."),
        },
    )

    def run(self, model: OpenModel, inputs: Values, job: Job) -> Values:
        trial = Trial(model)
        seconds, began = inputs["seconds"], time.perf_counter()

        def goes_on(share: float) -> bool:
            """Whether there is time left of a share of it; tells how far it is."""
            passed = time.perf_counter() - began
            job.progress(min(passed, seconds), seconds, f"Measures {model.name}.")
            return bool(passed < seconds * share)

        picture = trial.once(1)[1]
        job.progress(0, seconds, f"Measures {model.name}.", flattened(picture))
        alone = trial.measured(1, lambda: goes_on(0.6))
        batch = trial.command.max_batch
        together = trial.measured(batch, lambda: goes_on(1.0)) if batch > 1 else alone
        height, width = picture.shape[:2]
        median = float(np.median(alone))
        facts: Mapping[str, Any] = getattr(model, "facts", {})
        figures = {
            "width": width,
            "height": height,
            "per_second": 1000 / median,
            "model_ms": median,
            "worst_ms": float(np.percentile(alone, 99)),
            "batch": batch,
            "batch_ms": float(np.median(together)) / batch,
            "jpeg_ms": least(lambda: encode_jpeg(picture)),
            "png_ms": least(lambda: encode_png(picture)),
        }
        found = {"setting": setting(facts), **figures, "advice": "\n".join(advice(facts, figures))}
        job.progress(seconds, seconds)
        return {"summary": summary(found), **found}

    def report(self, outputs: Values, folder: Any) -> Iterator[str]:
        """The table, line by line."""
        yield from table(outputs)


class Trial:
    """A model's first command that gives a picture, asked with inputs that are made up."""

    def __init__(self, model: OpenModel) -> None:
        found = [
            (command, name)
            for command in model.commands.values()
            for name, field in command.outputs.items()
            if isinstance(field, Image)
        ]
        if not found:
            raise InvalidArgument(f"'{model.name}' gives no pictures.", "model")
        self.command, self.output = found[0]
        self._model, self._rng = model, np.random.default_rng(0)

    def once(self, count: int) -> tuple[float, Pixels]:
        """The milliseconds of one batch, and its first picture. Raises what the model does."""
        batch = [made_up(self.command, self._rng) for _ in range(count)]
        began = time.perf_counter()
        answers = self._model.ask(self.command.name, batch)
        taken = (time.perf_counter() - began) * 1000
        for answer in answers:
            if isinstance(answer, TaxiwayError):
                raise answer
        first = answers[0]
        assert isinstance(first, dict)
        return taken, np.asarray(first[self.output])

    def measured(self, count: int, goes_on: Callable[[], bool]) -> list[float]:
        """The milliseconds of batches of a size, at least of one; another before it warms up."""
        self.once(count)
        times = [self.once(count)[0]]
        while goes_on():
            times.append(self.once(count)[0])
        return times


def made_up(command: Command, rng: np.random.Generator) -> Values:
    """Inputs that a command takes, others at each call. Raises InvalidArgument where none fit."""
    wanted = [
        name
        for name, field in command.inputs.items()
        if field.fallback is UNSET and name not in command.needs_one_of
    ]
    chosen = sorted(command.needs_one_of, key=lambda name: name != "z")[:1]
    return command.decode({name: value(command.inputs[name], rng) for name in [*chosen, *wanted]})


def value(field: AnyDataType, rng: np.random.Generator) -> Any:
    """A value of a data type: drawn anew where it is a vector or a picture."""
    if isinstance(field, Vector):
        return rng.normal(field.sampling_mean, field.sampling_std, field.length).tolist()
    if isinstance(field, Image):
        shape = (512, 512) if field.channels == 1 else (512, 512, field.channels)
        return rng.integers(0, 256, shape, np.uint8)
    if isinstance(field, Number) and field.whole:
        return int(rng.integers(0, 1000))
    return field.example


def setting(facts: Mapping[str, Any]) -> str:
    """What computes, as far as the model says."""
    words = [facts[key] for key in ("backend", "precision", "device") if key in facts]
    threads = facts.get("threads")
    if threads:
        words.append(f"{threads} thread{'s' if threads > 1 else ''} of {cores()}")
    return ", ".join(map(str, words))


def advice(facts: Mapping[str, Any], figures: Mapping[str, float]) -> Iterator[str]:
    """What would make it faster, a sentence each."""
    if "backend" in facts:
        yield from missing()
        for name, why in facts.get("left_out", {}).items():
            if name.endswith(("bfloat16", "float16")):
                precision = name.rpartition(" ")[2]
                yield f"{name} is faster, if that may be: --precision {precision}. {why}"
    gain = figures["model_ms"] / figures["batch_ms"]
    if figures["batch"] > 1 and gain > GAIN:
        count = f"{figures['batch']:g} at once"
        yield f"Programs that ask for {count} get {gain:.1f} times as many pictures."
    if figures["per_second"] < LIVE and max(figures["width"], figures["height"]) > LARGE:
        yield "A model of half the width takes about a quarter of the time."
    if figures["jpeg_ms"] > figures["model_ms"] / 2:
        yield "Pages that ask for fewer pixels get them sooner: writing them takes long here."


def missing() -> Iterator[str]:
    """Why backends that are quick to play with cannot be used here."""
    for name in PLAYERS:
        if name in slots.members("backends"):
            backend = made(name, "auto")
            reason = backend.available()
            if reason is not None and "missing" in reason:
                yield reason


def least(work: Callable[[], object]) -> float:
    """The milliseconds of the quickest of some calls."""
    times = []
    for _ in range(ENCODED):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times) * 1000


def summary(found: Mapping[str, Any]) -> str:
    """What was found, in a few sentences."""
    rate = found["per_second"]
    said = f"{rate:.0f}" if rate >= 10 else f"{rate:.1f}"
    by = f", by {found['setting']}" if found["setting"] else ""
    return (
        f"{said} pictures a second of {found['width']} x {found['height']} px{by}. The model takes "
        f"{found['model_ms']:.3g} ms, its JPEG {found['jpeg_ms']:.2g}. {found['advice']}"
    ).strip()


def table(found: Mapping[str, Any]) -> Iterator[str]:
    """The figures as lines for a terminal."""
    yield ", ".join(filter(None, [f"{found['width']} x {found['height']} px", found["setting"]]))
    yield f"{'':28}{'ms':>8} {'a second':>9}"
    rows = {
        "the model, one picture": found["model_ms"],
        "  in 99 of 100 cases below": found["worst_ms"],
        f"  each of {found['batch']:g} at once": found["batch_ms"],
        "its JPEG": found["jpeg_ms"],
        "its PNG": found["png_ms"],
        "queue, processes and HTTP": found.get("around_ms"),
        "a query by HTTP, in all": found.get("query_ms"),
    }
    for title, milliseconds in rows.items():
        if milliseconds is not None and not (found["batch"] == 1 and "at once" in title):
            yield f"{title:28}{milliseconds:8.2f} {1000 / milliseconds:9.0f}"
    yield from filter(None, found["advice"].split("\n"))


class Still:
    """A model that gives one picture at once, so that only what is around a model is measured."""

    options: ClassVar[dict[str, AnyDataType]] = {
        "width": Number(default=512, whole=True, min=1, max=8192),
        "height": Number(default=512, whole=True, min=1, max=8192),
    }
    commands: ClassVar[dict[str, Command]] = {
        "show": Command(
            name="show",
            inputs={"z": Vector(length=512)},
            outputs={"image": Image()},
            needs_one_of=("z",),
        )
    }

    def setup(self, device: str, options: Values) -> None:
        across = np.linspace(0, 255, options["width"], dtype=np.uint8)
        self.picture = np.zeros((options["height"], options["width"], 3), np.uint8)
        self.picture[:] = across[:, None]

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        return [{"image": self.picture} for _ in batch]


SLOT = Bench
