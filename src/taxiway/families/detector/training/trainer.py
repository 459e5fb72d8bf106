"""A detector in training: what the shared loop asks of it."""

import copy
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from taxiway.core.errors import InvalidArgument
from taxiway.core.files import whole_file, write_whole
from taxiway.families.detector.drawing import with_boxes
from taxiway.families.detector.network import Shape, layers
from taxiway.families.detector.precision import Found, precision
from taxiway.families.detector.suppression import surest
from taxiway.families.detector.training.data import Data, batch, plain, rate_at, showing
from taxiway.families.detector.training.loss import losses
from taxiway.families.detector.training.module import Detector, arrays, fill
from taxiway.families.detector.weights import Weights, read_weights, write_weights
from taxiway.training.config import TrainingConfig
from taxiway.training.trainer import Description, Panel, Pictures, Trainer

SHOWN, SURE = 9, 0.3
"""Pictures on a sheet, and how sure of a box the detector is that is drawn there."""
MEASURED = 500
KEPT, STEEP = 0.998, 5.0
"""The average's share of itself at a step, and the steepest gradient that is followed."""
WARM = 1600
"""Examples until the rate is at its highest."""
FEW = 10


class DetectorTrainer(Trainer):
    """Learns boxes and classes of pictures; what runs is an average of its weights."""

    measures = ("error", "ap50", "ap")
    bar = ("boxes", "classes", "ap50", "ap")
    panels = (
        Panel("losses", (("boxes", "boxes"), ("classes", "classes"))),
        Panel("average precision", (("ap50", "AP50"), ("ap", "AP50-95"))),
    )
    calmer = " and a smaller --rate"
    size = 1

    def __init__(self, config: TrainingConfig[dict[str, Any]], data: Data) -> None:
        self.config, self.data, self.seen = config, data, 0
        self.given = config.settings
        self.device = torch.device(self.given["device"])
        self.shape = Shape(data.classes, data.squares.shape[1])
        if not data.learnt or not any(len(one.classes) for one in data.labelled):
            raise InvalidArgument("The dataset has no box to learn from.")

    def start(self) -> None:
        torch.manual_seed(0)
        self._take(Detector(self.shape))
        if self.config.start:
            fill(self.network, started(Path(self.config.start)))
            self.average = copy.deepcopy(self.network)

    def _take(self, network: Detector) -> None:
        self.network = network.to(self.device)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(self.network).requires_grad_(False)
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(), self.given["rate"], betas=(0.9, 0.99), weight_decay=0.02
        )

    def step(self) -> dict[str, float]:
        rng = np.random.default_rng([self.seen, 20])
        places, count = self._places(), self.given["batch"]
        pictures, targets = batch(
            self.data, places, showing(count, rng, not self.given["unmirrored"]), self.device
        )
        rate = rate_at(self.seen, self.config.kimg * 1000, WARM, self.given["rate"])
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.network.train()
        boxes, logits = self.network(pictures)
        parts = losses(boxes, logits, self.network.places, targets)
        self.optimizer.zero_grad()
        torch.stack(list(parts.values())).sum().backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), STEEP)
        self.optimizer.step()
        self.seen += count
        self._average()
        return {name: float(part.detach()) for name, part in parts.items()}

    def _places(self) -> list[int]:
        """Which pictures come next: all of them once, in a new order each time."""
        learnt, first = self.data.learnt, self.seen
        rounds = {at // learnt for at in range(first, first + self.given["batch"])}
        orders = {one: np.random.default_rng([one, 10]).permutation(learnt) for one in rounds}
        return [
            int(orders[at // learnt][at % learnt])
            for at in range(first, first + self.given["batch"])
        ]

    @torch.no_grad()
    def _average(self) -> None:
        steps = self.seen / self.given["batch"]
        kept = min(KEPT, (1 + steps) / (10 + steps))
        own, average = self.network.state_dict(), self.average.state_dict()
        for name, tensor in average.items():
            if tensor.dtype.is_floating_point:
                tensor.lerp_(own[name], 1 - kept)

    def save(self, path: Path) -> None:
        state = {
            "seen": self.seen,
            "classes": list(self.shape.classes),
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }
        with whole_file(path) as file:
            torch.save(state, file)

    def resume(self, path: Path) -> None:
        state = torch.load(path, map_location="cpu", weights_only=True)
        if tuple(state["classes"]) != self.shape.classes:
            there, was = ", ".join(self.shape.classes), ", ".join(state["classes"])
            raise InvalidArgument(f"The dataset's classes are {there}; this training has {was}.")
        self._take(Detector(self.shape))
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.seen = int(state["seen"])

    def sample(self) -> Pictures:
        """Pictures that are measured by, with what is found in them."""
        squares = self._shown()
        return self._drawn(squares, self._find(squares, SURE))

    def real(self) -> Pictures:
        """The same pictures with what is there."""
        there = [self.data.labelled[at] for at in self.data.measured[:SHOWN]]
        return self._drawn(self._shown(), [Found(*one, np.ones(len(one.classes))) for one in there])

    def _shown(self) -> NDArray[np.uint8]:
        measured = self.data.measured[:SHOWN]
        fits = int(len(measured) ** 0.5) ** 2  # a sheet is a square
        return np.asarray(self.data.squares[measured.start : measured.start + fits])

    def _drawn(self, squares: Pictures, found: list[Found]) -> Pictures:
        size, names = self.shape.size, self.shape.classes
        return np.stack(
            [
                with_boxes(
                    square, one.boxes / size, [names[k] for k in one.classes], one.classes.tolist()
                )
                for square, one in zip(squares, found, strict=False)
            ]
        )

    @torch.inference_mode()
    def _find(self, squares: Pictures, threshold: float) -> list[Found]:
        """What the average finds in squares [N, S, S, 3]; boxes in pixels."""
        self.average.eval()
        found = []
        for first in range(0, len(squares), 16):
            boxes, logits = self.average(plain(squares[first : first + 16], self.device))
            inside = boxes.clamp(0, self.shape.size).cpu().numpy()
            scores = logits.sigmoid().cpu().numpy()
            found += [surest(*pair, threshold, 100) for pair in zip(inside, scores, strict=True)]
        return found

    def measure(self) -> dict[str, float]:
        """Average precision on what is held out, up to MEASURED pictures of it."""
        measured = self.data.measured[:MEASURED]
        found = self._find(self.data.squares[measured.start : measured.stop], 0.02)
        there = [Found(*self.data.labelled[at], np.ones(0)) for at in measured]
        good = precision(found, there)
        return {"error": 1 - good.ap, "ap50": good.ap50, "ap": good.ap}

    def warnings(self, record: Mapping[str, Any]) -> list[str]:
        """Once, at the first snapshot: classes with few boxes, and that nothing is held out."""
        if "ap50" not in record or self.seen > self.given["batch"] * 2 + WARM:
            return []
        counts = np.zeros(len(self.shape.classes), int)
        for one in self.data.labelled[: self.data.learnt]:
            np.add.at(counts, one.classes, 1)
        named = zip(self.shape.classes, counts, strict=True)
        said = [f"'{name}' has only {n} boxes to learn from." for name, n in named if n < FEW]
        if not self.data.held:
            said.append("Nothing is held out, so it is measured by what it has learnt from.")
        return said

    def export(self, path: Path, whole: bool) -> None:
        """The model; if `whole`, also as ONNX, for other programs."""
        from taxiway.families.detector.onnx_model import onnx_model

        tensors = arrays(self.average)
        write_weights(path, self.shape, tensors)
        if whole:
            about, weights = self.config.about, Weights(self.shape, tensors)
            data = onnx_model(weights, about.title, about.licence)
            write_whole(path.with_suffix(".onnx"), data)

    def describe(self) -> Description:
        data, names = self.data, ", ".join(self.shape.classes)
        held = f"{data.held} of them held out" if data.held else "none of them held out"
        about = f"{len(data.squares)} pictures with {len(self.shape.classes)} classes, {held}"
        wide = f"{self.shape.size} pixels"
        options = [f"--batch={self.given['batch']}", f"--rate={self.given['rate']:g}"]
        options += ["--unmirrored"] if self.given["unmirrored"] else []
        return Description(
            "detector",
            f"Finds {names} in pictures.",
            f"{about}, seen at {wide} on {self.device}",
            f"batch {self.given['batch']}, highest rate {self.given['rate']:g}, {wide}; {about}",
            resolution=self.shape.size,
            options=(*options, f"--resolution={self.shape.size}", f"--held={self.given['held']:g}"),
        )

    def pace(self, size: int) -> float | None:
        """A few steps on a few of the pictures, by another trainer."""
        few = self.data._replace(
            squares=self.data.squares[:64], labelled=self.data.labelled[:64], held=0
        )
        if not any(len(one.classes) for one in few.labelled):
            return None
        other = DetectorTrainer(self.config, few)
        other._take(Detector(self.shape))
        other.step()  # sets up what all others use
        before, begun = other.seen, time.perf_counter()
        other.step()
        return (time.perf_counter() - begun) * 1000 / (other.seen - before)

    def state_bytes(self) -> int:
        """Weights, the average, and two numbers each for Adam."""
        return 16 * sum(
            layer.inputs * layer.outputs * layer.kernel**2 for layer in layers(self.shape).values()
        )


def started(path: Path) -> Weights:
    """The detector that a training starts from: a file, or a training's folder."""
    return read_weights(path / "model.safetensors" if path.is_dir() else path)
