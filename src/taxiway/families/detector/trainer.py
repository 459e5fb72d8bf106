"""How a detector is trained on pictures with boxes. PyTorch is imported only when it is."""

from typing import TYPE_CHECKING, Any, ClassVar

from taxiway.core.datatypes import AnyDataType, Boolean, Number
from taxiway.training.placed import Placed
from taxiway.training.trainer import Asked, Trainer

if TYPE_CHECKING:
    from taxiway.families.detector.training.data import Data
    from taxiway.training.config import TrainingConfig


class DetectorRecipe(Placed):
    """Trainings of a small detector, from nothing or from a trained one."""

    needs = ("torch",)
    smaller = "--batch or --resolution"
    options: ClassVar[dict[str, AnyDataType]] = {
        "resolution": Number(default=256, whole=True, min=64, max=1280, step=32,
                             description="pixels that it sees, in steps of 32"),
        "batch": Number(default=16, whole=True, min=2, max=256),
        "rate": Number(default=0.003, min=1e-6, max=1, description="the highest learning rate"),
        "held": Number(default=0.1, min=0, max=0.9,
                       description="part of the pictures that is not learnt from but measured by"),
        "unmirrored": Boolean(description="never mirror: left and right differ, as in writing"),
    }  # fmt: skip
    resumes = frozenset({"rate"})
    kimg = 24.0

    def read(self, asked: Asked, known: "TrainingConfig[dict[str, Any]] | None") -> "Data":
        from taxiway.families.detector.training.data import gathered
        from taxiway.training.dataset import find

        given = known.settings if known else self.values(asked)
        examples = find("boxes").read(asked.dataset)
        return gathered(examples, self.sized(int(given["resolution"])), given["held"])

    def sized(self, resolution: int) -> int:
        """A multiple of 32, the coarsest stride."""
        return max(64, round(resolution / 32) * 32)

    def trainer(
        self, config: "TrainingConfig[dict[str, Any]]", data: "Data", group: Any = None
    ) -> Trainer:
        from taxiway.families.detector.training.trainer import DetectorTrainer

        return DetectorTrainer(config, data)


SLOT = DetectorRecipe
