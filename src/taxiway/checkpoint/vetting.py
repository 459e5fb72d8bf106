"""What in a network of NVIDIA's kind is not understood: said in notes, or refused.

Its pictures are made by our own code from what it records. So what that code does not look at is
compared with what every known file records, and with what the code takes for granted.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from taxiway.checkpoint.limits import Broken
from taxiway.checkpoint.modules import Network
from taxiway.checkpoint.values import Module

TEXTS = {
    # the line that stands for NVIDIA's texts in the reference files, whose networks are genuine
    "9f4597d438d72946df0753574551c670b56a643f1700631bb7105496b94f6b36",
}
"""SHA-256 of the source texts of networks whose pictures were compared with ours.

NVIDIA's own are not among them: whoever writes here does not look into them. A genuine file has
the note, too, until somebody compares its pictures and adds its text.
"""

_SIZES = "w_dim img_resolution img_channels"
_CONV = (
    "dilation groups in_channels kernel_size out_channels output_padding padding padding_mode "
    "stride transposed weight"
)
_PLAN = (
    "channel_base channel_max conv_kernel img_channels img_resolution last_stopband_rel "
    "margin_size num_critical num_fp16_res num_layers num_ws use_radial_filters w_dim"
)
_KNOWN = {
    "Generator": f"{_SIZES} c_dim num_ws z_dim",
    "SuperresGenerator": f"{_PLAN} c_dim z_dim head_layer_names path_stem up_factor",
    "MappingNetwork": "c_dim embed embed_proj num_layers num_ws w_avg_beta w_dim z_dim",
    "SynthesisNetwork": f"{_PLAN} block_resolutions first_cutoff first_stopband "
    "img_resolution_log2 layer_names output_scale sampling_rates",
    "SynthesisBlock": "architecture channels_last fused_modconv_default img_channels in_channels "
    "is_last num_conv num_torgb resolution use_fp16 w_dim",
    "SynthesisLayer": "act_gain activation conv_clamp conv_kernel down_factor down_radial "
    "down_taps filter_size in_channels in_cutoff in_half_width in_sampling_rate in_size "
    "is_critically_sampled is_torgb lrelu_upsampling magnitude_ema_beta out_channels out_cutoff "
    "out_half_width out_sampling_rate out_size padding resolution tmp_sampling_rate up up_factor "
    "up_taps use_fp16 use_noise use_radial_filters w_dim",
    "SynthesisInput": "bandwidth channels sampling_rate size w_dim",
    "ToRGBLayer": "conv_clamp in_channels out_channels w_dim weight_gain",
    "Conv2dLayer": "act_gain activation bias conv_clamp down in_channels out_channels padding up "
    "weight_gain",
    "FullyConnectedLayer": "activation bias_gain in_features out_features weight_gain",
    "DummyMapping": "",
    "FastganSynthesis": "img_resolution z_dim",
    "FastganSynthesisCond": "img_resolution z_dim",
    "InitLayer": "",
    "UpBlockBigCond": "in_planes out_planes",
    "SEBlock": "",
    "NoiseInjection": "",
    "GLU": "",
    "Swish": "",
    "CCBN": "eps input_size momentum output_size",
    "Sequential": "",
    "Sigmoid": "",
    "AdaptiveAvgPool2d": "output_size",
    "Upsample": "align_corners mode name recompute_scale_factor scale_factor size",
    "BatchNorm2d": "affine eps momentum num_features track_running_stats",
    "ConvTranspose2d": _CONV,
    "Conv2d": _CONV,
    "Linear": "in_features out_features weight",
    "Embedding": "embedding_dim max_norm norm_type num_embeddings padding_idx scale_grad_by_freq "
    "sparse",
}
KNOWN = {name: frozenset([*words.split(), "training"]) for name, words in _KNOWN.items()}
"""The attributes that the layers of known files record, by the name of their class."""
SHARED = ("z_dim", "c_dim", "w_dim", "num_ws", "img_channels", "img_resolution")
"""What a generator and its two networks record alike."""
SKIP = {"activation": "linear", "act_gain": 1, "up": 2, "down": 1, "conv_clamp": None, "padding": 0}
"""What the layers that a resnet's pictures go past record."""
RELATIVE = 1e-5
"""How far gains may be from what they must be: files were written with rounding of their own."""


