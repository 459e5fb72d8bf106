"""Which tensors a config calls for, and whether those of a checkpoint are they."""

from collections.abc import Mapping
from typing import Any

from taxiway.checkpoint.limits import Broken
from taxiway.checkpoint.tensors import Array

Shape = tuple[int, ...]
Config = Mapping[str, Any]
Tensors = Mapping[str, Array]


def fit(family: str, config: Config, tensors: Tensors) -> tuple[dict[str, Array], list[str]]:
    """The tensors that the network has, and the names of those it has no use for.

    Raises Broken if one is missing, has another shape than its neighbours call for, or holds
    something else than floating point numbers.
    """
    shapes = {} if family == "fastgan" else mapping_shapes(config, tensors)
    shapes |= SYNTHESIS[family](config, tensors)
    compare(shapes, tensors)
    kept = {name: array for name, array in tensors.items() if name in shapes}
    unused = [name for name in tensors if name not in shapes]
    return kept, unused


def compare(shapes: Mapping[str, Shape], tensors: Tensors) -> None:
    """Raise Broken unless each tensor is there, in its shape, of floating point numbers."""
    for name, shape in shapes.items():
        if shape_of(tensors, name, len(shape)) != shape:
            found = list(tensors[name].shape)
            raise Broken(f"has '{name}' in shape {found} where {list(shape)} fits")
        if tensors[name].dtype.kind != "f":
            raise Broken(f"has numbers of type {tensors[name].dtype} as '{name}'")


def mapping_shapes(config: Config, tensors: Tensors) -> dict[str, Shape]:
    """Shapes of the mapping network's tensors; its inner widths are its own choice."""
    shapes: dict[str, Shape] = {"mapping.w_avg": (config["w_dim"],)}
    if config["mapping"].get("class_centres"):
        shapes["mapping.class_w_avg"] = (config["c_dim"], config["w_dim"])
    inputs = config["z_dim"]
    if config["c_dim"]:
        features = _length(tensors, "mapping.embed.bias")
        shapes |= _dense("mapping.embed", config["c_dim"], features)
        inputs += features
    last = config["mapping"]["num_layers"] - 1
    for i in range(last + 1):
        outputs = config["w_dim"] if i == last else _length(tensors, f"mapping.fc{i}.bias")
        shapes |= _dense(f"mapping.fc{i}", inputs, outputs)
        inputs = outputs
    return shapes


