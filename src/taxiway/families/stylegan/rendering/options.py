"""How pictures are made of latents: each input declared once, for queries, tools and commands."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from msgspec import UNSET, Struct
from msgspec.structs import replace

from taxiway.checkpoint.contents import picture_size
from taxiway.core.command import Command
from taxiway.core.datatypes import (
    AnyDataType,
    AnyType,
    Category,
    Image,
    Number,
    OutputFormat,
    Text,
    Vector,
)
from taxiway.core.errors import InvalidArgument
from taxiway.families.stylegan.bending.live import LiveBend, bend_inputs
from taxiway.latent.inputs import TRUNCATION, latent_inputs
from taxiway.latent.sample import z_of_seed
from taxiway.latent.space import Array, Latent

Noise = Literal["const", "random", "none"]
Preview = Literal["auto", "on", "off"]
USUAL = 0.8
"""The truncation of a z that says nothing of it, and for which nothing is said."""
MAX_BATCH = 8
CLASS = "class"
"""The centre of truncation that each class has of its own."""

NOISE_MODE = Category(one_of=("const", "random", "none"))
PREVIEW = Category(
    one_of=("auto", "on", "off"),
    description="Pictures of an earlier block, sooner: auto while a slow model's controls move.",
)
LABEL = Number(default=0, whole=True, min=0, description="Class; 0 unless another is named.")
PLACE: dict[str, AnyDataType] = {
    "x": Number(default=0, min=-1, max=1, step=0.01, description="Shift, in widths."),
    "y": Number(default=0, min=-1, max=1, step=0.01, description="Shift, in heights."),
    "rotation": Number(
        default=0, min=-180, max=180, step=1, description="Degrees, counter-clockwise."
    ),
}
"""Where the picture of a StyleGAN3 lies."""


class RenderOptions(Struct, frozen=True, kw_only=True):
    """How pictures are made of latents, under the names of a query's inputs.

    `truncation` None is what the latent itself says, or 0.8; a w had its own already and is used
    as it is. `cutoff` is how many layers are truncated, None all; `centre` a w [w_dim] to go to
    or several [K, w_dim], of which the nearest counts, CLASS the middle of the class, None the
    average. `classes` [c_dim] weighs
    the classes, instead of one `label`. `x` and `y` (in widths
    and heights) and `rotation` (degrees) move the picture of a StyleGAN3. `directions` are steps
    along a renderer's directions, by name. `bend` is what a model that is played
    does to one layer; with its `preview` on pictures are of an earlier block, enlarged.
    """

    truncation: float | None = None
    cutoff: int | None = None
    centre: Array | str | None = None
    label: int | None = None
    classes: Array | None = None
    noise_mode: Noise = "const"
    x: float = 0.0
    y: float = 0.0
    rotation: float = 0.0
    directions: dict[str, float] = {}
    bend: LiveBend = LiveBend()
    preview: Preview = "auto"

    @classmethod
    def of(cls, inputs: Mapping[str, Any], directions: Iterable[str] = ()) -> "RenderOptions":
        """The options among a call's decoded inputs; what is not among them is as usual."""
        given = {name: inputs[name] for name in cls.__struct_fields__ if name in inputs}
        moved = {name: inputs[name] for name in directions if inputs.get(name)}
        return cls(**given, directions=moved, bend=LiveBend.of(inputs))

    def truncation_of(self, latent: Latent) -> float:
        """The truncation that a z gets."""
        given = (self.truncation, latent.truncation)
        return next((value for value in given if value is not None), USUAL)

    @property
    def look(self) -> tuple[Any, ...]:
        """What has to be the same for latents to be synthesized together."""
        return self.noise_mode, self.x, self.y, self.rotation, self.bend.acts_on, self.preview

    def as_inputs(self) -> dict[str, Any]:
        """What differs from the defaults, as the inputs of a query; the centre is no such input."""
        plain = [
            name
            for name in self.__struct_fields__
            if name not in ("centre", "classes", "directions", "bend", "preview")
        ]
        usual = RenderOptions()
        changed = {name: getattr(self, name) for name in plain}
        told = {n: v for n, v in changed.items() if v != getattr(usual, n)} | self.directions
        return told if self.classes is None else {**told, "classes": self.classes.tolist()}


