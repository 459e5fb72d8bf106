"""A generator as one ONNX model, from z or ws to pictures, for whoever runs such models.

It is written from the very graphs that the backends compute. Classes and the noise's seed are
inputs where the network has them. Another seed moves the noise of each layer around its edges by
steps of its own: the same numbers in every runtime, of which none draws as another does.
"""

import json
from collections.abc import Mapping, Sequence
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from taxiway.backends import Unsupported
from taxiway.backends.onnxruntime.operations import OnnxNode, OnnxOperations
from taxiway.checkpoint import Checkpoint
from taxiway.checkpoint.contents import picture_size
from taxiway.families.stylegan.networks.graphs import graphs_of

if TYPE_CHECKING:
    from taxiway.catalog.catalog import Card


PERIOD = 2887
"""A prime; seeds that far apart give the same noise.

Twice its square is below 2 ** 24, since OpenVINO computes whole numbers in float32.
"""
STEPS = np.random.default_rng(0).integers(1, PERIOD, (64, 2, 2))
"""How far a seed and its square move the noise of each layer, down and to the right."""
CARD = ("name", "title", "summary", "description", "licence", "made", "data", "metrics", "limits")
"""What goes along of a model's card."""
HALVED = 1024
"""Numbers from which on it is worth writing them in float16."""


def onnx_model(
    checkpoint: Checkpoint,
    facts: Mapping[str, str],
    entry: str = "z",
    pixels: str = "uint8",
    dtype: str = "float32",
) -> bytes:
    """The whole file. Raises Unsupported for noise that has no order.

    Inputs are z float32 [N, z_dim] and truncation float32 [1], or ws float32 [N, num_ws, w_dim];
    class int32 [N] where there are classes (any other number: none), and seed int32 [1] below
    2 ** 24 where there is noise (0: the network's own). Outputs are image, uint8 [N, H, W, C] or
    float32 [N, C, H, W] of about -1..1, and from z also the ws that it was made of. `facts` are the
    file's metadata; in `dtype` "float16" the weights take half the room, and are computed with in
    float32.
    """
    synthesis, mapping = graphs_of(checkpoint)
    assert synthesis.operations is not None
    assert mapping.operations is not None
    config = checkpoint.config
    ops = GeneratorOperations(checkpoint, pixels, dtype)
    height, width = picture_size(config)
    sides = [height, width, config["img_channels"]]
    kinds: dict[str, Any] = {
        "image": (pixels, ["batch", *(sides if pixels == "uint8" else [sides[2], *sides[:2]])])
    }
    outputs: dict[str, OnnxNode] = {}
    if entry == "z":
        w = mapping.operations(ops)["w"]
        rows = ops.truncated(w) if config["num_ws"] else ops.node("Unsqueeze", w, ops.integers(1))
        outputs["ws"] = ops.known["ws"] = rows
        width = config["w_dim"] or config["z_dim"] + config["c_dim"]
        kinds["ws"] = ("float32", ["batch", config["num_ws"] or 1, width])
    has_planes = any(name.endswith(".noise_const") for name in checkpoint.tensors)
    mode = "random" if has_planes else "const"
    outputs = synthesis.operations(ops, noise_mode=mode) | outputs
    return ops.file(outputs, kinds, checkpoint.family, facts)


