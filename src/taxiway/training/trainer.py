"""What a model family gives so that it can be trained: a recipe, which makes a trainer.

The recipe says what can be asked for, without importing what computes; the trainer takes steps.
All else is shared: loop, folder, exact resume, log, curves, cards, costs, `taxiway train`.
"""

import copy
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from taxiway.core import slots
from taxiway.core.datatypes import AnyDataType
from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.core.faults import blamed
from taxiway.core.needs import NEEDS, check
from taxiway.training.config import About, Stages, TrainingConfig, longer, read_config

Pictures = NDArray[np.uint8]


class Stop(Protocol):
    """An event of threads, or of processes, that asks for the end."""

    def is_set(self) -> bool: ...

    def set(self) -> None: ...


class Panel(NamedTuple):
    """One diagram of a training: a title, (figure, label) of its lines, and its scale.

    On a logarithmic scale every line is a tenth of the one above.
    """

    title: str
    lines: tuple[tuple[str, str], ...]
    is_log: bool = False


@dataclass(frozen=True)
class Description:
    """What is said of a training: `data` on the terminal, all else in the card of its models.

    `data` is what it learns from and where ("500 pictures of 32 pixels on cpu"), `summary` a
    sentence on the model, `how` what was chosen ("batch 16"), `options` what `taxiway train` takes
    to make it again, beside dataset, start and length.
    """

    family: str
    summary: str
    data: str
    how: str
    resolution: int | None = None
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Asked:
    """What somebody wants of a training; `given` are only those options that were named.

    `kimg`, `device` and `processes` are None where nothing was said of them.
    """

    dataset: Path
    start: Path | None = None
    kimg: float | None = None
    device: str | None = None
    processes: int | None = None
    given: Mapping[str, Any] = field(default_factory=dict)
    about: About = field(default_factory=About)


class Trainer(Protocol):
    """A training in one process: `start` or `resume`, then `step` after `step`.

    `seen` counts examples shown, which every step raises; `size` is that of the stage it is in, as
    the config's `stages` have it: 1 for a trainer of one size, whatever its pictures have. Steps
    follow from the config, the examples and `seen` alone, so that a resumed training is the one
    that never stopped. A class that names Trainer as its parent gets what has a body here.
    """

    measures: ClassVar[tuple[str, ...]]
    """The figures that `measure` gives; by the first, lower is better, the best model is kept."""
    panels: ClassVar[tuple[Panel, ...]] = ()
    """The diagrams of its curves; one of all figures where none is named."""
    bar: ClassVar[tuple[str, ...]] = ()
    """The figures beside the progress bar; `measures` where none is named."""
    calmer: ClassVar[str] = ""
    """What to change where the losses ran away, such as " and a smaller --rate"."""
    seen: int
    size: int

    def start(self) -> None:
        """Begin: with fresh weights, or those that the config starts from."""

    def step(self) -> dict[str, float]:
        """Show one batch of examples and return the losses, at least one."""

    def save(self, path: Path) -> None:
        """Write all that going on needs to `path`, whole."""

    def resume(self, path: Path) -> None:
        """Be as when `save` wrote `path`; whatever it raises is told as a damaged file."""

    def sample(self) -> Pictures | str:
        """What it makes now, always of the same seeds: pictures [N, H, W, 3], or text."""

    def measure(self) -> dict[str, float]:
        """How good it is now: the figures of `measures`."""

    def export(self, path: Path, whole: bool) -> None:
        """Write the model to `path`, .safetensors; if `whole`, all that training on takes."""

    def describe(self) -> Description:
        """What is said of it."""

    def grow(self, size: int) -> None:
        """Go on at the size of the next stage."""
        raise InvalidArgument(f"This trainer has one size, not {size}, too.")

    def stops(self, stop: Stop) -> bool:
        """Whether to stop here; of several processes all do after the same step."""
        return stop.is_set()

    def real(self) -> Pictures | None:
        """Examples of the dataset in the manner of `sample`, to be compared with."""
        return None

    def figures(self) -> dict[str, float]:
        """What goes into the log beside the losses; asked for once for each record."""
        return {}

    def warnings(self, record: Mapping[str, Any]) -> list[str]:
        """What is worth saying of a record: of steps, or of a snapshot, which has `measures`."""
        return []

    def pace(self, size: int) -> float | None:
        """Seconds for a thousand examples at a size, by a few steps that leave no trace."""
        if size != self.size:
            return None
        other, begun = copy.deepcopy(self), time.perf_counter()
        other.step()
        return (time.perf_counter() - begun) * 1000 / max(other.seen - self.seen, 1)

    def state_bytes(self) -> int:
        """About how large `save` makes its file."""
        return 0


