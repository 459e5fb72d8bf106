"""Small networks with random weights, written to files as other people's programs write them."""

from typing import Any

import numpy as np

from pickles import Call, Name, New, Writer, ordered, tensor
from taxiway.networks.checkpoint import Checkpoint
from taxiway.networks.checkpoint.shapes import stylegan2_blocks

TEXT = "raise RuntimeError('a checkpoint reader executed code embedded in the file')\n"
BUFFERS = ("w_avg", "noise_const", "resample_filter", "freqs", "phases", "transform", "_ema", "r")
SIZES = ("in_size", "out_size")


def small_stylegan2(
    blocks: int = 3,
    architecture: str = "skip",
    depth: int = 2,
    const: tuple[int, int] = (4, 4),
    labels: int = 0,
    width: int = 8,
    channels: int = 4,
    use_noise: bool = True,
    seed: int = 0,
) -> Checkpoint:
    """A StyleGAN2 of `blocks` blocks that all have the same number of channels."""
    draw = np.random.default_rng(seed)
    sizes = [4 << index for index in range(blocks)]
    conv = {"conv_clamp": 256.0, "activation": "lrelu", "act_gain": 2**0.5, "use_noise": use_noise}
    shapes: dict[str, tuple[int, ...]] = {"mapping.w_avg": (width,)}
    shapes |= {"synthesis.b4.const": (channels, *const)}
    if labels:
        shapes |= dense("mapping.embed", labels, width)
    for i in range(depth):
        shapes |= dense(f"mapping.fc{i}", (2 if labels and not i else 1) * width, width)
    layers: dict[str, Any] = {}
    for index, size in enumerate(sizes):
        block = f"synthesis.b{size}"
        for layer in ("conv0", "conv1")[index == 0 :]:
            layers[f"b{size}.{layer}"] = {"up": 2 if layer == "conv0" else 1, **conv}
            shapes |= convolution(f"{block}.{layer}", width, channels, channels, 3)
            if use_noise:
                noise = (const[0] << index, const[1] << index)
                shapes |= {f"{block}.{layer}.noise_const": noise}
                shapes |= {f"{block}.{layer}.noise_strength": ()}
        if architecture == "skip" or size == sizes[-1]:
            layers[f"b{size}.torgb"] = {"conv_clamp": 256.0}
            shapes |= convolution(f"{block}.torgb", width, channels, 3, 1)
        if architecture == "resnet" and index:
            layers[f"b{size}.skip"] = {}
            shapes |= {f"{block}.skip.weight": (channels, channels, 1, 1)}
    config = {
        "z_dim": width,
        "w_dim": width,
        "c_dim": labels,
        "img_channels": 3,
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
    tensors = {name: draw.standard_normal(shape, np.float32) for name, shape in shapes.items()}
    tensors = {name: np.asarray(array) for name, array in tensors.items()}
    return Checkpoint("stylegan2", config, tensors, {})


def dense(path: str, inputs: int, outputs: int) -> dict[str, tuple[int, ...]]:
    return {f"{path}.weight": (outputs, inputs), f"{path}.bias": (outputs,)}


def convolution(
    path: str, width: int, inputs: int, outputs: int, kernel: int
) -> dict[str, tuple[int, ...]]:
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
    return persistent("Layer", {"training": False, **parts, **attributes.get(path, {})})


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
    return {**state, "down_radial": layer["use_radial_filters"]}