def stylegan2_shapes(config: Config, tensors: Tensors) -> dict[str, Shape]:
    """Shapes of a StyleGAN2 synthesis network's tensors; channels are the tensors' own."""
    shapes: dict[str, Shape] = {}
    blocks = stylegan2_blocks(config)
    scale = 1 << (len(blocks) - 1)
    height, width = (size // scale for size in config["img_resolution"])
    inputs = _length(tensors, "synthesis.b4.conv1.bias")
    shapes["synthesis.b4.const"] = (inputs, height, width)
    for index, block in enumerate(blocks):
        path, size = f"synthesis.{block}", (height << index, width << index)
        outputs = _length(tensors, f"{path}.conv1.bias")
        layers = {name.split(".")[1] for name in config["layers"] if name.startswith(f"{block}.")}
        if "conv0" in layers:
            shapes |= _styled(config, f"{block}.conv0", inputs, outputs, size)
        shapes |= _styled(config, f"{block}.conv1", outputs, outputs, size)
        if "torgb" in layers:
            shapes |= _convolution(config, f"{path}.torgb", outputs, config["img_channels"], 1)
        if "skip" in layers:
            shapes[f"{path}.skip.weight"] = (outputs, inputs, 1, 1)
        inputs = outputs
    if config.get("upscaler"):
        shapes |= upscaler_shapes(config["img_channels"], **config["upscaler"])
    return shapes


def upscaler_shapes(channels: int, width: int, deep: int, depth: int) -> dict[str, Shape]:
    """Shapes of an upscaler's tensors."""
    convolutions = {
        "first": (width, channels),
        "down": (deep, width),
        **{f"pairs.{i}": (deep, deep) for i in range(2 * depth)},
        "up": (4 * width, deep),
        "middle": (2 * width, width),
        "last": (4 * channels, width // 2),
    }
    shapes: dict[str, Shape] = {}
    for name, (outputs, inputs) in convolutions.items():
        shapes[f"synthesis.upscaler.{name}.weight"] = (outputs, inputs, 3, 3)
        shapes[f"synthesis.upscaler.{name}.bias"] = (outputs,)
    return shapes


def stylegan2_blocks(config: Config) -> list[str]:
    """The block names, b4 first, that the layers of a config belong to."""
    names = {name.split(".")[0] for name in config["layers"]}
    return sorted(names, key=lambda name: int(name[1:]))


def stylegan1_shapes(config: Config, tensors: Tensors) -> dict[str, Shape]:
    """Shapes of a StyleGAN1 synthesis network's tensors; channels are the tensors' own."""
    shapes: dict[str, Shape] = {}
    inputs, blocks = 0, config["num_ws"] // 2
    shown = blocks - 1 - int(config.get("lod", 0))
    fades = config.get("lod", 0) % 1 > 0
    for index in range(blocks):
        path, size = f"synthesis.b{4 << index}", 4 << index
        outputs = _length(tensors, f"{path}.conv1.bias")
        if not index:
            shapes[f"{path}.const"] = (outputs, 4, 4)
        for layer, enters in (("conv0", inputs), ("conv1", outputs)):
            shapes |= _dense(f"{path}.{layer}.affine", config["w_dim"], 2 * outputs)
            shapes[f"{path}.{layer}.bias"] = shapes[f"{path}.{layer}.noise_strength"] = (outputs,)
            shapes[f"{path}.{layer}.noise_const"] = (size, size)
            if enters:
                shapes[f"{path}.{layer}.weight"] = (outputs, enters, 3, 3)
        if index == shown or (fades and index == shown - 1):
            shapes[f"{path}.torgb.weight"] = (config["img_channels"], outputs, 1, 1)
            shapes[f"{path}.torgb.bias"] = (config["img_channels"],)
        inputs = outputs
    return shapes


def stylegan3_shapes(config: Config, tensors: Tensors) -> dict[str, Shape]:
    """Shapes of a StyleGAN3 synthesis network's tensors, its filters included."""
    inputs = config["input"]["channels"]
    path = "synthesis.input"
    shapes: dict[str, Shape] = {
        f"{path}.weight": (inputs, inputs),
        f"{path}.freqs": (inputs, 2),
        f"{path}.phases": (inputs,),
        f"{path}.transform": (3, 3),
    }
    shapes |= _dense(f"{path}.affine", config["w_dim"], 4)
    for layer in config["layers"]:
        path, outputs = f"synthesis.{layer['name']}", layer["out_channels"]
        if layer["in_channels"] != inputs:
            raise Broken(f"has a layer '{layer['name']}' that does not fit the one before it")
        shapes |= _convolution(config, path, inputs, outputs, layer["conv_kernel"])
        shapes[f"{path}.magnitude_ema"] = ()
        shapes |= _filters(path, layer)
        inputs = outputs
    return shapes


def is_filter(config: Config, name: str) -> bool:
    """Whether a tensor is one of a StyleGAN2's filters, which its config has as taps."""
    path = name.removesuffix(".resample_filter").removeprefix("synthesis.")
    if path == name or "resample_filter" not in config:
        return False
    return path in config["layers"] or f"{path}.conv1" in config["layers"]


EXCITED = {64: 4, 128: 8, 256: 16, 512: 32}
"""Sizes of a FastGAN whose channels are weighed by what those of a smaller size say."""


def fastgan_shapes(config: Config, tensors: Tensors) -> dict[str, Shape]:
    """Shapes of a FastGAN's tensors; channels are the tensors' own, halved by each gate."""
    outputs: dict[int, int] = {}
    shapes: dict[str, Shape] = {}
    inputs, size = config["z_dim"], 4
    while size <= config["img_resolution"][0]:
        for layer in ("conv0",) if size == 4 or config["lite"] else ("conv0", "conv1"):
            path = f"synthesis.b{size}.{layer}"
            both = _length(tensors, f"{path}.bias")
            kernel = 4 if size == 4 else 3
            shapes[f"{path}.weight"], shapes[f"{path}.bias"] = (
                (both, inputs, kernel, kernel),
                (both,),
            )
            if size > 4 and not config["lite"]:
                shapes[f"{path}.noise_strength"] = (both,)
            if size > 4 and config["c_dim"]:
                rows = (config["c_dim"], both)
                shapes |= {f"{path}.gains": rows, f"{path}.shifts": rows}
            if both % 2:
                raise Broken(
                    f"has {both} channels in its layer '{path}', which a gate cannot halve"
                )
            inputs = outputs[size] = both // 2
        if size in EXCITED:
            path = f"synthesis.se{size}"
            shapes[f"{path}.conv0.weight"] = (inputs, outputs[EXCITED[size]], 4, 4)
            shapes[f"{path}.conv1.weight"] = (inputs, inputs, 1, 1)
        size *= 2
    shapes["synthesis.torgb.weight"] = (config["img_channels"], inputs, 3, 3)
    shapes["synthesis.torgb.bias"] = (config["img_channels"],)
    return shapes


def _filters(path: str, layer: Config) -> dict[str, Shape]:
    taps = layer["filter_size"]
    shapes: dict[str, Shape] = {}
    if layer["up_factor"] > 1:
        shapes[f"{path}.up_filter"] = (taps * layer["up_factor"],)
    if layer["down_factor"] > 1:
        size = taps * layer["down_factor"]
        shapes[f"{path}.down_filter"] = (size, size) if layer["use_radial_filters"] else (size,)
    return shapes


def _styled(config: Config, layer: str, inputs: int, outputs: int, size: Shape) -> dict[str, Shape]:
    path = f"synthesis.{layer}"
    shapes = _convolution(config, path, inputs, outputs, 3)
    if config["layers"][layer]["use_noise"]:
        shapes |= {f"{path}.noise_const": size, f"{path}.noise_strength": ()}
    return shapes


def _convolution(
    config: Config, path: str, inputs: int, outputs: int, kernel: int
) -> dict[str, Shape]:
    shapes = _dense(f"{path}.affine", config["w_dim"], inputs)
    shapes[f"{path}.weight"] = (outputs, inputs, kernel, kernel)
    shapes[f"{path}.bias"] = (outputs,)
    return shapes


def _dense(path: str, inputs: int, outputs: int) -> dict[str, Shape]:
    return {f"{path}.weight": (outputs, inputs), f"{path}.bias": (outputs,)}


def _length(tensors: Tensors, name: str) -> int:
    length = shape_of(tensors, name, 1)[0]
    if not length:
        raise Broken(f"has no numbers in '{name}'")
    return length


def shape_of(tensors: Tensors, name: str, axes: int) -> Shape:
    """The shape of a tensor; raises Broken if it is missing or has another number of axes."""
    if name not in tensors:
        raise Broken(f"lacks the tensor '{name}'")
    shape = tensors[name].shape
    if len(shape) != axes:
        raise Broken(f"has '{name}' in shape {list(shape)} where {axes} axes fit")
    return shape


SYNTHESIS = {
    "stylegan1": stylegan1_shapes,
    "stylegan2": stylegan2_shapes,
    "stylegan3": stylegan3_shapes,
    "fastgan": fastgan_shapes,
}
