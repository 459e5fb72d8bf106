"""What a training was asked for: kept in its folder, so that it can go on without being told."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from taxiway.core.errors import InvalidArgument, NotFound, TaxiwayError
from taxiway.core.files import write_whole
from taxiway.core.parsing import Malformed, from_json

NAME, STATE = "training.json", "state.pt"
"""What was asked for, and everything that going on needs, as its trainer wrote it."""
Stages = tuple[tuple[int, float], ...]
"""(size, kimg at which this size ends), smallest size first; kimg are thousands of examples."""
S = TypeVar("S")


@dataclass(frozen=True)
class About:
    """What a model's card says and only its maker can know.

    `command` makes it again, where that is not `taxiway train`.
    """

    title: str = ""
    licence: str = ""
    data: str = ""
    limits: str = ""
    command: str = ""


@dataclass(frozen=True)
class TrainingConfig(Generic[S]):
    """Everything that a training follows from, beside its examples; `settings` are its trainer's.

    `trainer` is the name of its trainer, empty for the one that is meant where none is named;
    `unit` is what is counted; `options` are those of its recipe as it began, by which one that goes
    on is held to them. Raises InvalidArgument for a dataset or a start whose name cannot be
    written down.
    """

    dataset: str
    stages: Stages
    settings: S
    start: str = ""
    about: About = field(default_factory=About)
    version: int = 1
    trainer: str = ""
    unit: str = "pictures"
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for path in (self.dataset, self.start):
            if path != path.encode(errors="replace").decode():
                raise InvalidArgument(f"'{path}' has letters that are no UTF-8; rename it.")

    @property
    def size(self) -> int:
        """The size of the finished model."""
        return self.stages[-1][0]

    @property
    def kimg(self) -> float:
        """How long the training is, in thousands of examples shown."""
        return self.stages[-1][1]

    def write(self, folder: Path) -> None:
        """Keep it in a training's folder."""
        write_whole(folder / NAME, msgspec.json.format(msgspec.json.encode(self)))


def read_config(folder: Path, settings: Any = Any) -> TrainingConfig[Any]:
    """What the training in a folder was asked for, with settings of that type.

    Raises NotFound where there is none, InvalidArgument where it is not understood.
    """
    path = folder / NAME
    if not path.exists():
        raise NotFound(f"'{folder}' holds no training to go on with: there is no {NAME}.")
    try:
        config: TrainingConfig[Any] = from_json(path.read_bytes(), TrainingConfig[settings])
    except Malformed as reason:
        raise InvalidArgument(f"'{path}' is not understood: {reason}.") from None
    if not config.stages:
        raise InvalidArgument(f"'{path}' is not understood: it has no stages.")
    return config


def lost(folder: Path) -> InvalidArgument:
    """The error for a training that cannot be gone on with, though its model is there."""
    return InvalidArgument(
        f"'{folder / STATE}' is missing, damaged or of another training; begin anew from the "
        f"model: taxiway train DATASET --out ANOTHER --from {folder / 'model.safetensors'}"
    )


def check_free(folder: Path, resume: bool) -> None:
    """Raise TaxiwayError where a training in a folder would be overwritten, its model included."""
    if folder.exists() and not folder.is_dir():
        raise InvalidArgument(f"'{folder}' is a file; --out takes a folder.", "out")
    state, model = ((folder / name).exists() for name in (STATE, "model.safetensors"))
    if resume and model and not state:
        raise lost(folder)
    if not resume and (state or model):
        raise TaxiwayError(f"'{folder}' holds a training; add --resume or take another folder.")


def longer(stages: Stages, kimg: float | None) -> Stages:
    """The same stages with another end."""
    return stages if kimg is None else (*stages[:-1], (stages[-1][0], kimg))
