"""How a StyleGAN answers: z, a seed or w in, a picture out. What `model` declares is done here."""

import math
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from msgspec import UNSET
from torch import Tensor

from taxiway.backends.torch.device import pick_device
from taxiway.checkpoint import read_checkpoint
from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyDataType, Category, Image, Number, OutputFormat, Vector
from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.families.stylegan.directions.direction import read_directions
from taxiway.families.stylegan.networks import build_generator
from taxiway.families.stylegan.networks.generator import Generator, to_uint8, truncate
from taxiway.families.stylegan.networks.tuning import tune
from taxiway.latent.inputs import latent_inputs
from taxiway.latent.sample import z_of_seed
from taxiway.latent.space import Shape

MAX_BATCH = 8


class Playing:
    """One generator with its directions, in its fastest form; `commands` and `facts` are its own.

    Raises NotFound, UnreadableCheckpoint or InvalidArgument.
    """

    def __init__(self, device: str, options: Values) -> None:
        checkpoint = read_checkpoint(options["checkpoint"])
        plain = build_generator(checkpoint)
        self.generator, tuning = tune(plain, pick_device(device), options["precision"])
        self.directions = read_folder(options.get("directions"), self.generator)
        self.commands = {"generate": declare(self.generator, self.directions)}
        self.facts = {
            "device": tuning.device,
            "precision": tuning.precision,
            "threads": tuning.threads,
            "ms_per_image": round(min(tuning.milliseconds.values()), 1),
            "notes": checkpoint.source.get("notes", []),
        }

    @torch.inference_mode()
    def predict(self, batch: list[Values]) -> list[Values]:
        """Map every call to its ws; synthesize at once those that share noise and transform."""
        answers: list[Values] = [{}] * len(batch)
        groups: dict[tuple[Any, ...], list[int]] = {}
        for index, call in enumerate(batch):
            groups.setdefault((call.get("noise_mode"), *placement(call)), []).append(index)
        for (noise, *place), members in groups.items():
            ws = torch.cat([self._ws(batch[index]) for index in members])
            pixels = self._synthesize(ws, noise, place)
            for index, picture in zip(members, pixels, strict=True):
                answers[index] = {"image": picture}
        return answers

    def _synthesize(self, ws: Tensor, noise: str | None, place: Sequence[float]) -> Any:
        extras = {"transform": transform(*place)} if place else {}
        images = self.generator.synthesis(ws, noise or "none", **extras)
        return to_uint8(images).cpu().numpy()

    def _ws(self, call: Values) -> Tensor:
        """The call's ws [1, num_ws, w_dim], moved along the directions that it names."""
        ws = self._still(call)
        for name, step in self.directions.items():
            if call[name]:
                ws = ws + call[name] * step
        return ws

    def _still(self, call: Values) -> Tensor:
        g = self.generator
        if call["w"] is not None:
            # A w is used as it is, like NVIDIA's projected ones: truncation is for sampling.
            w = torch.from_numpy(call["w"]).to(g.device)
            return w.reshape(1, -1, g.w_dim).expand(1, g.num_ws, -1)
        z = z_of_seed(call["seed"], g.z_dim) if call["z"] is None else call["z"]
        w = g.mapping(torch.from_numpy(z).to(g.device)[None], self._label(call))
        return truncate(w, g.w_avg, call["truncation"], num_ws=g.num_ws)

    def _label(self, call: Values) -> Tensor | None:
        if not self.generator.c_dim:
            return None
        c = torch.zeros(1, self.generator.c_dim, device=self.generator.device)
        c[0, call["label"]] = 1
        return c


def read_folder(folder: str | None, g: Generator) -> dict[str, Tensor]:
    """One step [num_ws, w_dim] along each direction of a folder's files, by the input's name.

    Raises NotFound or InvalidArgument.
    """
    if folder is None:
        return {}
    if not Path(folder).is_dir():
        raise NotFound(f"There is no folder of directions at '{folder}'.")
    shape = Shape(g.z_dim, g.w_dim, g.num_ws)
    zero = np.zeros((g.num_ws, g.w_dim), np.float32)
    found = [each for path in files_in(folder) for each in read_directions(path, shape)]
    steps = {input_name(each.name): each.moved(zero, 1.0) for each in found}
    return {name: torch.from_numpy(step).to(g.device) for name, step in steps.items()}


def files_in(folder: str) -> list[Path]:
    """The files that may hold directions, by name."""
    return sorted(path for path in Path(folder).iterdir() if path.suffix in (".npz", ".npy"))


def input_name(text: str) -> str:
    """A direction's name as an input's: `bow strength` is `bow_strength`."""
    return re.sub(r"\W+", "_", text.lower()).strip("_") or "direction"


def declare(g: Generator, directions: Iterable[str] = ()) -> Command:
    """The command of a generator: Runway's names, then what its network and directions add."""
    height, width = g.resolution
    inputs: dict[str, AnyDataType] = {
        **latent_inputs(g.z_dim),
        "w": Vector(
            length=g.w_dim,
            rows=g.num_ws,
            optional=True,
            description="Used as it is, instead of z; one row, or one per layer.",
        ),
    }
    if g.c_dim:
        names = tuple(g.config.get("classes", ())) or UNSET
        inputs["label"] = Number(default=0, whole=True, min=0, max=g.c_dim - 1, names=names)
    if g.family == "stylegan3":
        inputs |= {
            "x": Number(default=0, min=-1, max=1, step=0.01, description="Shift, in widths."),
            "y": Number(default=0, min=-1, max=1, step=0.01, description="Shift, in heights."),
            "rotation": Number(default=0, min=-180, max=180, step=1, description="Degrees."),
        }
    elif any(layer.get("use_noise") for layer in g.config["layers"].values()):
        inputs["noise_mode"] = Category(one_of=("const", "random", "none"))
    for name in directions:
        if name in inputs:
            raise InvalidArgument(f"A direction cannot be called '{name}', as an input is.")
        inputs[name] = Number(
            default=0, min=-3, max=3, step=0.05, description="Steps along this direction of w."
        )
    inputs["format"] = OutputFormat()
    return Command(
        name="generate",
        description="Make the picture that z stands for.",
        inputs=inputs,
        outputs={"image": Image(width=width, height=height)},
        max_batch=MAX_BATCH,
        needs_one_of=("z", "seed", "w"),
    )


def placement(call: Values) -> tuple[float, ...]:
    """Shift and rotation of a StyleGAN3 call; nothing for other families."""
    return (call["x"], call["y"], call["rotation"]) if "rotation" in call else ()


def transform(x: float, y: float, rotation: float) -> Tensor:
    """The inverse [3, 3] of moving a picture by (x, y) and turning it by `rotation` degrees.

    StyleGAN3's input takes the inverse of what the picture should do (Karras et al. 2021).
    """
    cos, sin = math.cos(math.radians(rotation)), math.sin(math.radians(rotation))
    moved = torch.tensor([[cos, -sin, x], [sin, cos, y], [0.0, 0.0, 1.0]])
    inverse: Tensor = torch.linalg.inv(moved)
    return inverse