def render_inputs() -> dict[str, AnyDataType]:
    """The inputs of a tool from which `RenderOptions` are read, all with a default."""
    return {
        "truncation": replace(
            TRUNCATION, default=None, optional=True, description="psi, for z; else 0.8."
        ),
        "cutoff": Number(
            default=None, optional=True, whole=True, min=0, description="Layers truncated."
        ),
        "centre": AnyType(
            optional=True,
            description="Truncate towards this w, the nearest of several, or class: its own.",
        ),
        "label": replace(LABEL, default=None, optional=True),
        "classes": Text(description="Weights of classes, to mix them: 0:0.7,3:0.3"),
        "noise_mode": NOISE_MODE,
        **PLACE,
    }


def generate_command(
    family: str,
    config: Mapping[str, Any],
    directions: Iterable[str] = (),
    layers: Sequence[str] = (),
    previews: bool = False,
) -> Command:
    """The command of a generator: Runway's names, then what its network and directions add.

    `config` is the checkpoint's, `layers` those that may be bent; `previews` says whether its
    pictures can be small ones. Raises InvalidArgument for a direction named as an input is.
    """
    height, width = picture_size(config)
    channels: Literal[3, 4] = 4 if config["img_channels"] == 4 else 3
    inputs = latent_inputs(config["z_dim"])
    if config["num_ws"]:
        inputs["w"] = Vector(
            length=config["w_dim"],
            rows=config["num_ws"],
            optional=True,
            description="Used as it is, instead of z; one row, or one per layer.",
        )
    else:
        del inputs["truncation"]  # there is no w to pull
    if config["c_dim"]:
        names = tuple(config.get("classes", ())) or UNSET
        inputs["label"] = replace(LABEL, max=config["c_dim"] - 1, names=names)
        inputs["classes"] = Vector(
            length=config["c_dim"],
            optional=True,
            description="Weights of the classes, to mix them; where all are 0, the label counts.",
        )
    if family == "stylegan3":
        inputs |= PLACE
    elif has_noise(family, config):
        inputs["noise_mode"] = NOISE_MODE
    for name in directions:
        if name in inputs:
            raise InvalidArgument(f"A direction cannot be called '{name}', as an input is.")
        inputs[name] = Number(
            default=0, min=-3, max=3, step=0.05, description="Steps along this direction of w."
        )
    if previews:
        inputs["preview"] = PREVIEW
    inputs |= bend_inputs(layers) if layers else {}
    inputs["format"] = OutputFormat()
    return Command(
        name="generate",
        description="Make the picture that z stands for.",
        inputs=inputs,
        outputs={"image": Image(width=width, height=height, channels=channels)},
        max_batch=MAX_BATCH,
        needs_one_of=tuple(name for name in ("z", "seed", "w") if name in inputs),
    )


def map_command(generate: Command) -> Command | None:
    """The command that gives the w+ of z, for a generator with w; of `generate` its inputs."""
    w = generate.inputs.get("w")
    if not isinstance(w, Vector):
        return None
    names = ("z", "truncation", "seed", "label", "classes")
    return Command(
        name="map",
        description="The w of every layer that z stands for, truncated.",
        inputs={name: generate.inputs[name] for name in names if name in generate.inputs},
        outputs={"w": replace(w, optional=UNSET, description=None)},
        max_batch=MAX_BATCH,
        needs_one_of=("z", "seed"),
    )


def has_noise(family: str, config: Mapping[str, Any]) -> bool:
    """Whether noise is added to what layers give."""
    if family == "stylegan2":
        return any(layer.get("use_noise") for layer in config["layers"].values())
    return family == "stylegan1" or (family == "fastgan" and not config["lite"])


def latent_of(inputs: Mapping[str, Any], z_dim: int) -> Latent:
    """The latent of a query: its w or w+, its z, or the z of its seed."""
    w = inputs.get("w")
    if w is not None:
        return Latent(space="w" if w.ndim == 1 else "w+", numbers=w)
    z = z_of_seed(inputs["seed"], z_dim) if inputs["z"] is None else inputs["z"]
    return Latent(space="z", numbers=np.asarray(z, np.float32), seed=inputs["seed"])
