"""A generator as a web page that needs no server: what `taxiway export --web` writes.

The page's own files are in `taxiway/website`; here is what differs from model to model.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from taxiway.checkpoint import Checkpoint
from taxiway.checkpoint.contents import picture_size
from taxiway.core.images import Pixels, encode_jpeg, fitted
from taxiway.families.stylegan.networks.graphs import graphs_of
from taxiway.families.stylegan.networks.web_program import Weights, web_program
from taxiway.latent.space import Array, Latent

if TYPE_CHECKING:
    from taxiway.catalog.catalog import Card

PACKAGE = Path(__file__).parents[2]
SHARED = ("png.js", "vectors.js", "noise.js")
"""What the page takes from the studio."""
NOT_SHIPPED = (".wat", ".json")
CARD = ("name", "title", "summary", "description", "licence", "made", "data", "limits")
THUMB = 144
"""Pixels along the longer side of a preset's picture."""
TEXT = (".html", ".js", ".css", ".svg", ".json")


class Preset(NamedTuple):
    """A picture to go back to: what it is made of, and how it looks, uint8 [H, W, C]."""

    name: str
    latent: Latent
    picture: Pixels


def website(
    checkpoint: Checkpoint,
    card: "Card",
    steps: Mapping[str, Array],
    presets: Sequence[Preset],
    picture: Pixels,
    dtype: str = "float16",
) -> dict[str, bytes]:
    """Every file of the site by its path; `picture` is what is there before the model is.

    `steps` are the directions, [num_ws, w_dim] each. In `dtype` float16 large weights take half
    the room; they are computed with in float32. Raises Unsupported for a network that no browser
    computes.
    """
    weights = Weights(dtype)
    about = described(checkpoint, card, weights)
    about["directions"] = [
        {"name": name, "step": placed(weights, step)} for name, step in steps.items()
    ]
    files = {"picture.jpg": encode_jpeg(rgb(picture))}
    about["presets"] = []
    for index, preset in enumerate(presets):
        name = f"presets/{index}.jpg"
        given = begun(weights, preset.latent, int(about["num_ws"]))
        about["presets"].append({"name": preset.name, "picture": name, "given": given})
        files[name] = encode_jpeg(rgb(thumb(preset.picture)))
    files["model.bin"] = b"".join(weights.pieces)
    about["bytes"] = weights.size
    files["model.json"] = json.dumps(about, separators=(",", ":")).encode()
    files |= own_files()
    files["index.html"] = filled(files["index.html"], about).encode()
    files["sw.js"] = kept(files["sw.js"], files).encode()
    return files


def described(checkpoint: Checkpoint, card: "Card", weights: Weights) -> dict[str, Any]:
    """What model.json says of the network, whose numbers go to `weights`."""
    synthesis, mapping = graphs_of(checkpoint)
    config = checkpoint.config
    height, width = picture_size(config)
    about: dict[str, Any] = {
        "taxiway": 1,
        "card": {name: getattr(card, name) for name in CARD if getattr(card, name)},
        "first_seed": card.first_seed,
        "width": width,
        "height": height,
        "channels": config["img_channels"],
        "z_dim": config["z_dim"],
        "num_ws": config["num_ws"] or 1,
        "w_dim": config["w_dim"] or config["z_dim"] + config["c_dim"],
        "c_dim": config["c_dim"],
        "classes": config.get("classes"),
        "truncation_cutoff": config.get("truncation_cutoff"),
        "mapping": web_program(mapping, weights),
        "synthesis": web_program(synthesis, weights, noise_mode="const"),
    }
    centre = checkpoint.tensors.get("mapping.class_w_avg", checkpoint.tensors.get("mapping.w_avg"))
    if config["num_ws"] and centre is not None:
        about["centre"] = placed(weights, np.asarray(centre, np.float32))
    return about


def begun(weights: Weights, latent: Latent, num_ws: int) -> dict[str, Any]:
    """A preset's inputs: its z, with the truncation and class that it has; or its ws, as it is."""
    if latent.space != "z":
        rows = np.broadcast_to(latent.numbers, (num_ws, latent.numbers.shape[-1]))
        return {"ws": placed(weights, rows)}
    known = {"truncation": latent.truncation, "label": latent.label}
    given = {name: value for name, value in known.items() if value is not None}
    return {"z": placed(weights, latent.numbers), **given}


def placed(weights: Weights, array: Any) -> dict[str, Any]:
    """Where numbers are, as the page reads them."""
    array = np.asarray(array, np.float32)
    return {"shape": array.shape, **weights.put(array, exactly=True)}


def own_files() -> dict[str, bytes]:
    """What is the same for every model."""
    files = {
        path.relative_to(PACKAGE / "website").as_posix(): path.read_bytes()
        for path in sorted((PACKAGE / "website").rglob("*"))
        if path.is_file() and path.suffix not in NOT_SHIPPED
    }
    return files | {name: (PACKAGE / "studio" / name).read_bytes() for name in SHARED}


def filled(page: bytes, about: Mapping[str, Any]) -> str:
    """The page with the model's words in it."""
    card = about["card"]
    words = {
        "TITLE": card["title"],
        "SUMMARY": card["summary"],
        "WIDTH": about["width"],
        "HEIGHT": about["height"],
        "MEGABYTES": f"{about['bytes'] / 1e6:.1f}",
    }
    text = page.decode()
    for name, word in words.items():
        text = text.replace(name, escape(str(word)))
    return text


def kept(worker: bytes, files: Mapping[str, bytes]) -> str:
    """The service worker with the names of all files, and a version of their contents."""
    names = ["./", *sorted(set(files) - {"sw.js"})]
    digest = hashlib.sha256(b"".join(files[name] for name in names[1:])).hexdigest()
    text = worker.decode().replace('["VERSION", ["FILES"]]', json.dumps([digest[:16], names]))
    assert digest[:16] in text
    return text


def thumb(picture: Pixels) -> Pixels:
    """A picture [H, W, C] no larger than a preset's."""
    height, width = picture.shape[:2]
    scale = min(1.0, THUMB / max(height, width))
    return fitted(picture, max(1, round(width * scale)), max(1, round(height * scale)))


def rgb(picture: Pixels) -> Pixels:
    """Of any number of channels, [H, W, 3]."""
    picture = picture[..., None] if picture.ndim == 2 else picture
    return np.ascontiguousarray(
        picture[..., :3] if picture.shape[2] >= 3 else np.repeat(picture[..., :1], 3, 2)
    )


def total(files: Iterable[bytes]) -> int:
    """Bytes of all files."""
    return sum(map(len, files))
