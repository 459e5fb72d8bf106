"""The files of a GPT-2: a safetensors file of ours, or a folder as transformers saves one.

A folder has `model.safetensors`, `config.json` and `tokenizer.json`; ours has all three in one
file. Nothing else is read: no pickles (`.bin`), no code.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from taxiway.checkpoint.limits import Broken, Budget
from taxiway.checkpoint.native import (
    Description,
    decode,
    is_native,
    native_metadata,
    native_tensors,
)
from taxiway.checkpoint.reader import open_source
from taxiway.checkpoint.source import Source
from taxiway.core.errors import UnreadableCheckpoint

FAMILY, WEIGHTS = "text", "model.safetensors"
MAX_JSON = 1 << 25
"""Bytes of a config.json or tokenizer.json that are read."""
Array = NDArray[np.float32]


class Sizes(Struct, frozen=True):
    """What config.json says that the network depends on, under its names."""

    vocab_size: int
    n_positions: int
    n_embd: int
    n_layer: int
    n_head: int
    model_type: str = "gpt2"
    activation_function: str = "gelu_new"
    layer_norm_epsilon: float = 1e-5
    eos_token_id: int | list[int] | None = None
    scale_attn_weights: bool = True
    scale_attn_by_inverse_layer_idx: bool = False
    n_inner: int | None = None

    @property
    def ends(self) -> frozenset[int]:
        """The tokens that end a text."""
        found = self.eos_token_id
        ends = found if isinstance(found, list) else [] if found is None else [found]
        return frozenset(end for end in ends if 0 <= end < self.vocab_size)


@dataclass(frozen=True)
class Checkpoint:
    """A GPT-2 as it was read: weights float32 by the names of GPT2LMHeadModel without its
    prefix `transformer.`, tokenizer.json as it stands there, config.json as it was."""

    sizes: Sizes
    config: dict[str, Any]
    weights: Mapping[str, Array]
    tokenizer: bytes


def opens(path: str) -> bool:
    """Whether a file or folder is a GPT-2, told by its description; no numbers are read.

    Raises UnreadableCheckpoint for a folder of one that is not read here, such as a pickle's.
    """
    if "://" in path:
        return False
    file = weights_of(Path(path))
    if not file.is_file():
        if Path(path, "config.json").is_file() and _json(Path(path, "config.json")):
            raise UnreadableCheckpoint(_without(file.parent, file.name))
        return False
    found = _described(file)
    return found is not None and found[0].get("model_type", "gpt2") == "gpt2"


def weights_of(path: Path) -> Path:
    """The file of a model's weights, of which `path` may be the folder."""
    return path / WEIGHTS if path.is_dir() else path


def read(path: Path) -> Checkpoint:
    """A GPT-2 from a file or folder.

    Raises NotFound, and UnreadableCheckpoint with what is wrong: a damaged file, tensors that are
    not those of the config, a network that is not GPT-2's.
    """
    file = weights_of(path)
    found = _described(file)
    if found is None:
        raise UnreadableCheckpoint(
            f"'{file.name}' is no text model, nor is one described beside it."
        )
    config, tokenizer = found
    try:
        sizes = msgspec.convert(config, Sizes)
        _check(sizes)
        with open_source(file) as source:
            weights = _weights(source, sizes)
    except msgspec.ValidationError as error:
        raise UnreadableCheckpoint(f"'{file}' has a config that is not GPT-2's: {error}.") from None
    except Broken as error:
        raise UnreadableCheckpoint(f"'{file.name}' {error}.") from None
    return Checkpoint(sizes, config, weights, tokenizer)


def description(config: dict[str, Any]) -> str:
    """What a file of ours says under the name "taxiway"."""
    return msgspec.json.encode(Description(1, FAMILY, config), order="deterministic").decode()