class Recipe(Protocol):
    """A member of the slot `trainers`: what can be asked of a training, and how it is set up.

    A class that names Recipe as its parent gives `options`, `unit`, `kimg`, `read` and `trainer`.
    `options` become flags of `taxiway train` and fields of forms.
    """

    options: ClassVar[Mapping[str, AnyDataType]]
    unit: ClassVar[str] = "pictures"
    """What is counted, in the plural."""
    source: ClassVar[str] = "dataset"
    """What is learnt from: a prepared "dataset", or a "model", whose checkpoint is given."""
    needs: ClassVar[tuple[str, ...]] = ()
    """Modules that an extra of ours brings, such as "torch", without which nothing begins."""
    extra: ClassVar[str] = "train"
    """The extra of ours that brings all of them."""
    resumes: ClassVar[frozenset[str] | None] = None
    """The options that a training takes when it goes on; None is all of them."""
    kimg: ClassVar[float]
    """Thousands of examples of a training that nobody gave a length."""

    def read(self, asked: Asked, known: TrainingConfig[Any] | None) -> Any:
        """The examples of a dataset, `known` being the config of a training that goes on."""

    def trainer(self, config: TrainingConfig[Any], data: Any, group: Any = None) -> Trainer:
        """A trainer that has neither started nor resumed; `group` are the processes that share."""

    def values(self, asked: Asked) -> dict[str, Any]:
        """Every option: what was given, else its default."""
        defaults = {name: option.fallback for name, option in self.options.items()}
        return {**defaults, **asked.given}

    def configure(self, asked: Asked, data: Any) -> TrainingConfig[Any]:
        """The config of a new training."""
        stages: Stages = ((1, asked.kimg or self.kimg),)
        start = str(asked.start.absolute()) if asked.start else ""
        return TrainingConfig(str(asked.dataset), stages, self.values(asked), start, asked.about)

    def read_config(self, folder: Path) -> TrainingConfig[Any]:
        """That of the training in a folder. Raises NotFound or InvalidArgument."""
        return read_config(folder, dict[str, Any])

    def changed(self, known: TrainingConfig[Any], asked: Asked) -> TrainingConfig[Any]:
        """The config of a training that goes on: perhaps for longer, or with other options."""
        settings = {**known.settings, **asked.given}
        stages = longer(known.stages, asked.kimg)
        return replace(known, dataset=str(asked.dataset), stages=stages, settings=settings)

    def processes(self, config: TrainingConfig[Any]) -> int:
        """How many processes share its batches."""
        return 1

    def device(self, config: TrainingConfig[Any]) -> str:
        """Where it computes."""
        return "cpu"

    def limits(self, config: TrainingConfig[Any]) -> AbstractContextManager[None]:
        """What each process trains within: its threads, and errors told in sentences."""
        return nullcontext()


def find(name: str) -> Recipe:
    """The recipe of that name, or of the family of that name or `package.module:Class`.

    Raises NotFound listing what there is.
    """
    try:
        found = slots.load("trainers", name)
    except NotFound:
        if name not in slots.members("families"):
            raise
        found = getattr(slots.load("families", name), "trainer", None)
        if found is None:
            raise NotFound(f"'{name}' cannot be trained: its family has no trainer.") from None
        check(found, NEEDS["trainers"], name, slots.find("families", name).module)
    with blamed(found, f"'{name}'"):
        recipe: Recipe = found()
        return recipe
