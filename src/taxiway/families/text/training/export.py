"""Models between the trainer and their files."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from taxiway.checkpoint.native import write_tensors
from taxiway.families.text.files import WEIGHTS, description, read


@dataclass(frozen=True)
class Start:
    """What a training starts from: a network's config and weights, and its vocabulary."""

    config: dict[str, Any]
    weights: dict[str, Tensor]
    tokenizer: Tokenizer


def start_of(path: Path) -> Start:
    """From a file, a training's folder or one of transformers'. Raises as `files.read`."""
    if (path / "training.json").exists():
        path = path / WEIGHTS
    found = read(path)
    weights = {
        (name if name == "lm_head.weight" else f"transformer.{name}"): torch.from_numpy(array)
        for name, array in found.weights.items()
    }
    weights.setdefault("lm_head.weight", weights["transformer.wte.weight"])
    return Start(found.config, weights, Tokenizer.from_buffer(found.tokenizer))


def write_model(
    path: Path, network: nn.Module, config: dict[str, Any], tokenizer: Tokenizer
) -> None:
    """Write one file, weights in float16, with the vocabulary in it."""
    arrays = {
        name.removeprefix("transformer."): tensor.detach().cpu().numpy()
        for name, tensor in network.state_dict().items()
        if name != "lm_head.weight"
    }
    compact = json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False, separators=(",", ":"))
    said = {"taxiway": description(config), "tokenizer": compact, "format": "pt"}
    write_tensors(path, arrays, "float16", said)
