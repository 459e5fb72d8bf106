"""StyleGAN (1) in TensorFlow pickles (Karras et al. 2019): not modulated, styled after each layer.

Weights are stored raw and scaled at run time there. Here the scales are worked into them as they
are read, so that the network is plain: convolution, noise, bias, leaky ReLU, instance norm, style.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from taxiway.checkpoint.contents import Found
from taxiway.checkpoint.limits import MAX_BLOCKS, Broken, Budget
from taxiway.checkpoint.modules import Attributes
from taxiway.checkpoint.tensors import Array, Tensor, last_axes
from taxiway.checkpoint.vetting import check_recorded, listed

CONST = "synthesis/4x4/Const/const"
FUSED_FROM = 128
"""Pixels of the output from which on enlarging and convolving were one step, unless told."""
CUTOFF = 8
"""Layers that the network's own truncation reaches; the usual script leaves it so."""

_DENSE = re.compile(r"mapping/Dense(\d{1,2})/(weight|bias)")
_NOISE = re.compile(r"synthesis/noise(\d{1,2})")
_RGB = re.compile(r"synthesis/ToRGB_lod(\d{1,2})/(weight|bias)")
_LAYER = re.compile(
    r"synthesis/(\d{1,5})x\d{1,5}/(Const|Conv|Conv0_up|Conv1)"
    r"/(weight|bias|Noise/weight|StyleMod/weight|StyleMod/bias)"
)
_LAYERS = {"Const": "conv0", "Conv": "conv1", "Conv0_up": "conv0", "Conv1": "conv1"}
_PARTS = {
    "weight": "weight",
    "bias": "bias",
    "Noise/weight": "noise_strength",
    "StyleMod/weight": "affine.weight",
    "StyleMod/bias": "affine.bias",
}
_DEFAULTS: dict[object, object] = {
    "mapping_lrmul": 0.01,
    "mapping_nonlinearity": "lrelu",
    "nonlinearity": "lrelu",
    "truncation_cutoff": CUTOFF,
    "fused_scale": "auto",
    "blur_filter": [1, 2, 1],
    "use_noise": True,
}
_ONLY: dict[object, object] = {
    "use_wscale": True,
    "use_instance_norm": True,
    "use_pixel_norm": False,
    "use_styles": True,
    "const_input_layer": True,
    "normalize_latents": True,
    "nonlinearity": "lrelu",
    "mapping_nonlinearity": "lrelu",
    "use_noise": True,
}
"""Settings of which no public network has another value; one that has is refused by name."""
_RECORDED = {
    *_DEFAULTS, *_ONLY, "num_channels", "resolution", "label_size", "latent_size", "dlatent_size",
    "mapping_fmaps", "mapping_layers", "fmap_base", "fmap_decay", "fmap_max", "dlatent_broadcast",
    "truncation_psi", "dlatent_avg_beta", "style_mixing_prob", "structure", "randomize_noise",
    "dtype", "is_training", "is_validation", "is_template_graph", "force_clean_graph",
    "mapping_func", "synthesis_func", "func_name",
}  # fmt: skip
"""Settings that are read, that the shapes of the tensors tell, or that matter only in training."""
UNUSED = ("lod", "synthesis/lod", "dlatent_avg")
"""Variables that are read elsewhere, or stand in TensorFlow's files without a use."""


def is_stylegan1(variables: Mapping[str, Tensor]) -> bool:
    """Whether TensorFlow variables are those of a StyleGAN (1)."""
    return CONST in variables and any("StyleMod" in name for name in variables)


def stylegan1_checkpoint(
    variables: Mapping[str, Tensor], settings: object, budget: Budget
) -> Found:
    """What such a generator holds. Raises Broken for settings that no public network has."""
    recorded = settings if isinstance(settings, dict) else {}
    for name, only in _ONLY.items():
        if recorded.get(name, only) != only:
            raise Broken(f"is a StyleGAN (1) with '{name}' {recorded[name]!r:.20}, which none has")
    known = Attributes("static_kwargs", {**_DEFAULTS, **recorded})
    arrays = {name: tensor.read(budget).astype(np.float32) for name, tensor in variables.items()}
    sizes = sorted({int(match[1]) for name in arrays if (match := _LAYER.fullmatch(name))})
    if sizes != [4 << index for index in range(len(sizes))] or not 1 < len(sizes) <= MAX_BLOCKS:
        raise Broken("has no layers of a StyleGAN (1)")
    lod = _lod(arrays)
    lrmul = known.number("mapping_lrmul")
    notes = _notes(recorded, arrays)
    shown = range(int(lod), math.ceil(lod) + 1)
    tensors = _mapping(arrays)
    for name, array in arrays.items():
        tensors |= _synthesis(name, array, sizes[-1], _fused(recorded), shown)
    tensors["mapping.w_avg"] = arrays.get("dlatent_avg", np.zeros(0, np.float32))
    config = _config(tensors, sizes, lrmul, recorded, known)
    check_recorded(recorded, config)
    if lod:
        config["lod"] = lod
    if lod:
        notes.append(f"half grown: it stopped at {sizes[-1] >> int(lod)} pixels")
    return Found("stylegan1", config, tensors, {"format": "TensorFlow pickle", "notes": notes})


def _notes(recorded: Mapping[Any, Any], arrays: Mapping[str, Array]) -> list[str]:
    """What is not known, or taken for granted."""
    notes = []
    if not {"lod", "synthesis/lod"} & arrays.keys():
        notes.append("the file does not say how far it has grown: it is taken for finished")
    known = (CONST, "mapping/LabelConcat/weight", *UNUSED)
    patterns = (_DENSE, _NOISE, _RGB, _LAYER)
    unknown = [
        name
        for name in arrays
        if name not in known and not any(pattern.fullmatch(name) for pattern in patterns)
    ]
    if unknown:
        notes.append(f"ignored tensors that the network has no use for: {listed(unknown)}")
    if odd := [f"{name:.40}" for name in recorded if name not in _RECORDED]:
        notes.append(f"ignored unknown settings: {listed(odd)}")
    assumed = [str(name) for name in _DEFAULTS | _ONLY if name not in recorded]
    if assumed:
        notes.append(f"settings that are not recorded are as usual: {', '.join(assumed)}")
    return notes


