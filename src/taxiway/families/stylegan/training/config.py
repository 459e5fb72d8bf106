"""What a training of StyleGAN is made with, from what was asked for."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from taxiway.backends.torch.device import pick_device
from taxiway.core.errors import InvalidArgument
from taxiway.families.stylegan.training.augment import KINDS, fitting
from taxiway.families.stylegan.training.discriminator import GROUP
from taxiway.families.stylegan.training.settings import Settings
from taxiway.families.stylegan.training.speed import pays_bf16, seconds_per_kimg
from taxiway.families.stylegan.training.transfer import Start
from taxiway.training import config
from taxiway.training.config import Stages
from taxiway.training.cost import written
from taxiway.training.features import Pictures

SMALLEST = 32
"""Pixels that a training from nothing begins with."""
ADA_KIMG = 100.0
"""How quickly the augmentation follows: trainings here are short."""
FROM_NOTHING, FROM_ANOTHER = 200.0, 40.0
"""kimg of trainings that nobody gave a length."""
QUALITIES = {"draft": (2048, 256), "good": (4096, 256)}
"""Channels of a block of r pixels: the first over r, at most the second."""


TrainingConfig = config.TrainingConfig[Settings]


def read_training_config(folder: Path) -> TrainingConfig:
    """What the training in a folder was asked for; NotFound or InvalidArgument if none was."""
    order = config.read_config(folder, Settings)
    sizes = [size for size, _ in order.stages]
    if sizes[0] < 8 or sizes != [sizes[0] << i for i in range(len(sizes))]:
        raise InvalidArgument(
            f"'{folder / config.NAME}' is not understood: stages are of 8 pixels or more, each "
            "twice the last."
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
    return [(f"{what}, {kimg:g} kimg", written(pace * kimg)) for what, kimg in lengths.items()]
