"""A tiny text model, its numbers drawn: `text_tiny.safetensors` among the fixtures is it.

python tests/families/text/tiny.py
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from taxiway.checkpoint.native import write_tensors
from taxiway.families.text.files import Sizes, description, shapes_of
from taxiway.families.text.tokens import alphabet

MERGES = [("Ġ", "t"), ("h", "e"), ("Ġt", "he"), ("i", "n"), ("Ġ", "a"), ("Ã", "©")]
END = "<|endoftext|>"


def config() -> dict[str, Any]:
    """What its config.json would say."""
    tokens = 256 + len(MERGES) + 1
    sizes = {"n_positions": 24, "n_embd": 16, "n_layer": 2, "n_head": 2}
    return {"vocab_size": tokens, "eos_token_id": tokens - 1, **sizes}


def tokenizer(**parts: Any) -> bytes:
    """Its tokenizer.json, with other parts where they are given."""
    words = [*alphabet(), *("".join(pair) for pair in MERGES)]
    plain = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True}
    model = {"type": "BPE", "vocab": {word: number for number, word in enumerate(words)}}
    said = {
        "model": {**model, "merges": [" ".join(pair) for pair in MERGES]},
        "pre_tokenizer": plain,
        "added_tokens": [{"id": len(words), "content": END, "special": True}],
        **parts,
    }
    return json.dumps(said).encode()


def write(path: Path, seed: int = 0, **numbers: Any) -> Path:
    """A model of ours; `numbers` stand in for drawn tensors."""
    rng = np.random.default_rng(seed)
    shapes = shapes_of(Sizes(**config()))
    drawn = {name: rng.normal(0, 0.3, shape).astype("f4") for name, shape in shapes.items()}
    said = {"taxiway": description(config()), "tokenizer": tokenizer().decode(), "format": "pt"}
    write_tensors(path, {**drawn, **numbers}, "float16", said)
    return path


if __name__ == "__main__":
    write(Path(__file__).parents[2] / "fixtures" / "text_tiny.safetensors")
