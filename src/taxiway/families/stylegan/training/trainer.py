"""StyleGAN's trainer: what the shared loop asks of it, done by its two players."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from taxiway.checkpoint import read_checkpoint
from taxiway.checkpoint.discriminator import write_discriminator
from taxiway.core.errors import InvalidArgument, TaxiwayError
from taxiway.families.stylegan.networks.fast import fast
from taxiway.families.stylegan.networks.states import write_state
from taxiway.families.stylegan.training.config import TrainingConfig
from taxiway.families.stylegan.training.export import arrays_of, write_model
from taxiway.families.stylegan.training.health import Health
from taxiway.families.stylegan.training.painted_pictures import Pictures, reduced
from taxiway.families.stylegan.training.samples import in_rows, samples
from taxiway.families.stylegan.training.speed import seconds_per_kimg, state_bytes
from taxiway.families.stylegan.training.stylegan2 import Players, grown
from taxiway.families.stylegan.training.transfer import Start, model_of, saved
from taxiway.training.config import lost
from taxiway.training.datasets.pictures.crops import check_resolution
from taxiway.training.datasets.pictures.labels import Classes
from taxiway.training.distributed import ALONE, Group
from taxiway.training.features import coloured
from taxiway.training.metrics import SIZE, compare
from taxiway.training.trainer import Asked, Description, Panel, Stop, Trainer

SHOWN = range(36)
"""Seeds of the pictures on the sheets; the same in all, so that they can be watched changing."""
MEASURED = range(10_000, 10_200)
"""Seeds of the pictures that are measured."""
HELD_AGAINST = 500


class Data(NamedTuple):
    """Pictures [N, S, S, C] of the finished model's size; their classes where it learns them.

    C is 1 for grey, 3, or 4 with alpha.
    """

    pictures: Pictures
    classes: Classes | None = None


class StyleGANTrainer(Trainer):
    """Two players on a set of pictures, from small pictures to large."""

    measures = ("kid", "variety")
    bar = ("d", "g", "p", "kid", "variety")
    panels = (
        Panel("losses", (("d", "discriminator"), ("g", "generator"))),
        Panel("augmentation", (("p", "probability p"), ("sign", "sure of real ones"))),
        Panel(
            "distance to the dataset, every line a tenth of the one above",
            (("kid", "KID, lower is better"),),
            True,
        ),
        Panel("variety", (("variety", "share of the dataset's"),)),
    )
    calmer = " and a --gamma four times as large"
    players: Players

    def __init__(self, config: TrainingConfig, data: Data, group: Group = ALONE) -> None:
        self.config, self.data, self.group = config, data, group
        self.health = Health()
        self._stage: tuple[int, Pictures] = (0, data.pictures)
        self._held_against = some(data.pictures, HELD_AGAINST)

    @property
    def seen(self) -> int:  # type: ignore[override]
        """Pictures shown."""
        return self.players.seen

    @property
    def size(self) -> int:  # type: ignore[override]
        """Pixels."""
        return self.players.size

    def start(self) -> None:
        """From a trained model, else from nothing.

        Raises InvalidArgument where the pictures have other classes than it learns.
        """
        config = self.config
        if config.start:
            self._take(Start(Path(config.start)).players(config.size, config.settings))
        else:
            self._take(Players(config.stages[0][0], config.settings))

    def resume(self, path: Path) -> None:
        """The players as last saved; raises InvalidArgument as `start`."""
        with enough_memory(self.config), saved(path.parent) as state:
            if state["size"] not in dict(self.config.stages):
                raise lost(path.parent)
            players = Players(state["size"], self.config.settings)
            players.restore(state)
        self._take(players)

    def _take(self, players: Players) -> None:
        self.players, players.group = players, self.group
        if self.data.classes:
            players.labels = known(self.data.classes, self.config)

    def step(self) -> dict[str, float]:
        if self._stage[0] != self.size:
            self._stage = (self.size, reduced(self.data.pictures, self.size))
        return self.players.step(self._stage[1])

    def stops(self, stop: Stop) -> bool:
        return self.players.stops(stop)

    def grow(self, size: int) -> None:
        """One new block each, unseen at first."""
        self.players = grown(self.players)

    def save(self, path: Path) -> None:
        """Raises as `write_state`."""
        write_state(path, self.players.state())

    def sample(self) -> Pictures:
        """Of the kept average, on white; those of a class in rows of their own."""
        generator = fast(self.players.average)
        classes = in_rows(len(SHOWN), max(generator.c_dim, 1))
        return coloured(samples(generator, SHOWN, 0.7, classes))

    def real(self) -> Pictures:
        """Real pictures for a sheet; those of a class in the rows that have samples of it."""
        classes = self.data.classes
        if classes is None:
            return coloured(self._held_against[: len(SHOWN)])
        return coloured(self.data.pictures[classes.places(in_rows(len(SHOWN), classes.count))])

    def measure(self) -> dict[str, float]:
        """How far the average's pictures are from the dataset's."""
        size, classes = min(SIZE, self.size), self.data.classes
        alike = classes.alike(len(MEASURED)) if classes else None
        made = reduced(samples(fast(self.players.average), MEASURED, 1.0, alike), size)
        return compare(made, reduced(self._held_against, size), list(self.measures))

    def figures(self) -> dict[str, float]:
        players = self.players
        broken, players.broken = players.broken, 0
        augmented = bool(self.config.settings.augment)
        return {"p": players.p, "augmented": augmented, "broken": broken}

    def warnings(self, record: Mapping[str, Any]) -> list[str]:
        if "variety" in record:
            return self.health.see(record["kimg"], record["variety"])
        return self.health.record(record["kimg"], dict(record))

    def export(self, path: Path, whole: bool) -> None:
        """Write the average, and the discriminator beside it where training goes on from it."""
        if whole:
            write_discriminator(path, arrays_of(self.players.d))
        write_model(path, self.players.average, self.seen, self._names)

    def pace(self, size: int) -> float:
        return seconds_per_kimg(size, self.config.settings, self.data.pictures)

    def state_bytes(self) -> int:
        return state_bytes(self.players)

    def describe(self) -> Description:
        settings, count = self.config.settings, f"{len(self.data.pictures):,}"
        places = f"{settings.processes} x " if settings.processes > 1 else ""
        classes = f" in {settings.c_dim} classes" if settings.labels else ""
        look = {1: "grey ", 4: "transparent "}.get(settings.img_channels, "")
        return Description(
            family="stylegan",
            summary=f"A {kind(self.config)} trained on {count} {look}pictures of {self.size} pixels"
            f"{classes}{': ' if self._names else ''}{', '.join(self._names)}.",
            data=f"{count} {look}pictures of {self.config.size} pixels{classes} on {places}"
            f"{settings.device}{' in bfloat16' if settings.bf16 else ''}",
            how=f"batch {settings.batch}, gamma {settings.gamma:g} times the usual, "
            f"{told(self.config)}",
            resolution=self.size,
            options=("--resolution", f"{self.config.size}")
            + (("--labels",) if settings.labels else ()),
        )

    @property
    def _names(self) -> tuple[str, ...]:
        """The names of the classes it learns, where they are known."""
        learns = self.config.settings.labels and self.data.classes
        return self.data.classes.names if learns and self.data.classes else ()


def known(classes: Classes, order: TrainingConfig) -> NDArray[Any]:
    """The labels as this training learns them; InvalidArgument where it learns others."""
    there = order.settings.c_dim if order.settings.labels else 0
    if classes.count != there:
        raise InvalidArgument(
            f"The dataset has {classes.count} classes, and this training learns "
            f"{there or 'without'}; begin another."
        )
    return classes.labels


def channels_of(asked: Asked, known: TrainingConfig | None) -> int | None:
    """The channels of the pictures that are trained, or None: as the dataset has them.

    Raises as `read_checkpoint` does for a start, and InvalidArgument where it makes pictures of
    other channels than are asked for.
    """
    if known:
        return known.settings.img_channels
    given = asked.given.get("channels", "auto")
    wanted = None if given == "auto" else int(given)
    if asked.start is None:
        return wanted
    start = model_of(asked.start)
    there: int = read_checkpoint(start).config["img_channels"]
    if wanted not in (None, there):
        raise InvalidArgument(
            f"'channels' takes auto or {there} here, as '{start.name}' makes pictures of {there}, "
            f"got {wanted}.",
            "channels",
        )
    return there


def some(pictures: Pictures, count: int) -> Pictures:
    """Up to `count` pictures, drawn evenly."""
    places = np.linspace(0, len(pictures) - 1, min(count, len(pictures))).astype(int)
    chosen: Pictures = pictures[places]
    return chosen


def fitted(pictures: Pictures, resolution: int | None) -> Pictures:
    """The pictures at the wanted resolution, or their own; TaxiwayError where they are smaller."""
    have = pictures.shape[1]
    if resolution is None or resolution == have:
        return pictures
    check_resolution(resolution)
    if resolution > have:
        raise TaxiwayError(
            f"The dataset has {have} pixels, so no model of {resolution} is made of it; "
            "prepare it again with another --resolution."
        )
    return reduced(pictures, resolution)


def kind(order: TrainingConfig) -> str:
    """Which of the two families the model is of."""
    network = order.settings.network
    return "StyleGAN3" if network and network["family"] == "stylegan3" else "StyleGAN2"


def told(order: TrainingConfig) -> str:
    """What the discriminator saw instead of the bare pictures."""
    augment = order.settings.augment
    words = [word for word in ("moves", "turns", "hues") if getattr(augment, word)]
    mirror = "mirrored" if augment.mirror else "not mirrored"
    return f"augmented by {' and '.join(words) or 'nothing'}, {mirror}"


def enough_memory(order: TrainingConfig) -> AbstractContextManager[None]:
    """Raise TaxiwayError where the GPU's memory is too small for what is done within."""
    return room_for(order.settings.batch // order.settings.processes, order.size)


@contextmanager
def room_for(batch: int, size: int) -> Iterator[None]:
    """The same for so many pictures of so many pixels."""
    try:
        yield
    except torch.OutOfMemoryError:
        raise TaxiwayError(
            f"The GPU has too little memory for {batch} pictures of {size} pixels at a time: "
            "begin with a smaller --batch, or --quality draft."
        ) from None


@contextmanager
def limits(order: TrainingConfig) -> Iterator[None]:
    """One thread of PyTorch's, since a batch is split over threads by the trainer itself."""
    with threads(1), enough_memory(order):
        yield


@contextmanager
def threads(count: int) -> Iterator[None]:
    """So many threads of PyTorch's, and numbers near zero are zero, which is quicker."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_num_threads(before)
        torch.set_flush_denormal(False)
