"""What a training was asked for: kept in its folder, so that it can go on without being told."""

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec
import numpy as np
import torch

from taxiway.backends.torch.device import pick_device
from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.core.files import write_whole
from taxiway.families.stylegan.training.augment import KINDS, fitting
from taxiway.families.stylegan.training.discriminator import GROUP
from taxiway.families.stylegan.training.loop import Stages
from taxiway.families.stylegan.training.settings import Settings
from taxiway.families.stylegan.training.speed import pays_bf16, seconds_per_kimg, told
from taxiway.families.stylegan.training.transfer import Start
from taxiway.training.features import Pictures

NAME = "training.json"
SMALLEST = 32
"""Pixels that a training from nothing begins with."""
ADA_KIMG = 100.0
"""How quickly the augmentation follows: trainings here are short."""
FROM_NOTHING, FROM_ANOTHER = 200.0, 40.0
"""kimg of trainings that nobody gave a length."""
QUALITIES = {"draft": (2048, 256), "good": (4096, 256)}
"""Channels of a block of r pixels: the first over r, at most the second."""


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
class TrainingConfig:
    """Everything that a training follows from, beside its pictures.

    Raises InvalidArgument for a dataset or a start whose name cannot be written down.
    """

    dataset: str
    stages: Stages
    settings: Settings
    start: str = ""
    about: About = field(default_factory=About)
    version: int = 1

    def __post_init__(self) -> None:
        for path in (self.dataset, self.start):
            if path != path.encode(errors="replace").decode():
                raise InvalidArgument(f"'{path}' has letters that are no UTF-8; rename it.")

    @property
    def size(self) -> int:
        """Pixels of the finished model."""
        return self.stages[-1][0]

    @property
    def kimg(self) -> float:
        """How long the training is."""
        return self.stages[-1][1]

    def write(self, folder: Path) -> None:
        """Keep it in a training's folder."""
        write_whole(folder / NAME, msgspec.json.format(msgspec.json.encode(self)))


def read_training_config(folder: Path) -> TrainingConfig:
    """What the training in a folder was asked for; NotFound or InvalidArgument if none was."""
    path = folder / NAME
    if not path.exists():
        raise NotFound(f"'{folder}' holds no training to go on with: there is no {NAME}.")
    try:
        order = msgspec.json.decode(path.read_bytes(), type=TrainingConfig)
    except msgspec.DecodeError as error:
        raise InvalidArgument(f"'{path}' is not understood: {error}.") from None
    sizes = [size for size, _ in order.stages]
    if not sizes or sizes[0] < 8 or sizes != [sizes[0] << i for i in range(len(sizes))]:
        raise InvalidArgument(
            f"'{path}' is not understood: stages are of 8 pixels or more, each twice the last."
        )
    return order


def new_settings(
    quality: str, batch: int, gamma: float, freeze: int, device: torch.device
) -> Settings:
    """The settings of a training from nothing, suited to a device that it is to `spread` over."""
    base, most = QUALITIES[quality]
    return Settings(
        channel_base=base,
        channel_max=most,
        batch=batch,
        gamma=gamma,
        freeze=freeze,
        bf16=pays_bf16(device),
        ada_kimg=ADA_KIMG,
    )


def spread(
    settings: Settings,
    device: torch.device,
    threads: int | None = None,
    processes: int | None = None,
) -> Settings:
    """The settings on a device, each batch split as told, or as suits.

    Raises InvalidArgument where a batch cannot be split so.
    """
    count = processes or 1
    threads = threads or default_threads(device, settings.batch // count, count)
    return replace(settings, device=str(device), threads=threads, processes=count)


def default_threads(device: torch.device, batch: int, processes: int = 1) -> int:
    """Into how many parts a batch is best split in each of so many processes here."""
    cores = (os.cpu_count() or 1) // processes if device.type == "cpu" else 1
    return max(n for n in range(1, min(cores, 8) + 1) if batch % (GROUP * n) == 0 or n == 1)


def grown_stages(size: int, kimg: float, first: int = SMALLEST) -> Stages:
    """From a first size by doubling to `size`; most of the time is for the last.

    Stage i of n ends after (i / n)^2 of all pictures.
    """
    sizes = [min(first, size)]
    while sizes[-1] < size:
        sizes.append(2 * sizes[-1])
    return tuple((s, kimg * ((i + 1) / len(sizes)) ** 2) for i, s in enumerate(sizes))


def stages_from(start: Start, size: int, kimg: float) -> Stages:
    """From the size of a trained model, which is not trained any further, to `size`."""
    if size <= start.size:
        return ((size, kimg),)
    return ((start.size, 0.0), *grown_stages(size, kimg, first=2 * start.size))


def augmented(settings: Settings, name: str, pictures: Pictures) -> Settings:
    """The settings with the changes of a name, or with "auto" those that suit the pictures."""
    return replace(settings, augment=fitting(pictures) if name == "auto" else KINDS[name])


def averaged(settings: Settings, kimg: float) -> Settings:
    """The settings with an average that is not too slow for a training of this length."""
    return replace(settings, ema_kimg=min(settings.ema_kimg, kimg / 20))


def check_freeze(settings: Settings, stages: Stages) -> None:
    """Raise InvalidArgument where blocks would be frozen that have learnt nothing yet."""
    if settings.freeze and (len(stages) > 1 or settings.hold_kimg or settings.ema_ramp):
        raise InvalidArgument(
            "'freeze' takes a start with a discriminator of the same size (--from).", "freeze"
        )


def expected_times(size: int) -> list[tuple[str, str]]:
    """(what, how long at most) for trainings of `size` pixels on the fastest device here."""
    device = pick_device()
    settings = spread(new_settings("draft", 16, 2.0, 0, device), device)
    noise = np.random.default_rng(0).integers(0, 255, (16, size, size, 3), dtype=np.uint8)
    pace = seconds_per_kimg(size, settings, noise)
    lengths = {"from another model": FROM_ANOTHER, "from nothing": FROM_NOTHING}
    return [(f"{what}, {kimg:g} kimg", told(pace * kimg)) for what, kimg in lengths.items()]
