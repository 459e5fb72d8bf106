"""Checkpoints as torch's `.pt`, for other tools: a dictionary that `weights_only=True` loads.

A StyleGAN2 that fits has the names and axes of rosinality's stylegan2-pytorch, under "g_ema" with
"latent_avg" beside it; any other network those that it has here, NVIDIA's, under "G_ema". Beside it
is our own description, by which our reader knows the settings that such files otherwise lack.
"""

import math
import re
import struct
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from taxiway.checkpoint import rosinality, shapes
from taxiway.checkpoint.contents import Checkpoint
from taxiway.checkpoint.native import described
from taxiway.checkpoint.tensors import Array
from taxiway.core.files import write_whole

DESCRIPTION = "taxiway"
TAPS = [1, 3, 3, 1]
Value = str | npt.NDArray[Any] | Mapping[str, "Value"]


def write_state(path: Path | str, checkpoint: Checkpoint) -> list[str]:
    """Write a checkpoint as `.pt`, whole or not at all; what other tools cannot know, in sentences.

    Raises UnreadableCheckpoint if config and tensors do not belong together.
    """
    tensors, text = described(path, checkpoint)
    if fits_rosinality(checkpoint):
        state = rosinality_state(tensors)
        top: dict[str, Value] = {"g_ema": state, "latent_avg": tensors["mapping.w_avg"]}
    else:
        top = {"G_ema": tensors | filters(checkpoint)}
    write_whole(path, torch_file({**top, DESCRIPTION: text}))
    return list(_lacks(checkpoint, "g_ema" in top))