class GeneratorOperations(OnnxOperations):
    """What both networks take is worked out from the model's own inputs."""

    def __init__(self, checkpoint: Checkpoint, pixels: str, dtype: str) -> None:
        super().__init__()
        self.config, self.tensors = checkpoint.config, checkpoint.tensors
        self.pixels, self.dtype = pixels, dtype
        self.known: dict[str, OnnxNode] = {}
        self.planes = planes(checkpoint)

    def input(self, name: str, shape: Sequence[int]) -> OnnxNode:
        if name == "c" and name not in self.known:
            self.known["c"] = self.labels(shape[0])
        if name == "transform":  # a StyleGAN3's own
            return self.array(np.zeros((1, *shape), np.float32))
        return self.known.get(name) or super().input(name, shape)

    def labels(self, count: int) -> OnnxNode:
        """c [N, count] of the input `class`: 1 at its number, 0 elsewhere."""
        self.inputs["class"] = ("int32", ["batch"])
        given = self.node("Unsqueeze", OnnxNode("class", 1), self.integers(1))  # [N, 1]
        all_of_them = self.array(np.arange(count, dtype=np.int32)[None])
        return self.node("Cast", self.node("Equal", given, all_of_them), to=1)

    def truncated(self, w: OnnxNode) -> OnnxNode:
        """ws [N, num_ws, w_dim] of w [N, w_dim], pulled towards its centre by `truncation`."""
        rows, cutoff = self.config["num_ws"], self.config.get("truncation_cutoff")
        pulled = np.arange(rows) < (rows if cutoff is None else cutoff)
        self.inputs["truncation"] = ("float32", [1])
        less = self.add(OnnxNode("truncation", 1), self.const(-1))  # [1]
        factor = self.add(self.mul(self.const(pulled[None, :, None]), less), self.const(1))
        if "mapping.class_w_avg" in self.tensors:  # StyleGAN-XL: each class has one of its own
            centre = self.matmul(self.known["c"], self.const(self.tensors["mapping.class_w_avg"]))
        else:
            centre = self.const(self.tensors["mapping.w_avg"][None])
        away = self.add(w, self.mul(centre, self.const(-1)))  # [N, w_dim]
        wide = self.mul(self.node("Unsqueeze", away, self.integers(1)), factor)
        return self.add(self.node("Unsqueeze", centre, self.integers(1)), wide)

    def normal(self, shape: Sequence[int]) -> OnnxNode:
        """The next layer's own noise [1, 1, H, W], moved by the seed."""
        index, plane = next(self.planes)
        if plane.shape != tuple(shape[1:]):
            raise Unsupported("The noise of these layers has no order that can be written as ONNX.")
        moved = super().const(plane[None, None])
        for axis, size in enumerate(plane.shape):
            places = self.add(self.array(np.arange(size, dtype=np.int32)), self.moved(index, axis))
            places = self.node("Mod", places, self.array(np.array([size], np.int32)))
            moved = self.node("Gather", moved, places, channels=1, axis=axis + 2)
        return moved

    def moved(self, layer: int, axis: int) -> OnnxNode:
        """By how many pixels, [1], below PERIOD."""
        prime, *steps = (self.array(np.array([n], np.int32)) for n in (PERIOD, *STEPS[layer, axis]))
        if "seed" not in self.inputs:
            self.inputs["seed"] = ("int32", [1])
            seed = self.node("Mod", OnnxNode("seed", 1), prime)
            square = self.node("Mod", self.mul(seed, seed), prime)
            self.known |= {"seed": seed, "square": square}
        parts = [self.mul(self.known[n], s) for n, s in zip(("seed", "square"), steps, strict=True)]
        return self.node("Mod", self.add(*parts), prime)

    def const(self, value: npt.ArrayLike) -> OnnxNode:
        array = np.asarray(value, np.float32)
        half = self.dtype == "float16" and array.size >= HALVED
        if not half or np.abs(array).max() > np.finfo(np.float16).max:
            return super().const(array)
        stored = self.array(array.astype(np.float16))
        cast = self.node("Cast", stored, to=1)
        return OnnxNode(cast.name, stored.channels, stored.rows)

    def levels(self, x: OnnxNode) -> OnnxNode:
        return super().levels(x) if self.pixels == "uint8" else x


def facts_of(checkpoint: Checkpoint, card: "Card | None" = None) -> dict[str, str]:
    """A file's metadata: what the network is, where it comes from, and its card if it has one."""
    config, source = checkpoint.config, checkpoint.source
    height, width = picture_size(config)
    facts = {
        "taxiway": metadata.version("taxiway"),
        "title": card.title if card else "",
        "licence": card.licence if card else "",
        "card": said(card) if card else "",
        "family": checkpoint.family,
        "picture": f"{width} x {height} x {config['img_channels']}",
        **{name: str(config[name]) for name in ("z_dim", "w_dim", "num_ws", "c_dim")},
        "classes": json.dumps(config["classes"]) if config.get("classes") else "",
        "made_from": json.dumps({key: source[key] for key in ("format", "sha256")}),
    }
    return {name: value for name, value in facts.items() if value}


def said(card: "Card") -> str:
    """What a card says of a model, as JSON."""
    facts = {name: getattr(card, name) for name in CARD}
    return json.dumps({name: value for name, value in facts.items() if value})


def planes(checkpoint: Checkpoint) -> Any:
    """The noise of each layer that has some, from coarse to fine, with the layer's number."""
    layers = checkpoint.config.get("layers", {})
    end = ".noise_const"
    found = {
        name: array
        for name, array in checkpoint.tensors.items()
        if name.endswith(end)
        and layers.get(name.removeprefix("synthesis.").removesuffix(end), {}).get("use_noise", True)
    }
    order = sorted(found, key=lambda name: (found[name].shape, name))
    return enumerate(np.asarray(found[name], np.float32) for name in order)
