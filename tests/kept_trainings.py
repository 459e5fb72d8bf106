"""Folders as trainings leave them, without any training."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

ORDER: dict[str, Any] = {
    "dataset": "/photos.zip",
    "stages": [[32, 10.0], [64, 40.0]],
    "settings": {"batch": 16},
    "start": "",
    "about": {"title": "My garden"},
}


def records(until: float = 20.0) -> list[dict[str, Any]]:
    """A record for every 0.5 kimg, with a snapshot for every 5."""
    found: list[dict[str, Any]] = []
    for step in range(1, int(2 * until) + 1):
        kimg = step / 2
        size = 32 if kimg <= 10 else 64
        waves = {"d": 1.2 + 0.2 * np.sin(kimg), "g": 0.8 + kimg / 40, "sign": 0.3, "p": kimg / 100}
        found.append({"kimg": kimg, "size": size, "seconds_per_kimg": size / 4, **waves})
        if kimg % 5 == 0:
            found.append({"kimg": kimg, "size": size, "kid": 1 / kimg, "variety": 0.9})
    return found


def write_training(folder: Path, until: float = 20.0, **order: Any) -> Path:
    """A training that came as far as `until` kimg: half of them at 32 pixels, the rest at 64."""
    for name in ("samples", "snapshots"):
        (folder / name).mkdir(parents=True)
    (folder / "training.json").write_text(json.dumps({**ORDER, **order}))
    told = records(until)
    told[-1]["warnings"] = ["The pictures are growing alike."]
    (folder / "stats.jsonl").write_text("".join(json.dumps(record) + "\n" for record in told))
    save_sheet(folder / "real.jpg", 0)
    for record in told:
        if "kid" in record:
            path = folder / "samples" / f"{record['kimg']:08.1f}kimg.jpg"
            save_sheet(path, record["kimg"], 3 * record["size"])
    for name in ("model", "best"):
        write_model(folder / name, until)
    for kimg in np.arange(10, until + 1, 10):
        write_model(folder / "snapshots" / f"{kimg:08.1f}kimg", kimg)
    return folder


def write_model(path: Path, kimg: float) -> None:
    """A model at `path` and the endings, with a card; it is described and has no numbers."""
    about = json.dumps({"version": 1, "family": "stylegan2", "config": {}})
    header = json.dumps({"__metadata__": {"taxiway": about}}).encode()
    file = path.with_name(f"{path.name}.safetensors")
    file.write_bytes(len(header).to_bytes(8, "little") + header)
    card = {
        "name": "my-garden",
        "family": "stylegan",
        "title": "My garden",
        "summary": "A garden.",
        "metrics": {"kid": 1 / kimg, "variety": 0.9, "kimg": kimg},
    }
    path.with_name(f"{path.name}.json").write_text(json.dumps(card))


def save_sheet(path: Path, kimg: float, size: int = 96) -> None:
    """A colour for every kimg."""
    Image.new("RGB", (size, size), (int(6 * kimg), 120, 200)).save(path, quality=92)