def fits_rosinality(checkpoint: Checkpoint) -> bool:
    """Whether rosinality's code can compute the network, its clamps apart."""
    config = checkpoint.config
    if checkpoint.family != "stylegan2" or config["architecture"] != "skip" or config["c_dim"]:
        return False
    height, width = config["img_resolution"]
    convs = [layer for layer in config["layers"].values() if "activation" in layer]
    return (
        height == width == 2 * 2 ** (config["num_ws"] // 2)
        and config["img_channels"] == 3
        and list(config["resample_filter"]) == TAPS
        and config["z_dim"] == config["w_dim"]
        and (config["mapping"]["activation"], config["mapping"]["lr_multiplier"]) == ("lrelu", 0.01)
        and all(layer["activation"] == "lrelu" and layer["use_noise"] for layer in convs)
        and all(math.isclose(layer["act_gain"], math.sqrt(2), rel_tol=1e-6) for layer in convs)
    )


def rosinality_state(tensors: Mapping[str, Array]) -> dict[str, Value]:
    """The tensors of a StyleGAN2 under rosinality's names and axes, its filters with them."""
    kernel = np.outer(TAPS, TAPS) * np.float32(4 / np.sum(TAPS) ** 2)
    state: dict[str, Value] = {}
    for name, array in tensors.items():
        if (new := rosinality_name(name)) is None:
            continue
        state[new] = array.reshape(_axes(new, array.shape))
        if name.endswith("conv0.weight"):
            state[new.replace("conv.weight", "conv.blur.kernel")] = kernel.astype(np.float32)
        if name.endswith("torgb.bias") and new.startswith("to_rgbs"):
            state[new.replace("bias", "upsample.kernel")] = kernel.astype(np.float32)
    return state


def rosinality_name(name: str) -> str | None:
    """rosinality's name for a tensor of NVIDIA's; None for the average w, which stands beside."""
    if name == "synthesis.b4.const":
        return "input.input"
    if match := re.fullmatch(r"mapping\.fc(\d+)\.(weight|bias)", name):
        return f"style.{int(match[1]) + 1}.{match[2]}"
    match = re.fullmatch(r"synthesis\.b(\d+)\.(conv0|conv1|torgb)\.(.+)", name)
    if match is None:
        return None
    step = int(match[1]).bit_length() - 4  # b8 is 0
    index = 2 * step + int(match[2] == "conv1")
    if match[3] == "noise_const":
        return f"noises.noise_{index + 1}"
    parts = {new: old for old, new in rosinality.PARTS.items() if new != "bias"}
    if match[2] == "torgb":
        part = "bias" if match[3] == "bias" else parts[match[3]]
        return f"to_rgb1.{part}" if step < 0 else f"to_rgbs.{step}.{part}"
    part = "activate.bias" if match[3] == "bias" else parts[match[3]]
    return f"conv1.{part}" if index < 0 else f"convs.{index}.{part}"


def filters(checkpoint: Checkpoint) -> dict[str, Array]:
    """The filters that NVIDIA's StyleGAN2 keeps in its layers; none for other networks."""
    if checkpoint.family != "stylegan2":
        return {}
    taps = np.array(checkpoint.config["resample_filter"], np.float32)
    kernel = np.outer(taps, taps) / taps.sum() ** 2
    names = [name for name in checkpoint.config["layers"] if not name.endswith("torgb")]
    blocks = shapes.stylegan2_blocks(checkpoint.config)
    return {f"synthesis.{name}.resample_filter": kernel for name in (*names, *blocks)}


def _axes(name: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that rosinality gives a tensor: an axis for the batch, and some for the picture."""
    if name.endswith("noise.weight"):
        return (1,)
    if name.startswith("to_rgb") and name.endswith(".bias") and "modulation" not in name:
        return (1, *shape, 1, 1)
    if name.endswith("conv.weight") or name == "input.input":
        return (1, *shape)
    return (1, 1, *shape) if name.startswith("noises.") else shape


def _lacks(checkpoint: Checkpoint, is_rosinality: bool) -> "list[str]":
    """What a tool that reads the file has to know, or cannot do."""
    if is_rosinality:
        clamps = {layer.get("conv_clamp") for layer in checkpoint.config["layers"].values()}
        told = ["It has the layout of rosinality's stylegan2-pytorch."]
        if clamps := {clamp for clamp in clamps if clamp}:
            told.append(f"Other tools will not clamp features at {max(clamps):g}.")
        return told
    if own := _own_parts(checkpoint):
        return [f"NVIDIA's code has no {own} like this network's: only Taxiway reads all of it."]
    if checkpoint.family in ("stylegan2", "stylegan3"):
        return [
            "It has NVIDIA's names, for load_state_dict of a network of the same settings; "
            "NVIDIA's own .pkl needs their source text and is not written."
        ]
    return [f"Nobody else has names for a {checkpoint.family}: only Taxiway reads them."]


def _own_parts(checkpoint: Checkpoint) -> str:
    """What a StyleGAN2 or 3 has that NVIDIA's networks have not; nothing where it is theirs."""
    config = checkpoint.config
    if "upscaler" in config:
        return "upscaler"
    mapping = config.get("mapping", {})
    return "classes" if mapping.get("class_centres") or mapping.get("joins_labels") else ""


def torch_file(value: "Value") -> bytes:
    """A file in torch's zip form, put together by hand: float32 arrays, text, dictionaries of both.

    Its stream calls torch's own `_rebuild_tensor_v2` and makes OrderedDicts, and nothing else, so
    that `torch.load` takes it with `weights_only=True`.
    """
    arrays: list[npt.NDArray[Any]] = []
    stream = b"\x80\x02" + _code(value, arrays) + b"."
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", stream)
        archive.writestr("archive/byteorder", "little")
        for index, array in enumerate(arrays):
            archive.writestr(f"archive/data/{index}", array.tobytes())
        archive.writestr("archive/version", "3\n")
    return file.getvalue()


def _code(value: "Value", arrays: list[npt.NDArray[Any]]) -> bytes:
    """The opcodes of a value (protocol 2); arrays are collected, to be stored in order."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, np.ndarray):
        arrays.append(np.asarray(value, "<f4", order="C"))
        return _tensor(value.shape, str(len(arrays) - 1))
    pairs = (_text(name) + _code(each, arrays) for name, each in value.items())
    return b"}(" + b"".join(pairs) + b"u"


def _tensor(shape: tuple[int, ...], key: str) -> bytes:
    """Opcodes for a contiguous tensor over the storage of that key."""
    count = math.prod(shape)
    strides = tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))
    storage = b"(" + _text("storage") + b"ctorch\nFloatStorage\n" + _text(key) + _text("cpu")
    storage += _whole(count) + b"tQ"
    hooks = b"ccollections\nOrderedDict\n)R"
    args = b"(" + storage + _whole(0) + _wholes(shape) + _wholes(strides) + b"\x89" + hooks + b"t"
    return b"ctorch._utils\n_rebuild_tensor_v2\n" + args + b"R"


def _text(value: str) -> bytes:
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def _whole(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def _wholes(values: tuple[int, ...]) -> bytes:
    return b"(" + b"".join(map(_whole, values)) + b"t"
