"""TensorFlow StyleGAN2 pickles: (G, D, Gs) of `dnnlib.tflib.network.Network` records.

Dense weights are transposed there, convolutions have their channels last, up-convolutions are
mirrored in both axes, and a style bias lacks the + 1 that PyTorch files include.
"""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from taxiway.checkpoint.arrays import PickledArray
from taxiway.checkpoint.contents import Found
from taxiway.checkpoint.limits import MAX_MODULE_DEPTH, MAX_NAME, SUPPORTED, Broken, Budget
from taxiway.checkpoint.modules import Attributes
from taxiway.checkpoint.source import Text, embedded_code
from taxiway.checkpoint.stylegan1 import UNUSED, is_stylegan1, joined_labels, stylegan1_checkpoint
from taxiway.checkpoint.stylegan2 import architecture_of, config_of_shapes
from taxiway.checkpoint.tensors import Array, Tensor, last_axes, single
from taxiway.checkpoint.values import Record
from taxiway.checkpoint.vetting import check_recorded, listed

_SINGLE = {"dlatent_avg": "mapping.w_avg", "synthesis/4x4/Const/const": "synthesis.b4.const"}
_DENSE = re.compile(r"mapping/(?:Dense(\d{1,2})|LabelEmbed)/(weight|bias)")
_LAYER = re.compile(
    r"synthesis/(\d{1,5})x\d{1,5}/(Conv|Conv0_up|Conv1|ToRGB|Skip)"
    r"/(weight|bias|mod_weight|mod_bias|noise_strength)"
)
_TO_RGB = re.compile(r"synthesis/ToRGB_lod(\d{1,2})/(weight|bias|mod_weight|mod_bias)")
_NOISE = re.compile(r"synthesis/noise(\d{1,3})")
_LAYERS = {"Conv": "conv1", "Conv0_up": "conv0", "Conv1": "conv1", "ToRGB": "torgb", "Skip": "skip"}
_PARTS = {"mod_weight": "affine.weight", "mod_bias": "affine.bias"}
_DEFAULTS: dict[object, object] = {
    "nonlinearity": "lrelu",
    "mapping_lrmul": 0.01,
    "resample_kernel": [1, 3, 3, 1],
    "use_noise": True,
    "label_size": 0,
}
LABELS = "mapping/LabelConcat/weight"
"""How StyleGAN2 took labels before ADA: joined to z, then normalised with it."""
_OTHERS = {
    "architecture", "conv_clamp", "w_avg_beta", "dlatent_size", "latent_size", "num_channels",
    "resolution", "mapping_layers", "fmap_base", "fmap_max", "mapping_fmaps", "label_fmaps",
    "num_fp16_res", "truncation_psi", "truncation_cutoff", "style_mixing_prob", "structure",
    "conditioning", "fused_modconv", "dlatent_broadcast",
}  # fmt: skip
"""Settings that the shapes of the tensors tell as well, or that matter only in training."""


def tensorflow_checkpoint(generator: Record, budget: Budget) -> Found:
    """What a TensorFlow generator holds; raises Broken if that is no StyleGAN2."""
    variables = network_variables(generator, budget)
    if is_stylegan1(variables):
        found = stylegan1_checkpoint(variables, settings_of(generator, budget), budget)
        code = embedded_code(network_texts(generator, budget))
        return found._replace(source={**found.source, "embedded_code": code})
    if "synthesis/4x4/Const/const" not in variables:
        raise Broken(f"is a TensorFlow network that is no StyleGAN2; {SUPPORTED}")
    sizes = {int(match[1]) for name in variables if (match := _LAYER.fullmatch(name))}
    tensors, unknown = {}, []
    for name, tensor in variables.items():
        if (new := nvidia_name(name, max(sizes, default=4))) is not None:
            tensors[new] = _in_torch_layout(name, tensor.read(budget))
        elif name not in (*UNUSED, LABELS):
            unknown.append(name)
    if LABELS in variables:
        tensors |= joined_labels(variables[LABELS].read(budget).astype(np.float32))
    settings = settings_of(generator, budget)
    about = {
        "format": "TensorFlow pickle",
        "notes": [*_notes(settings), *unknown_variables(unknown)],
        "embedded_code": embedded_code(network_texts(generator, budget)),
    }
    return Found("stylegan2", _config(settings, tensors, LABELS in variables), tensors, about)


def network_variables(network: Record, budget: Budget) -> dict[str, Tensor]:
    """The variables of a network and its components by path, as TensorFlow names them."""
    found: dict[str, Tensor] = {}
    for path, part in _networks(network, "", 0, budget):
        variables = part.state.get("variables")
        for item in variables if isinstance(variables, list) else ():
            budget.visit()
            match item:
                case (str(name), _) if path + name in found:
                    raise Broken(f"has two variables of the name {path + name!r:.80}")
                case (str(name), PickledArray(Tensor() as tensor)) if len(name) < MAX_NAME:
                    found[path + name] = tensor
                case (str(name), int() | float() as number) if len(name) < MAX_NAME:
                    found[path + name] = single(number)
                case _:
                    raise Broken("has a variable that is no tensor with a name")
    return found


