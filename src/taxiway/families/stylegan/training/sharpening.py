"""Teaching an upscaler to draw what the network before it left out.

Pairs of painted pictures teach an upscaler to enlarge what is sharp. A generator's own pictures are
softer than those, and have a frame; nobody has pairs of them. So windows of them, enlarged, are
judged by two discriminators of detail, at full size and at half, beside windows of real pictures
(Ledig et al. 2017), while the mean of each 4 x 4 pixels stays what the generator said, but for its
outermost ones. Some painted pairs go along, so that edges stay where they belong. And detail is to
be as strong as that of real pictures (`energies.py`).
"""

from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from taxiway.checkpoint.contents import UPSCALED
from taxiway.families.stylegan.networks.generator import Generator, truncate
from taxiway.families.stylegan.networks.upscaler import Upscaler
from taxiway.families.stylegan.training.detail import DetailDiscriminator
from taxiway.families.stylegan.training.energies import Energies
from taxiway.families.stylegan.training.flaws import flawed
from taxiway.families.stylegan.training.lessons import Taught, lead, restore
from taxiway.families.stylegan.training.painted_pictures import Pictures
from taxiway.families.stylegan.training.samples import zs_of
from taxiway.families.stylegan.training.stylegan2 import follow
from taxiway.families.stylegan.training.upscaling import likeness, muted

STATE = "sharp.pt"
CROP, MARGIN = 56, 12
"""Small pixels of a picture that are enlarged in a step, and those at a side without neighbours."""
WINDOW = 128
"""Large pixels of what is judged."""
FREE, RIM = 3, 4
"""Small pixels at a picture's own edge that need not stay as they were, and that may be a frame."""
AT_EDGE = 0.4
"""The share of crops that begin or end with the picture."""
OWN = range(20_000, 21_000)
"""Seeds of a generator's own pictures."""
LAZY = 8
"""Steps between two R1 penalties."""
COLOUR = 0.5
"""How much of the colour that it adds is kept in the end: shores get coloured fringes otherwise."""
Dice = np.random.Generator


@dataclass(frozen=True)
class Sharpening:
    """How an upscaler is taught to draw: weights of the losses, pictures of a step, rates and seed.

    `judged` is the weight of the verdicts, `kept` of what is to stay, `even` of the frame that is
    not, `strong` of the strength of detail, `paired` of the likeness of the `pairs`: how many of
    the `batch` are painted pictures made smaller and flawed.
    `penalty` is the weight of R1, `average` how far the kept average moves in each step.
    """

    judged: float = 0.22
    kept: float = 1.2
    even: float = 3.0
    strong: float = 0.5
    paired: float = 0.5
    batch: int = 8
    pairs: int = 3
    rate: float = 5e-4
    judges_rate: float = 1e-3
    penalty: float = 0.05
    average: float = 0.005
    seed: int = 3
    bf16: bool = True


class Crop(NamedTuple):
    """Along one axis: the first small pixel, the first large pixel of the window in it, and whether
    it begins and ends where the picture does."""

    start: int
    window: int
    begins: bool
    ends: bool

    def known(self) -> slice:
        """The small pixels that say something, those at the picture's own edges among them."""
        return self._without(0, MARGIN)

    def staying(self) -> slice:
        """Those of them that are to stay."""
        return self._without(FREE, MARGIN)

    def inside(self) -> slice:
        """The small pixels but for the rims that are the picture's own."""
        return self._without(RIM, 0)

    def turned(self) -> "Crop":
        """The same seen from the other end."""
        return Crop(self.start, UPSCALED * CROP - WINDOW - self.window, self.ends, self.begins)

    def _without(self, at_edge: int, elsewhere: int) -> slice:
        first, last = (at_edge if is_edge else elsewhere for is_edge in (self.begins, self.ends))
        return slice(first, CROP - last)


class Part(NamedTuple):
    """A crop [3, C, C] that is enlarged, and where it lies.

    Of the generator's, `wanted` [1, C, C] is 1 where it is to stay and `rims` [1, C, C] where it
    has the picture's rims; of painted ones, `wanted` is the crop as it was [3, 4 C, 4 C].
    """

    given: Tensor
    wanted: Tensor
    rims: Tensor
    rows: Crop
    columns: Crop


