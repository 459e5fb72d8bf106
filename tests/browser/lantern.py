"""A model that draws at once, with a knob of every kind; a worker loads it as `lantern:Lantern`."""

import time
from typing import Any, ClassVar

import numpy as np

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import (
    AnyDataType,
    Boolean,
    Category,
    Image,
    Number,
    OutputFormat,
    Text,
    Vector,
)
from taxiway.latent.sample import z_of_seed

Picture = np.ndarray[Any, Any]


def lit(z: Picture, size: int) -> Picture:
    """A gradient whose colours follow the means of four stretches of z."""
    means = np.clip(0.5 + z.reshape(4, -1).mean(1) * 2, 0, 1)
    ramp = np.linspace(0, 1, size, dtype=np.float32)
    red = means[0] * (1 - ramp[None, :]) + means[1] * ramp[None, :]
    green = means[2] * (1 - ramp[:, None]) + means[3] * ramp[:, None]
    blue = np.full((size, size), 0.4, np.float32)
    return (np.stack(np.broadcast_arrays(red, green, blue), -1) * 255).astype(np.uint8)


class Lantern:
    """z in, a gradient out, after `delay` seconds."""

    options: ClassVar[dict[str, AnyDataType]] = {"delay": Number(default=0.0)}
    facts: ClassVar[dict[str, Any]] = {
        "device": "cpu",
        "backend": "numpy",
        "precision": "float32",
        "threads": 1,
        "left_out": {"lamps": "lamps failed: it is too dark."},
    }
    commands: ClassVar[dict[str, Command]] = {
        "generate": Command(
            name="generate",
            inputs={
                "z": Vector(length=512, sampling_std=0.5),
                "truncation": Number(default=0.8, min=0, max=1, step=0.01),
                "seed": Number(default=None, optional=True, whole=True, min=0, max=2**32 - 1),
                "size": Number(default=64, whole=True, min=16, max=512),
                "label": Number(default=None, optional=True, whole=True),
                "noise_mode": Category(one_of=("const", "random", "none")),
                "mirrored": Boolean(),
                "words": Text(default="it's night"),
                "wick_turn": Number(default=0, min=-180, max=180, group="Wick"),
                "wick_height": Number(default=1, min=0, max=2, group="Wick"),
                "format": OutputFormat(),
            },
            outputs={"image": Image()},
            max_batch=8,
            needs_one_of=("z", "seed"),
        )
    }

    def setup(self, device: str, options: Values) -> None:
        self.delay = options["delay"]

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        time.sleep(self.delay)
        return [{"image": self._draw(call)} for call in batch]

    def _draw(self, call: Values) -> Picture:
        z = call["z"] if call["z"] is not None else z_of_seed(call["seed"])
        picture = lit(z * call["truncation"], call["size"])
        return picture[:, ::-1] if call["mirrored"] else picture


class Glass(Lantern):
    """Its left half is clear."""

    def _draw(self, call: Values) -> Picture:
        opacity = np.full((call["size"], call["size"], 1), 255, np.uint8)
        opacity[:, : call["size"] // 2] = 0
        return np.concatenate([super()._draw(call), opacity], axis=2)


class Unlit(Lantern):
    """Cannot be set up."""

    def setup(self, device: str, options: Values) -> None:
        raise RuntimeError("There is no oil.")