def settings_of(network: Record, budget: Budget) -> dict[object, object]:
    """The settings of a network and its components, which repeat most of them.

    Raises Broken if they do not agree.
    """
    settings: dict[object, object] = {}
    for _, part in _networks(network, "", 0, budget):
        recorded = part.state.get("static_kwargs", {})
        for name, value in recorded.items() if isinstance(recorded, dict) else ():
            if settings.setdefault(name, value) != value:
                raise Broken(f"records {name!r:.40} as {settings[name]!r:.20} and {value!r:.20}")
    return settings


def unknown_variables(names: list[str]) -> Iterator[str]:
    """A note for variables that no known network has."""
    if names:
        yield f"ignored tensors that the network has no use for: {listed(names)}"


def network_texts(network: Record, budget: Budget) -> Iterator[tuple[str, str | Text]]:
    """The source texts that came with a network and its components."""
    for path, part in _networks(network, "", 0, budget):
        text = part.state.get("build_module_src")
        if isinstance(text, str | Text):
            yield path.rstrip("/") or "generator", text


def nvidia_name(name: str, resolution: int) -> str | None:
    """NVIDIA's PyTorch name for a variable of TensorFlow's, None for one that is not needed."""
    if name in _SINGLE:
        return _SINGLE[name]
    if match := _DENSE.fullmatch(name):
        return f"mapping.{f'fc{match[1]}' if match[1] else 'embed'}.{match[2]}"
    if match := _NOISE.fullmatch(name):
        index = int(match[1])
        return f"synthesis.b{4 << (index + 1) // 2}.conv{1 - index % 2}.noise_const"
    if match := _TO_RGB.fullmatch(name):
        size = resolution >> int(match[1])
        return f"synthesis.b{size}.torgb.{_PARTS.get(match[2], match[2])}"
    if match := _LAYER.fullmatch(name):
        part = _PARTS.get(match[3], match[3])
        return f"synthesis.b{int(match[1])}.{_LAYERS[match[2]]}.{part}"
    return None


def _networks(
    network: Record, path: str, depth: int, budget: Budget
) -> Iterator[tuple[str, Record]]:
    """A network and its components with the paths of their variables."""
    budget.visit()
    if depth > MAX_MODULE_DEPTH:
        raise Broken(f"has networks within networks more than {MAX_MODULE_DEPTH} deep")
    yield path, network
    components = network.state.get("components", {})
    for name, component in components.items() if isinstance(components, dict) else ():
        if isinstance(component, Record) and isinstance(name, str):
            yield from _networks(component, f"{path}{name:.40}/", depth + 1, budget)


def _in_torch_layout(name: str, array: Array) -> Array:
    if name.endswith("mod_bias"):
        array = array + array.dtype.type(1)
    elif name.endswith("Const/const"):
        array = last_axes(array, 3)
    elif _NOISE.fullmatch(name):
        array = last_axes(array, 2)
    elif array.ndim == 4:
        mirrored = name.endswith(("Conv0_up/weight", "Skip/weight"))
        array = (array[::-1, ::-1] if mirrored else array).transpose(3, 2, 0, 1)
    elif array.ndim == 2:
        array = array.T
    return np.ascontiguousarray(array).reshape(array.shape)


def _config(settings: object, tensors: dict[str, Array], joins_labels: bool) -> dict[str, Any]:
    recorded = settings if isinstance(settings, dict) else {}
    known = Attributes("static_kwargs", {**_DEFAULTS, **recorded})
    config = config_of_shapes(
        tensors,
        architecture_of(tensors),
        taps=known.wholes("resample_kernel", 4),
        conv_clamp=known.optional_number("conv_clamp"),
        activation=known.text("nonlinearity"),
        use_noise=known.flag("use_noise"),
        lr_multiplier=known.number("mapping_lrmul"),
        w_avg_beta=known.optional_number("w_avg_beta"),
    )
    if joins_labels:
        config["mapping"]["joins_labels"] = True
    check_recorded(recorded, config)
    return config


def _notes(settings: object) -> list[str]:
    """A note for settings that nobody has told us of."""
    names = settings.keys() if isinstance(settings, dict) else ()
    unknown = [f"{name:.40}" for name in names if isinstance(name, str)]
    unknown = [name for name in unknown if name not in _OTHERS | _DEFAULTS.keys()]
    notes = [f"ignored unknown settings: {', '.join(unknown[:20])}"] if unknown else []
    known = {"conv_clamp", *_DEFAULTS} - {"label_size", *names}
    assumed = sorted(str(name) for name in known)
    if assumed:
        notes.append(f"settings that are not recorded are as usual: {', '.join(assumed)}")
    return notes
