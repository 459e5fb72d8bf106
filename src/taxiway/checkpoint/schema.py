"""What a config must look like, for checkpoints of every origin: kinds, ranges and agreement."""

from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from taxiway.checkpoint.contents import UPSCALED
from taxiway.checkpoint.limits import MAX_BLOCKS, Broken
from taxiway.checkpoint.stylegan2 import layer_names

T = TypeVar("T")
Width = Annotated[int, Meta(ge=1, le=1 << 15)]
Labels = Annotated[int, Meta(ge=0, le=1 << 15)]
LARGEST = 1 << 13
Side = Annotated[int, Meta(ge=1, le=LARGEST)]
Factor = Annotated[int, Meta(ge=1, le=16)]
Positive = Annotated[float, Meta(gt=0, lt=1e9)]
Clamp = Annotated[float, Meta(gt=0, lt=1e9)] | None
Padding = Annotated[int, Meta(ge=-(1 << 13), le=1 << 13)]
LayerName = Annotated[str, Meta(pattern=r"^b[1-9][0-9]{0,4}\.(conv0|conv1|torgb|skip)$")]
Tap = Annotated[float, Meta(gt=-1e6, lt=1e6)]
Activation = Literal[
    "linear", "relu", "lrelu", "tanh", "sigmoid", "elu", "selu", "softplus", "swish"
]


class Mapping(Struct):
    num_layers: Annotated[int, Meta(ge=1, le=64)]
    activation: Activation
    lr_multiplier: Positive
    w_avg_beta: Annotated[float, Meta(ge=0, le=1)] | None = None
    embed_lr_multiplier: Positive = 1.0
    joins_labels: bool = False
    class_centres: bool = False


class Convolution(Struct):
    up: Literal[1, 2]
    conv_clamp: Clamp
    activation: Activation
    act_gain: Positive
    use_noise: bool


class ToRGB(Struct):
    conv_clamp: Clamp


class Skip(Struct):
    pass


LAYERS: dict[str, type[Struct]] = {
    "conv0": Convolution,
    "conv1": Convolution,
    "torgb": ToRGB,
    "skip": Skip,
}


class Named(Struct):
    """The names of the classes, where they are known."""

    c_dim: Labels
    classes: list[Annotated[str, Meta(min_length=1, max_length=100)]] = []


class Upscaler(Struct):
    width: Annotated[int, Meta(ge=2, le=1024, multiple_of=2)]
    deep: Annotated[int, Meta(ge=1, le=1024)]
    depth: Annotated[int, Meta(ge=0, le=16)]


class StyleGAN2(Struct):
    z_dim: Width
    w_dim: Width
    c_dim: Labels
    img_channels: Width
    img_resolution: tuple[Side, Side]
    num_ws: Annotated[int, Meta(ge=2, le=64)]
    architecture: Literal["skip", "resnet", "orig"]
    mapping: Mapping
    resample_filter: tuple[Tap, Tap, Tap, Tap]
    layers: Annotated[
        dict[LayerName, dict[str, Any]], Meta(min_length=2, max_length=4 * MAX_BLOCKS)
    ]
    upscaler: Upscaler | None = None


class StyleGAN1(Struct):
    z_dim: Width
    w_dim: Width
    c_dim: Labels
    img_channels: Width
    img_resolution: tuple[Side, Side]
    num_ws: Annotated[int, Meta(ge=4, le=2 * MAX_BLOCKS)]
    mapping: Mapping
    blur: bool
    truncation_cutoff: Annotated[int, Meta(ge=0, le=64)] | None = None
    lod: Annotated[float, Meta(ge=0, lt=MAX_BLOCKS)] = 0.0


class Input(Struct):
    size: tuple[Side, Side]
    sampling_rate: Positive
    bandwidth: Positive
    channels: Width


class Layer3(Struct):
    name: Annotated[str, Meta(pattern=r"^L[0-9]{1,3}_[A-Za-z0-9_]{1,40}$")]
    is_torgb: bool
    is_critically_sampled: bool
    use_fp16: bool
    in_channels: Width
    out_channels: Width
    conv_kernel: Annotated[int, Meta(ge=1, le=15)]
    up_factor: Factor
    down_factor: Factor
    in_size: tuple[Side, Side]
    out_size: tuple[Side, Side]
    in_sampling_rate: Positive
    out_sampling_rate: Positive
    in_cutoff: Positive
    out_cutoff: Positive
    in_half_width: Positive
    out_half_width: Positive
    padding: tuple[Padding, Padding, Padding, Padding]
    conv_clamp: Clamp
    use_radial_filters: bool
    filter_size: Annotated[int, Meta(ge=1, le=64)]


class StyleGAN3(Struct):
    z_dim: Width
    w_dim: Width
    c_dim: Labels
    img_channels: Width
    img_resolution: tuple[Side, Side]
    num_ws: Annotated[int, Meta(ge=2, le=64)]
    mapping: Mapping
    output_scale: Positive
    input: Input
    layers: Annotated[list[Layer3], Meta(min_length=1, max_length=64)]


