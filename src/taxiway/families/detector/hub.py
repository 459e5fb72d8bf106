"""Detectors as `transformers` saves them: D-FINE, RT-DETR, RF-DETR, YOLOS, DETR and their kin.

A folder with config.json, preprocessor_config.json and weights as safetensors. Nothing of it is
run, nothing is fetched: code in a repository and pickled weights are passed over.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from taxiway.backends.torch.saved import reading
from taxiway.core.extras import need
from taxiway.core.images import Pixels
from taxiway.core.parsing import Malformed, from_json
from taxiway.families.detector.precision import Found

CONFIG = "config.json"
KIND = "ForObjectDetection"
"""How the names of transformers' classes for it end."""


def is_saved(folder: Path) -> bool:
    """Whether a folder holds a detector of transformers, with weights as safetensors."""
    try:
        told: Any = from_json((folder / CONFIG).read_bytes())
    except (OSError, Malformed):
        return False
    names = told.get("architectures") if isinstance(told, dict) else None
    is_one = isinstance(names, list) and any(str(name).endswith(KIND) for name in names)
    return is_one and any(folder.glob("*.safetensors"))


class HubDetector:
    """One of them, by PyTorch."""

    def __init__(self, folder: Path, device: str) -> None:
        need("transformers", "A detector of transformers'", "text")
        import torch
        from transformers import AutoImageProcessor, AutoModelForObjectDetection

        from taxiway.backends.torch.device import pick_device

        self.device = pick_device(device)
        kept: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        with reading(folder, "detector"):
            of_pictures: Any = AutoImageProcessor
            self.processor = of_pictures.from_pretrained(folder, **kept)
            model = AutoModelForObjectDetection.from_pretrained(
                folder, use_safetensors=True, dtype=torch.float32, **kept
            )
        self.model: Any = model.eval().to(self.device)
        names = {int(number): str(name) for number, name in model.config.id2label.items()}
        self.classes: Sequence[str] = [names.get(n, str(n)) for n in range(max(names) + 1)]
        self.facts: dict[str, Any] = {
            "architecture": type(model).__name__.removesuffix(KIND),
            "classes": len(self.classes),
            "device": str(self.device),
            "backend": "torch",
            "precision": "float32",
        }

    def find(self, pictures: Sequence[Pixels], threshold: float, most: int) -> list[Found]:
        """As the family's `Finder`."""
        import torch

        inputs = self.processor(images=list(pictures), return_tensors="pt").to(self.device)
        with torch.inference_mode():
            outputs = self.model(**inputs)
        found = self.processor.post_process_object_detection(
            outputs, threshold=threshold, target_sizes=[(1, 1)] * len(pictures)
        )
        return [_found(each, most, len(self.classes)) for each in found]


def _found(each: dict[str, Any], most: int, classes: int) -> Found:
    """The surest of what the processor gives for a picture, without boxes of no class or size."""
    boxes, kinds, scores = (each[key].cpu().numpy() for key in ("boxes", "labels", "scores"))
    boxes = np.clip(boxes.reshape(-1, 4), 0, 1)
    real = (boxes[:, :2] < boxes[:, 2:]).all(axis=1) & (kinds >= 0) & (kinds < classes)
    order = np.flatnonzero(real)[np.argsort(-scores[real], kind="stable")][:most]
    return Found(boxes[order], kinds[order].astype(np.int64), scores[order])