def _lod(arrays: Mapping[str, Array]) -> float:
    """How many halvings its picture is from its full size, while it grows; 0 for a finished one."""
    value = arrays.get("synthesis/lod", arrays.get("lod"))
    lod = 0.0 if value is None or value.size != 1 else float(value.reshape(()))
    if not 0 <= lod < MAX_BLOCKS:
        raise Broken(f"has grown to {lod:g}, which cannot be")
    return lod


def _fused(recorded: Mapping[Any, Any]) -> int:
    """The size of the smallest layer that enlarges and convolves in one step."""
    match recorded.get("fused_scale", "auto"):
        case True:
            return 0
        case False:
            return 1 << 30
    return FUSED_FROM


def _mapping(arrays: Mapping[str, Array]) -> dict[str, Array]:
    tensors: dict[str, Array] = {}
    for name, array in arrays.items():
        if match := _DENSE.fullmatch(name):
            # There the gain of sqrt(2) is in the weights, here it follows the activation.
            value = array.T if match[2] == "weight" else scaled(array, 1 / math.sqrt(2))
            tensors[f"mapping.fc{match[1]}.{match[2]}"] = np.ascontiguousarray(value)
    if "mapping/LabelConcat/weight" in arrays:
        tensors |= joined_labels(arrays["mapping/LabelConcat/weight"])
    return tensors


def joined_labels(table: Array) -> dict[str, Array]:
    """A table [labels, features], used as it is, as the embedding layer that gives the same."""
    table = last_axes(table, 2)
    weight = np.ascontiguousarray(scaled(table.T, math.sqrt(len(table))))
    return {
        "mapping.embed.weight": weight,
        "mapping.embed.bias": np.zeros(len(weight), np.float32),
    }


def _synthesis(name: str, array: Array, size: int, fused: int, shown: range) -> dict[str, Array]:
    """A variable of the synthesis network as the tensor that it is here; none if not needed."""
    if name == CONST:
        return {"synthesis.b4.const": last_axes(array, 3).copy()}
    if match := _NOISE.fullmatch(name):
        index = int(match[1])
        layer = f"synthesis.b{4 << index // 2}.conv{index % 2}"
        return {f"{layer}.noise_const": last_axes(array, 2).copy()}
    if (match := _RGB.fullmatch(name)) and int(match[1]) in shown:
        value = array if match[2] == "bias" else _convolution(array, 1.0)
        return {f"synthesis.b{size >> int(match[1])}.torgb.{match[2]}": value}
    match = _LAYER.fullmatch(name)
    if match is None:
        return {}
    part = _PARTS[match[3]]
    turned = match[2] == "Conv0_up" and int(match[1]) >= fused
    value = _part(part, array[::-1, ::-1] if turned and part == "weight" else array)
    return {f"synthesis.b{match[1]}.{_LAYERS[match[2]]}.{part}": value}


def _part(part: str, array: Array) -> Array:
    match part:
        case "weight":
            return _convolution(array, math.sqrt(2))
        case "affine.weight":
            array = last_axes(array, 2)  # [w, 2 C]
            return np.ascontiguousarray(scaled(array.T, 1 / math.sqrt(array.shape[0])))
        case "affine.bias":
            scale = np.repeat(np.array([1, 0], np.float32), array.size // 2)
            return array.reshape(-1) + scale if array.size % 2 == 0 else array
    return array


def scaled(array: Array, factor: float) -> Array:
    """float32 times a factor, rounded once."""
    return (array * np.float64(factor)).astype(np.float32)


def _convolution(array: Array, gain: float) -> Array:
    """[kh, kw, in, out] as stored -> [out, in, kh, kw] as used."""
    array = last_axes(array, 4)
    scale = gain / math.sqrt(math.prod(array.shape[:3]))
    return np.ascontiguousarray(scaled(array.transpose(3, 2, 0, 1), scale))


def _config(
    tensors: Mapping[str, Array],
    sizes: list[int],
    lrmul: float,
    recorded: Mapping[Any, Any],
    known: Attributes,
) -> dict[str, Any]:
    depth = sum(re.fullmatch(r"mapping\.fc\d+\.weight", name) is not None for name in tensors)
    first = tensors.get("mapping.fc0.weight", np.zeros((0, 0)))
    last = tensors.get(f"mapping.fc{depth - 1}.weight", np.zeros((0, 0)))
    features, labels = tensors.get("mapping.embed.weight", np.zeros((0, 0))).shape
    rgb = [array for name, array in tensors.items() if name.endswith("torgb.bias")]
    cutoff = recorded.get("truncation_cutoff", CUTOFF)
    return {
        "z_dim": first.shape[1] - features,
        "w_dim": last.shape[0],
        "c_dim": labels,
        "img_channels": rgb[0].size if rgb else 0,
        "img_resolution": [sizes[-1], sizes[-1]],
        "num_ws": 2 * len(sizes),
        "truncation_cutoff": None if cutoff is None else known.whole("truncation_cutoff"),
        "blur": bool(recorded.get("blur_filter", True)),
        "mapping": {
            "num_layers": depth,
            "activation": "lrelu",
            "lr_multiplier": lrmul,
            "w_avg_beta": 0.995,
            **({"joins_labels": True} if labels else {}),
        },
    }
