"""How a small network is taught by a large one: what can be asked for."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from taxiway.core.datatypes import AnyDataType, Category, Number
from taxiway.training.config import TrainingConfig, longer
from taxiway.training.trainer import Asked, Recipe, Trainer

if TYPE_CHECKING:
    from taxiway.families.stylegan.training.distil_trainer import Plan
    from taxiway.families.stylegan.training.teacher import Teacher


class DistilRecipe(Recipe):
    """Trainings of a small, quick StyleGAN2 that draws what a model draws, z for z."""

    needs = ("torch",)
    source = "model"
    options: ClassVar[dict[str, AnyDataType]] = {
        "quality": Category(one_of=("draft", "good"),
                            description="draft: a small network, quicker"),
        "resolution": Number(default=None, optional=True, whole=True,
                             description="pixels: the model's, at most 128"),
        "pairs": Number(default=8000, min=16, whole=True,
                        description="pictures of the model's to learn from: 8000"),
        "batch": Number(default=16, min=4, max=256, whole=True),
        "rate": Number(default=0.002, min=0, description="learning rate: 0.002"),
        "judged": Number(default=0.5, min=0, description="weight of the discriminator's verdict; "
                         "0: pixels only, which is soft"),
    }  # fmt: skip
    resumes = frozenset({"rate", "judged"})
    kimg = 100.0

    def read(self, asked: Asked, known: "TrainingConfig[Plan] | None") -> "Teacher":
        """The model that teaches, and what it draws at the size that is learnt."""
        from taxiway.backends.torch.device import pick_device
        from taxiway.families.stylegan.training.teacher import Teacher

        given = self.values(asked)
        size = known.size if known else given["resolution"]
        count = known.settings.pairs if known else given["pairs"]
        return Teacher(asked.dataset, size, count, str(pick_device(asked.device or "auto")))

    def configure(self, asked: Asked, data: "Teacher") -> "TrainingConfig[Plan]":
        from taxiway.families.stylegan.training.distil_trainer import planned

        settings = planned(self.values(asked), data)
        kimg = asked.kimg or self.kimg
        half = ((data.size // 2, 0.5 * kimg),) if data.size >= 32 else ()
        begun = str(asked.start.absolute()) if asked.start else ""
        stages = (*half, (data.size, kimg))
        return TrainingConfig(str(asked.dataset.absolute()), stages, settings, begun, asked.about)

    def trainer(
        self, config: "TrainingConfig[Plan]", data: "Teacher", group: Any = None
    ) -> Trainer:
        from taxiway.families.stylegan.training.distil_trainer import DistilTrainer

        return DistilTrainer(config, data)

    def read_config(self, folder: Path) -> "TrainingConfig[Plan]":
        from taxiway.families.stylegan.training.distil_trainer import Plan
        from taxiway.training.config import read_config

        return read_config(folder, Plan)

    def changed(self, known: "TrainingConfig[Plan]", asked: Asked) -> "TrainingConfig[Plan]":
        from dataclasses import replace

        stages = longer(known.stages, asked.kimg)
        settings = replace(known.settings, **asked.given)
        return replace(known, dataset=str(asked.dataset.absolute()), stages=stages,
                       settings=settings)  # fmt: skip

    def device(self, config: "TrainingConfig[Plan]") -> str:
        return config.settings.device

    def limits(self, config: "TrainingConfig[Plan]") -> AbstractContextManager[None]:
        from taxiway.families.stylegan.training.distil_trainer import limits

        return limits(config)


SLOT = DistilRecipe
