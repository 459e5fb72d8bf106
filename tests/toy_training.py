"""A training without PyTorch: a chain of hashes, of which each step is known beforehand."""

import hashlib
import json
import time
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from taxiway.checkpoint.native import write_tensors
from taxiway.core.datatypes import AnyDataType, Number
from taxiway.core.files import write_whole
from taxiway.training import session
from taxiway.training.trainer import Description, Recipe, Trainer

BATCH = 4


def chain(steps: int, before: str = "") -> str:
    """The hash after so many steps."""
    for _ in range(steps):
        before = hashlib.sha256(before.encode()).hexdigest()
    return before


class ChainTrainer(Trainer):
    measures = ("rest",)

    def __init__(self, seconds: float) -> None:
        self.seconds, self.seen, self.size, self.hash = seconds, 0, 1, ""

    def start(self) -> None:
        pass

    def step(self) -> dict[str, float]:
        time.sleep(self.seconds)
        self.hash = chain(1, self.hash)
        self.seen += BATCH
        return {"loss": 1.0}

    def save(self, path: Path) -> None:
        write_whole(path, json.dumps([self.seen, self.hash]).encode())

    def resume(self, path: Path) -> None:
        self.seen, self.hash = json.loads(path.read_bytes())

    def sample(self) -> Any:
        return np.zeros((1, 8, 8, 3), np.uint8)

    def measure(self) -> dict[str, float]:
        return {"rest": 1.0}

    def export(self, path: Path, whole: bool) -> None:
        write_tensors(path, {"hash": np.zeros(1, "f4")}, "float32", {})

    def describe(self) -> Description:
        return Description("chain", "A chain of hashes.", "nothing", "no way")


class Chain(Recipe):
    options: ClassVar[dict[str, AnyDataType]] = {"seconds": Number(default=0.02, min=0)}
    kimg = 1.0

    def read(self, asked: Any, known: Any) -> Any:
        return None

    def trainer(self, config: Any, data: Any, group: Any = None) -> Trainer:
        # What is told every ten seconds and saved every ninety is so several times in a test; only
        # in the process that trains, which calls this.
        session.RECORD_SECONDS = 0.2
        session.Session.run.__defaults__ = (0.5,)
        return ChainTrainer(config.settings["seconds"])
