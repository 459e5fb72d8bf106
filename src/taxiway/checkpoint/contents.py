"""What a checkpoint is once it has been read, whatever file it came from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from taxiway.checkpoint.tensors import Array

UPSCALED = 4
"""How many times as large an upscaler makes the picture."""


@dataclass(frozen=True)
class Checkpoint:
    """A generator: its structure and its (moving average) weights.

    `family` is "stylegan1", "stylegan2", "stylegan3" or "fastgan"; `config` is its structure as
    plain JSON values; `tensors` are its weights under NVIDIA's names ("synthesis.b8.conv0.weight"),
    contiguous and writable; `source` says where it came from: "format", "sha256", "bytes" and
    "notes", and for some formats more.
    """

    family: str
    config: dict[str, Any]
    tensors: dict[str, Array]
    source: dict[str, Any]


class Found(NamedTuple):
    """What the reader of one format found, before it has been checked."""

    family: str
    config: dict[str, Any]
    tensors: dict[str, Array]
    source: dict[str, Any]


def picture_size(config: Mapping[str, Any]) -> tuple[int, int]:
    """Height and width of a network's pictures; its `img_resolution` is before an upscaler."""
    scale = UPSCALED if config.get("upscaler") else 1
    height, width = config["img_resolution"]
    return scale * height, scale * width


def printable(text: str) -> str:
    """Text with the file's own words in it, made safe for a terminal and kept on one line."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