class FastGAN(Struct):
    z_dim: Width
    w_dim: Literal[0]
    num_ws: Literal[0]
    c_dim: Labels
    img_channels: Width
    img_resolution: tuple[Side, Side]
    lite: bool


FAMILIES: dict[str, type[StyleGAN1 | StyleGAN2 | StyleGAN3 | FastGAN]] = {
    "stylegan1": StyleGAN1,
    "stylegan2": StyleGAN2,
    "stylegan3": StyleGAN3,
    "fastgan": FastGAN,
}


CHANNELS = (1, 3, 4)
FASTGAN_SIZES = (128, 256, 512, 1024)


def check(family: str, config: dict[str, Any]) -> None:
    """Raise Broken unless `config` describes a whole network of that family."""
    if family not in FAMILIES:
        raise Broken(
            f"holds a network of the family {family!r:.40}, not of {' or '.join(FAMILIES)}"
        )
    found = _convert(config, FAMILIES[family])
    named = _convert(config, Named)
    if named.classes and len(named.classes) != named.c_dim:
        raise Broken(f"has names of {len(named.classes)} classes for its {named.c_dim}")
    if found.img_channels not in CHANNELS:
        raise Broken(
            f"makes pictures of {found.img_channels} channels, and those of 1 (grey), 3 (colour) "
            "and 4 (with alpha) are played"
        )
    if isinstance(found, StyleGAN1):
        _check_stylegan1(found)
    elif isinstance(found, StyleGAN2):
        _check_stylegan2(found)
    elif isinstance(found, StyleGAN3):
        _check_stylegan3(found)
    elif found.img_resolution not in [(size, size) for size in FASTGAN_SIZES]:
        sizes = ", ".join(map(str, FASTGAN_SIZES))
        raise Broken(f"makes pictures of {found.img_resolution}, and a FastGAN's are {sizes}")


def _convert(config: dict[str, Any], kind: type[T]) -> T:
    try:
        return msgspec.convert(config, kind)
    except msgspec.ValidationError as error:
        raise Broken(f"describes its network in a way that cannot be: {error}") from None


def _check_stylegan1(config: StyleGAN1) -> None:
    size = 2 << (config.num_ws // 2)
    if config.num_ws % 2 or config.img_resolution != (size, size):
        raise Broken(f"has {config.num_ws} w for a picture of {config.img_resolution} pixels")
    if config.lod > config.num_ws // 2 - 1:
        raise Broken(f"has grown to {config.lod:g}, which is less than its first block")


def _check_stylegan2(config: StyleGAN2) -> None:
    blocks = len({name.split(".")[0] for name in config.layers})
    if set(config.layers) != set(layer_names(config.architecture, blocks)):
        raise Broken(
            f"has other layers than a StyleGAN2 '{config.architecture}' of {blocks} blocks"
        )
    if config.num_ws != 2 * blocks:
        raise Broken(f"has {config.num_ws} w for {blocks} blocks, which take {2 * blocks}")
    if config.resample_filter != config.resample_filter[::-1]:
        raise Broken("enlarges with a filter that is not symmetric")
    sides = config.img_resolution
    if config.upscaler and (any(side % 2 for side in sides) or UPSCALED * max(sides) > LARGEST):
        raise Broken(f"enlarges pictures of {sides} pixels, which cannot be")
    for name, values in config.layers.items():
        layer = _convert(values, LAYERS[name.split(".")[1]])
        if isinstance(layer, Convolution) and layer.up != (2 if name.endswith("conv0") else 1):
            raise Broken(f"enlarges {layer.up} times in its layer '{name}'")


def _check_stylegan3(config: StyleGAN3) -> None:
    if config.num_ws != len(config.layers) + 1:
        raise Broken(f"has {config.num_ws} w for {len(config.layers)} layers and an input")
    size, channels = config.input.size, config.input.channels
    for layer in config.layers:
        if (layer.in_size, layer.in_channels) != (size, channels) or not _padded_rightly(layer):
            raise Broken(f"has a layer '{layer.name}' that does not fit the one before it")
        size, channels = layer.out_size, layer.out_channels
    if (config.img_resolution, config.img_channels) != (size[::-1], channels):
        raise Broken("has a last layer that makes another picture than it announces")


def _padded_rightly(layer: Layer3) -> bool:
    """Whether the padding leads from the layer's input size to its output size, both ways."""
    up, down = layer.up_factor, layer.down_factor
    taps = [layer.filter_size * factor if factor > 1 else 1 for factor in (up, down)]
    for axis in (0, 1):
        padded = (layer.in_size[axis] + layer.conv_kernel - 1) * up + sum(
            layer.padding[2 * axis : 2 * axis + 2]
        )
        if (padded - sum(taps) + 1) // down + 1 != layer.out_size[axis]:
            return False
    return True
