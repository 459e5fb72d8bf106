"""Small networks with random weights, written to files as other people's programs write them."""

import re
from typing import Any

import numpy as np

from pickles import Call, Name, New, Writer, ordered, tensor
from taxiway.checkpoint import Checkpoint
from taxiway.checkpoint.shapes import stylegan2_blocks

TEXT = "raise RuntimeError('a checkpoint reader executed code embedded in the file')\n"
BUFFERS = ("w_avg", "noise_const", "resample_filter", "freqs", "phases", "transform", "_ema", "r")
SIZES = ("in_size", "out_size")
Shapes = dict[str, tuple[int, ...]]


def small_stylegan2(
    blocks: int = 3,
    architecture: str = "skip",
    depth: int = 2,
    const: tuple[int, int] = (4, 4),
    labels: int = 0,
    width: int = 8,
    channels: int | list[int] = 4,
    use_noise: bool = True,
    pictures: int = 3,
) -> Checkpoint:
    """A StyleGAN2 of `blocks` blocks, all with the same number of channels if only one is given."""
    plan = channels if isinstance(channels, list) else [channels] * blocks
    shapes: Shapes = {"mapping.w_avg": (width,), "synthesis.b4.const": (plan[0], *const)}
    shapes |= dense("mapping.embed", labels, width) if labels else {}
    for i in range(depth):
        shapes |= dense(f"mapping.fc{i}", (2 if labels and not i else 1) * width, width)
    layers: dict[str, Any] = {}
    for index, outputs in enumerate(plan):
        size = (const[0] << index, const[1] << index)
        block = block_layers(index, index == blocks - 1, architecture, use_noise)
        layers |= block
        for name in block:
            inputs = plan[max(index - 1, 0)] if name.endswith(("conv0", "skip")) else outputs
            shapes |= layer_shapes(name, width, inputs, outputs, size if use_noise else None)
            if name.endswith("torgb"):
                shapes |= convolution(f"synthesis.{name}", width, outputs, pictures, 1)
    config = {
        "z_dim": width,
        "w_dim": width,
        "c_dim": labels,
        "img_channels": pictures,
        "img_resolution": [size << (blocks - 1) for size in const],
        "num_ws": 2 * blocks,
        "architecture": architecture,
        "mapping": {
            "num_layers": depth,
            "activation": "lrelu",
            "lr_multiplier": 0.01,
            "w_avg_beta": 0.995,
            **({"embed_lr_multiplier": 1.0} if labels else {}),
        },
        "resample_filter": [1, 3, 3, 1],
        "layers": layers,
    }
    draw = np.random.default_rng(0)
    tensors = {
        name: np.asarray(draw.standard_normal(shape, np.float32)) for name, shape in shapes.items()
    }
    return Checkpoint("stylegan2", config, tensors, {})


def block_layers(index: int, last: bool, architecture: str, use_noise: bool) -> dict[str, Any]:
    """The layers of one block as a config has them."""
    block = f"b{4 << index}"
    conv = {"conv_clamp": 256.0, "activation": "lrelu", "act_gain": 2**0.5, "use_noise": use_noise}
    layers: dict[str, Any] = {f"{block}.conv0": {"up": 2, **conv}} if index else {}
    layers[f"{block}.conv1"] = {"up": 1, **conv}
    if architecture == "skip" or last:
        layers[f"{block}.torgb"] = {"conv_clamp": 256.0}
    if architecture == "resnet" and index:
        layers[f"{block}.skip"] = {}
    return layers


def layer_shapes(
    name: str, width: int, inputs: int, outputs: int, noise: tuple[int, int] | None
) -> Shapes:
    """The tensors of one layer."""
    path = f"synthesis.{name}"
    if name.endswith("skip"):
        return {f"{path}.weight": (outputs, inputs, 1, 1)}
    if name.endswith("torgb"):
        return convolution(path, width, outputs, 3, 1)
    companions: Shapes = (
        {f"{path}.noise_const": noise, f"{path}.noise_strength": ()} if noise else {}
    )
    return convolution(path, width, inputs, outputs, 3) | companions


def dense(path: str, inputs: int, outputs: int) -> Shapes:
    return {f"{path}.weight": (outputs, inputs), f"{path}.bias": (outputs,)}


def convolution(path: str, width: int, inputs: int, outputs: int, kernel: int) -> Shapes:
    shapes = dense(f"{path}.affine", width, inputs)
    return {
        **shapes,
        f"{path}.weight": (outputs, inputs, kernel, kernel),
        f"{path}.bias": (outputs,),
    }