class SharpLesson(Taught):
    """An upscaler that learns from a generator's pictures and painted ones, and its two judges.

    `small` are the generator's images [N, 3, S, S] of -1..1, `large` pictures [M, 4 S, 4 S, 3], S
    at least 56. What a step draws follows from the seed and `steps`, so that a saved state goes on
    as if it had never stopped.
    """

    parts = ("upscaler", "average", "judges", "energies", "adam", "judges_adam")

    def __init__(self, upscaler: Upscaler, small: NDArray[np.floating[Any]], large: Pictures,
                 settings: Sharpening) -> None:  # fmt: skip
        torch.manual_seed(settings.seed)
        self.small, self.large, self.settings, self.steps = small, large, settings, 0
        self.upscaler, self.average = deepcopy(upscaler), deepcopy(upscaler).requires_grad_(False)
        self.judges = nn.ModuleList(DetailDiscriminator(width=width) for width in (32, 48))
        self.energies = Energies()
        for part in (self.upscaler, self.judges):
            part.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.adam = torch.optim.Adam(self.upscaler.parameters(), settings.rate, (0.0, 0.99))
        self.judges_adam = torch.optim.Adam(
            self.judges.parameters(), settings.judges_rate, (0.0, 0.99)
        )

    def step(self) -> dict[str, float]:
        """Learn from a few crops of each kind; the losses by name."""
        dice, settings = np.random.default_rng([self.settings.seed, self.steps]), self.settings
        own = [self._own(dice) for _ in range(settings.batch - settings.pairs)]
        pairs = [self._pair(dice) for _ in range(settings.pairs)]
        real = torch.stack([self._window(dice) for _ in range(settings.batch)])
        given = torch.stack([one.given for one in [*own, *pairs]])
        with self._precision():
            made = self.upscaler(given)
        made = made.float()
        windows = torch.stack([
            window_of(image, one) for image, one in zip(made, [*own, *pairs], strict=True)
        ])  # fmt: skip
        told = {"judges": self._teach_judges(windows.detach(), real)}
        count, stays = len(own), torch.stack([one.wanted for one in own])
        small, rims = F.avg_pool2d(made[:count], UPSCALED), torch.stack([one.rims for one in own])
        moved = (small - given[:count]).abs() * stays
        frames = torch.stack([own_frame(image) for image in small]).abs() * rims
        losses = {
            "judged": torch.stack(
                [F.softplus(-verdict).mean() for verdict in self._verdicts(windows)]
            ).sum(),
            "kept": moved.sum() / (3 * stays.sum()),
            "even": frames.sum() / (3 * rims.sum()).clamp_min(1),
            "strong": self.energies(windows[:count], real[:count]),
            "paired": likeness(made[count:], torch.stack([one.wanted for one in pairs])),
        }
        loss = torch.stack([getattr(settings, name) * part for name, part in losses.items()]).sum()
        self.adam.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.adam.step()
        follow(self.average, self.upscaler, settings.average)
        self.steps += 1
        return told | {name: part.item() for name, part in losses.items()}

    def _own(self, dice: Dice) -> Part:
        """Of the generator."""
        rows, columns = (crop(self.small.shape[2], dice) for _ in range(2))
        image = self.small[dice.integers(0, len(self.small))]
        part = image[:, rows.start : rows.start + CROP, columns.start : columns.start + CROP]
        stays, rims = torch.zeros(1, CROP, CROP), torch.zeros(1, CROP, CROP)
        stays[:, rows.staying(), columns.staying()] = 1
        rims[:, rows.known(), columns.known()] = 1
        rims[:, rows.inside(), columns.inside()] = 0
        cut = torch.from_numpy(np.array(part, np.float32))
        if dice.random() < 0.5:
            cut, stays, rims = (one.flip(2) for one in (cut, stays, rims))
            columns = columns.turned()
        return Part(cut, stays, rims, rows, columns)

    def _pair(self, dice: Dice) -> Part:
        """Painted, made smaller and flawed."""
        rows, columns = (crop(self.large.shape[1] // UPSCALED, dice) for _ in range(2))
        large = self._cut(dice, UPSCALED * rows.start, UPSCALED * columns.start, UPSCALED * CROP)
        small = flawed(F.avg_pool2d(large[None], UPSCALED), dice)[0]
        image = self.small[dice.integers(0, len(self.small))]
        frame = own_frame(torch.from_numpy(np.array(image, np.float32))) * dice.uniform(0.5, 1.5)
        small += frame[:, rows.start : rows.start + CROP, columns.start : columns.start + CROP]
        none = torch.zeros(1, CROP, CROP)
        if dice.random() < 0.5:
            small, large, columns = small.flip(2), large.flip(2), columns.turned()
        return Part(small, large, none, rows, columns)

    def _window(self, dice: Dice) -> Tensor:
        """A window [3, W, W] of a painted picture, from where those of the generator's are."""
        places = [crop(self.large.shape[1] // UPSCALED, dice) for _ in range(2)]
        top, left = (UPSCALED * place.start + place.window for place in places)
        image = self._cut(dice, top, left, WINDOW)
        return image.flip(2) if dice.random() < 0.5 else image

    def _cut(self, dice: Dice, top: int, left: int, size: int) -> Tensor:
        picture = self.large[dice.integers(0, len(self.large))]
        part = np.array(picture[top : top + size, left : left + size], np.float32)
        return torch.from_numpy(part).permute(2, 0, 1) / 127.5 - 1

    def _verdicts(self, images: Tensor) -> list[Tensor]:
        """What both judges say to places of images: at full size, and at half."""
        with self._precision():
            sizes = (images, F.avg_pool2d(images, 2))
            return [judge(seen) for judge, seen in zip(self.judges, sizes, strict=True)]

    def _teach_judges(self, made: Tensor, real: Tensor) -> float:
        self.judges.requires_grad_(True)
        pairs = zip(self._verdicts(made), self._verdicts(real), strict=True)
        loss = torch.stack([F.softplus(a).mean() + F.softplus(-b).mean() for a, b in pairs]).sum()
        lost = loss.item()
        if self.steps % LAZY == 0:
            few = real[: len(real) // 2]
            slopes = self.judges[0].penalty(few) + self.judges[1].penalty(F.avg_pool2d(few, 2))  # type: ignore[operator]
            loss = loss + LAZY * self.settings.penalty * slopes
        self.judges_adam.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.judges_adam.step()
        self.judges.requires_grad_(False)
        return lost

    def _precision(self) -> torch.autocast:
        return torch.autocast("cpu", torch.bfloat16, enabled=self.settings.bf16)


def window_of(image: Tensor, part: Part) -> Tensor:
    """What is judged [3, W, W] of an enlarged part [3, 4 C, 4 C]."""
    top, left = part.rows.window, part.columns.window
    return image[:, top : top + WINDOW, left : left + WINDOW]


def own_frame(image: Tensor) -> Tensor:
    """What the outermost four rows of each side of an image [3, S, S] have that those further in
    do not lead to, evened out along the side.

    Added to painted pictures, it shows an upscaler which frames to mend.
    """
    frame, steps = torch.zeros_like(image), (5.5 - torch.arange(4.0))[:, None] / 4
    for turns in range(4):
        turned = torch.rot90(image, turns, (1, 2))
        near, far = turned[:, None, 4:8].mean(dim=2), turned[:, None, 8:12].mean(dim=2)
        apart = turned[:, :4] - (near + steps * (near - far))
        even = F.avg_pool2d(F.pad(apart, (4, 4, 0, 0), mode="replicate"), (1, 9), stride=1)
        side = torch.zeros_like(image)
        side[:, :4] = even
        frame += torch.rot90(side, -turns, (1, 2))
    return frame


def crop(size: int, dice: Dice) -> Crop:
    """A crop along one axis of a picture of `size` small pixels, often at an edge of it."""
    last = size - CROP
    at_edge = dice.random() < AT_EDGE
    start = int(dice.choice([0, last])) if at_edge else int(dice.integers(0, last + 1))
    begins, ends = start == 0, start == last
    low = 0 if begins else UPSCALED * MARGIN
    high = UPSCALED * (CROP if ends else CROP - MARGIN) - WINDOW
    return Crop(start, int(dice.integers(low, high + 1)), begins, ends)


def sharpened(folder: Path, lesson: SharpLesson, steps: int, stop: Event) -> Upscaler:
    """The average after so many steps, muted, unless `stop` ends them; on with what is in the
    folder."""
    restore(lesson, folder / STATE)
    lead(lesson, steps, lesson.step, folder / STATE, stop)
    return muted(lesson.average, COLOUR)


@torch.inference_mode()
def own_images(generator: Generator, seeds: range = OWN) -> NDArray[np.float16]:
    """What a generator without upscaler makes of seeds [N, C, S, S]; every second at psi 0.8."""
    images = []
    for seed in seeds:
        z = torch.from_numpy(zs_of([seed], generator.z_dim))
        w, psi = generator.mapping(z), 0.8 if seed % 2 else 1.0
        ws = truncate(w, generator.w_avg, psi, num_ws=generator.num_ws)
        images.append(generator.synthesis(ws, "none")[0].half().numpy())
    return np.stack(images)