def unknown_texts(code: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """A note for source texts that were not compared with ours."""
    hashes = [str(each["sha256"])[:12] for each in code if each["sha256"] not in TEXTS
              and each["bytes"]]  # fmt: skip
    if hashes:
        yield (
            f"its source text (SHA-256 {', '.join(hashes[:3])}...) is none that Taxiway was "
            "compared with: if a fork changed what it computes, pictures differ"
        )


def unknown_parts(network: Network) -> Iterator[str]:
    """Notes for classes and attributes that no known file has, and for settings left out."""
    classes, words, unclamped = set(), [], 0
    for path, module in network.modules.items():
        kind = module.name.rpartition(".")[2]
        known = KNOWN.get(kind)
        if known is None:
            classes.add(f"{kind:.60}")
            continue
        named = (name for name in module.state if isinstance(name, str))
        words += [
            f"{path}.{name:.60}".lstrip(".")
            for name in named
            if not name.startswith("_") and name not in known
        ]
        clamps = kind in ("ToRGBLayer", "SynthesisLayer")
        unclamped += clamps and "conv_clamp" not in module.state
    if classes:
        yield f"has layers of classes that are not known: {listed(sorted(classes))}"
    if words:
        yield f"records what no known file does: {listed(words)}"
    if unclamped:
        yield f"{unclamped} layers do not record 'conv_clamp': none is assumed"


def check_agreement(network: Network, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Raise Broken where a layer records something else than what is computed here.

    `shapes` are those of the tensors by name.
    """
    for path, module in network.modules.items():
        for name, expected in _expected(network, path, shapes):
            value = module.state.get(name, expected)
            if not _same(value, expected):
                raise Broken(
                    f"has a layer '{path or 'generator'}' whose '{name}' is {value!r:.40} where "
                    f"{expected!r:.40} fits"
                )


def check_size(module: Module, height: int, width: int) -> None:
    """Raise Broken unless the recorded size of the picture, if any, is its size."""
    recorded = module.state.get("img_resolution", height)
    sizes = list(recorded) if isinstance(recorded, list | tuple) else [recorded]
    if sizes not in ([height, width], [width, height], [height], [width]):
        raise Broken(f"records pictures of {recorded!r:.40} and makes them {width} x {height}")


TOLD = {
    "label_size": "c_dim",
    "latent_size": "z_dim",
    "dlatent_size": "w_dim",
    "num_channels": "img_channels",
}
"""TensorFlow's names for sizes that the shapes of the tensors tell, too."""


def check_recorded(recorded: Mapping[Any, Any], config: Mapping[str, Any]) -> None:
    """Raise Broken where TensorFlow's settings record other sizes than the tensors have."""
    found = {name: config[own] for name, own in TOLD.items()}
    found["resolution"] = config["img_resolution"][0]
    for name, value in found.items():
        if recorded.get(name, value) != value:
            raise Broken(
                f"records '{name}' {recorded[name]!r:.40}, and its tensors make it {value}"
            )


def _expected(
    network: Network, path: str, shapes: Mapping[str, tuple[int, ...]]
) -> Iterator[tuple[str, object]]:
    """What the layer at `path` must have recorded, where it records it."""
    kind = network.modules[path].name.rpartition(".")[2]
    shape = shapes.get(f"{path}.weight", ())
    if kind == "FullyConnectedLayer" and len(shape) == 2:
        yield from _dense(network, path, shape[1])
    if kind in ("ToRGBLayer", "Conv2dLayer") and len(shape) == 4:
        yield "weight_gain", 1 / math.sqrt(math.prod(shape[1:]))
    if kind == "Conv2dLayer":
        yield from SKIP.items()
    if path.endswith(("conv0", "conv1")) and len(shape) == 4:
        yield "padding", shape[2] // 2
    if path in ("mapping", "synthesis"):
        top = network.modules[""].state
        yield from ((name, top[name]) for name in SHARED if name in top)


def _dense(network: Network, path: str, inputs: int) -> Iterator[tuple[str, object]]:
    """What a dense layer of so many inputs must have recorded."""
    state, layer = network.modules[path].state, path.rpartition(".")[2]
    usual: Mapping[Any, object] = {
        "activation": "lrelu" if layer == "embed_proj" else "linear",
        "bias_gain": state.get("bias_gain", 1) if layer == "embed" else 1,
    }
    if layer.startswith("fc") and "mapping.fc0" in network.modules:
        usual = network.modules["mapping.fc0"].state
    gain = state.get("bias_gain", usual.get("bias_gain"))
    yield from ((name, usual[name]) for name in ("activation", "bias_gain") if name in usual)
    if isinstance(gain, int | float):
        yield "weight_gain", gain / math.sqrt(inputs)


def _same(value: object, expected: object) -> bool:
    if isinstance(value, int | float) and isinstance(expected, int | float):
        return math.isclose(value, expected, rel_tol=RELATIVE)
    return value == expected


def listed(names: list[str], limit: int = 5) -> str:
    """Some names, and how many there are besides."""
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(f"{name:.80}" for name in names[:limit]) + more