def nvidia_pickle(checkpoint: Checkpoint, protocol: int = 4, **others: Any) -> bytes:
    """A snapshot as StyleGAN2-ADA-PyTorch and StyleGAN3 write it, with nothing but `G_ema`."""
    return Writer(protocol).dump({"G_ema": nvidia_generator(checkpoint), **others})


def nvidia_generator(checkpoint: Checkpoint, wrap: Any = tensor) -> Call:
    """The persistent Generator of a checkpoint; `wrap` turns an array into a pickled tensor."""
    tensors = dict(checkpoint.tensors)
    if checkpoint.family == "stylegan2":
        taps = np.array(checkpoint.config["resample_filter"], np.float32)
        kernel = np.outer(taps, taps) / taps.sum() ** 2
        for block in stylegan2_blocks(checkpoint.config):
            tensors[f"synthesis.{block}.resample_filter"] = kernel
    return module("", tensors, recorded(checkpoint), wrap)


def module(path: str, tensors: dict[str, Any], attributes: dict[str, Any], wrap: Any) -> Call:
    """One persistent object of the tree that dotted names make."""
    start = f"{path}." if path else ""
    inside = {
        name[len(start) :]: array for name, array in tensors.items() if name.startswith(start)
    }
    parts: dict[str, dict[str, Any]] = {"_parameters": {}, "_buffers": {}, "_modules": {}}
    for name, array in inside.items():
        child, dot, _ = name.partition(".")
        if dot:
            continue
        is_buffer = child.endswith(BUFFERS)
        value = wrap(array)
        if not is_buffer:
            value = Call(Name("torch._utils._rebuild_parameter"), (value, False, ordered()))
        parts["_buffers" if is_buffer else "_parameters"][child] = value
    for child in dict.fromkeys(name.partition(".")[0] for name in inside if "." in name):
        parts["_modules"][child] = module(f"{start}{child}", tensors, attributes, wrap)
    return persistent(class_of(path), {"training": False, **parts, **attributes.get(path, {})})


CLASSES = {
    "": "Generator",
    "mapping": "MappingNetwork",
    "synthesis": "SynthesisNetwork",
    r".*(fc\d+|embed|affine)": "FullyConnectedLayer",
    r".*torgb": "ToRGBLayer",
    r".*skip": "Conv2dLayer",
    r".*input": "SynthesisInput",
    r".*\.b\d+": "SynthesisBlock",
}


def class_of(path: str) -> str:
    """The name that a layer's class has in genuine files."""
    found = (kind for pattern, kind in CLASSES.items() if re.fullmatch(pattern, path))
    return next(found, "SynthesisLayer")


def persistent(name: str, state: dict[str, Any], text: str = TEXT) -> Call:
    """An object as NVIDIA's persistence pickles it."""
    meta = {"type": "class", "version": 6, "module_src": text, "class_name": name, "state": state}
    return Call(Name("torch_utils.persistence._reconstruct_persistent_obj"), (meta,))


def recorded(checkpoint: Checkpoint) -> dict[str, dict[str, Any]]:
    """The plain attributes of every layer that has some, by path."""
    config = checkpoint.config
    mapping = config["mapping"]
    top = {key: config[key] for key in ("z_dim", "w_dim", "c_dim", "img_channels", "num_ws")}
    layer = {"activation": mapping["activation"], "bias_gain": mapping["lr_multiplier"]}
    found: dict[str, dict[str, Any]] = {
        "": {**top, "_init_kwargs": New(Name("dnnlib.util.EasyDict"), dict(top))},
        "mapping": {key: mapping[key] for key in ("num_layers", "w_avg_beta")},
        "mapping.fc0": layer,
        "mapping.embed": {"bias_gain": 1},
    }
    if checkpoint.family == "stylegan2":
        for block in stylegan2_blocks(config):
            found[f"synthesis.{block}"] = {"architecture": config["architecture"]}
        return found | {f"synthesis.{name}": dict(v) for name, v in config["layers"].items()}
    first = config["input"]
    found["synthesis"] = {"output_scale": config["output_scale"]}
    found["synthesis.input"] = {**first, "size": np.array(first["size"])}
    return found | {f"synthesis.{v['name']}": stylegan3_layer(v) for v in config["layers"]}


def stylegan3_layer(layer: dict[str, Any]) -> dict[str, Any]:
    """A layer's attributes as StyleGAN3 records them: sizes as arrays, taps instead of a size."""
    state = {key: np.array(layer[key]) if key in SIZES else layer[key] for key in layer}
    for end in ("up", "down"):
        factor = layer[f"{end}_factor"]
        state[f"{end}_taps"] = layer["filter_size"] * factor if factor > 1 else 1
    del state["name"]
    return {**state, "down_radial": layer["use_radial_filters"]}