def _described(file: Path) -> tuple[dict[str, Any], bytes] | None:
    """config.json and tokenizer.json, out of a safetensors file or beside it; None without.

    Raises NotFound or UnreadableCheckpoint.
    """
    with open_source(file) as source:
        if not is_native(source):
            return None
        try:
            found = native_metadata(source)
            if "taxiway" in found:
                said = decode(found["taxiway"].encode(), Description)
                is_ours = said.family == FAMILY and "tokenizer" in found
                return (said.config, found["tokenizer"].encode()) if is_ours else None
        except Broken as error:
            raise UnreadableCheckpoint(f"'{file.name}' {error}.") from None
    beside = file.parent / "config.json", file.parent / "tokenizer.json"
    return (_json(beside[0]), _bytes(beside[1])) if beside[0].is_file() else None


def _without(folder: Path, name: str) -> str:
    """Why a folder is none: most often it has weights of another kind only."""
    also = ""
    if (folder / "pytorch_model.bin").exists():
        also = "; 'pytorch_model.bin' is a pickle, which is not read"
    if (folder / "model.safetensors.index.json").exists():
        also = "; a model in several files is not read"
    return f"'{folder}' has no {name}{also}."


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_JSON:
            raise UnreadableCheckpoint(f"'{path}' is larger than {MAX_JSON >> 20} MB.")
        return path.read_bytes()
    except FileNotFoundError:
        raise UnreadableCheckpoint(_without(path.parent, path.name)) from None
    except OSError as error:
        raise UnreadableCheckpoint(f"'{path}' cannot be read: {error.strerror}.") from None


def _json(path: Path) -> dict[str, Any]:
    try:
        return msgspec.json.decode(_bytes(path), type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise UnreadableCheckpoint(f"'{path}' is not understood.") from None


def _check(sizes: Sizes) -> None:
    """Raise Broken for a network that ours is not."""
    counts = (sizes.vocab_size, sizes.n_positions, sizes.n_embd, sizes.n_layer, sizes.n_head)
    if min(counts) < 1 or sizes.n_embd % sizes.n_head or max(counts) > 1 << 20:
        raise Broken(f"has a config of sizes that no GPT-2 has: {counts}")
    plain = (sizes.model_type, sizes.activation_function, sizes.scale_attn_weights)
    if plain != ("gpt2", "gelu_new", True) or sizes.scale_attn_by_inverse_layer_idx:
        raise Broken(f"is no plain GPT-2 but {plain[0]} with {plain[1]}")


def shapes_of(sizes: Sizes) -> dict[str, tuple[int, ...]]:
    """Every tensor's shape by its name; matrices are [in, out]."""
    width, inner = sizes.n_embd, sizes.n_inner or 4 * sizes.n_embd
    made: dict[str, tuple[int, ...]] = {
        "wte.weight": (sizes.vocab_size, width),
        "wpe.weight": (sizes.n_positions, width),
        "ln_f.weight": (width,),
        "ln_f.bias": (width,),
    }
    linear = {
        "attn.c_attn": (width, 3 * width),
        "attn.c_proj": (width, width),
        "mlp.c_fc": (width, inner),
        "mlp.c_proj": (inner, width),
    }
    for layer in range(sizes.n_layer):
        for name in ("ln_1", "ln_2"):
            made |= {f"h.{layer}.{name}.{part}": (width,) for part in ("weight", "bias")}
        for name, shape in linear.items():
            made[f"h.{layer}.{name}.weight"] = shape
            made[f"h.{layer}.{name}.bias"] = shape[1:]
    return made


def _weights(source: Source, sizes: Sizes) -> dict[str, Array]:
    """The tensors that the network has. Raises Broken where one is missing or of another shape."""
    if not is_native(source):
        raise Broken("is no safetensors file")
    there = {
        name.removeprefix("transformer."): tensor for name, tensor in native_tensors(source).items()
    }
    wanted = shapes_of(sizes)
    if math.prod(wanted["wte.weight"]) > source.size or sizes.n_layer > source.size:
        raise Broken("is smaller than its config says")
    head = {"lm_head.weight": wanted["wte.weight"]} if "lm_head.weight" in there else {}
    budget, found = Budget(2 * source.size), dict[str, Array]()
    for name, shape in {**wanted, **head}.items():
        if name not in there:
            raise Broken(f"has no tensor '{name}'")
        if there[name].shape != shape:
            raise Broken(f"has '{name}' of shape {[*there[name].shape]}, not {[*shape]}")
        found[name] = there[name].read(budget).astype(np.float32, copy=False)
    return found
