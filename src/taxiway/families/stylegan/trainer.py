"""How StyleGAN is trained: what can be asked for. PyTorch is imported only when it is."""

from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from taxiway.core.datatypes import AnyDataType, Boolean, Category, Number
from taxiway.training.config import longer
from taxiway.training.trainer import Asked, Recipe, Trainer

if TYPE_CHECKING:
    from taxiway.families.stylegan.training.config import TrainingConfig
    from taxiway.families.stylegan.training.trainer import Data


class StyleGANRecipe(Recipe):
    """Trainings of StyleGAN2, and of StyleGAN3 from a trained one, on square pictures."""

    needs = ("torch",)
    options: ClassVar[dict[str, AnyDataType]] = {
        "quality": Category(one_of=("draft", "good"),
                            description="draft: a small network, quicker"),
        "labels": Boolean(description="learn the dataset's classes, to be chosen from"),
        "resolution": Number(default=None, optional=True, whole=True,
                             description="pixels: the dataset's"),
        "channels": Category(one_of=("auto", "1", "3", "4"),
                             description="1: grey, 3: colours, 4: with alpha; auto: the start's, "
                             "else the dataset's"),
        "augment": Category(one_of=("auto", "none", "sky", "full")),
        "batch": Number(default=16, min=1, whole=True),
        "gamma": Number(default=2, min=0,
                        description="weight of the R1 penalty in multiples of the usual: 2"),
        "path_length": Number(default=0, min=0, description="weight of path length "
                              "regularisation: none; usually 2"),
        "detail": Number(default=0, min=0,
                         description="weight of a discriminator of detail: none; usually 1"),
        "freeze": Number(default=0, whole=True,
                         description="blocks of the discriminator that learn nothing"),
        "threads": Number(default=None, optional=True, min=1, whole=True,
                          description="parts of a batch on a CPU: what suits"),
        "direct": Boolean(description="at full size from the start"),
    }  # fmt: skip
    resumes = frozenset({"gamma", "threads"})
    kimg = 200.0

    def read(self, asked: Asked, known: "TrainingConfig | None") -> "Data":
        """The pictures as they are trained, and their classes where they are learnt."""
        from taxiway.families.stylegan.training.trainer import Data, channels_of, fitted
        from taxiway.training.datasets.pictures.packed import read_classes, read_dataset

        size = known.size if known else asked.given.get("resolution")
        pictures = fitted(read_dataset(asked.dataset, channels_of(asked, known)), size)
        learns = asked.given.get("labels") or (known is not None and known.settings.labels)
        return Data(pictures, read_classes(asked.dataset) if learns else None)

    def trainer(self, config: "TrainingConfig", data: "Data", group: Any = None) -> Trainer:
        from taxiway.families.stylegan.training.trainer import StyleGANTrainer
        from taxiway.training.distributed import ALONE

        return StyleGANTrainer(config, data, group or ALONE)

    def configure(self, asked: Asked, data: "Data") -> "TrainingConfig":
        from taxiway.backends.torch.device import pick_device
        from taxiway.families.stylegan.training import config
        from taxiway.families.stylegan.training.transfer import Start

        given, size = self.values(asked), data.pictures.shape[1]
        device = pick_device(asked.device or "auto")
        settings = config.new_settings(
            given["quality"], given["batch"], given["gamma"], given["freeze"], device
        )
        settings = config.spread(settings, device, given["threads"], asked.processes)
        settings = replace(
            settings,
            path_length=given["path_length"],
            detail=given["detail"],
            img_channels=data.pictures.shape[3],
        )
        if data.classes:
            settings = replace(settings, labels=True, c_dim=data.classes.count)
        kimg = asked.kimg or (config.FROM_ANOTHER if asked.start else config.FROM_NOTHING)
        changed = config.augmented(settings, given["augment"], data.pictures)
        settings = config.averaged(changed, kimg)
        stages = config.grown_stages(size, kimg, size if given["direct"] else config.SMALLEST)
        begun = ""
        if asked.start:
            begun = str(asked.start.absolute())
            start = Start(Path(begun))
            settings = start.settings(size, settings)
            stages = config.stages_from(start, size, kimg)
        config.check_freeze(settings, stages)
        return config.TrainingConfig(str(asked.dataset), stages, settings, begun, asked.about)

    def read_config(self, folder: Path) -> "TrainingConfig":
        from taxiway.families.stylegan.training.config import read_training_config

        return read_training_config(folder)

    def changed(self, known: "TrainingConfig", asked: Asked) -> "TrainingConfig":
        """The config of a training that goes on: perhaps for longer, or on another machine."""
        from taxiway.backends.torch.device import devices, pick_device
        from taxiway.families.stylegan.training.config import spread

        gamma, threads = asked.given.get("gamma"), asked.given.get("threads")
        settings = replace(known.settings, gamma=known.settings.gamma if gamma is None else gamma)
        before = settings.device if settings.device in devices() else "auto"
        device = pick_device(asked.device or before)
        moved = str(device) != settings.device
        if moved or threads or asked.processes:
            processes = asked.processes or (1 if moved else settings.processes)
            settings = spread(settings, device, threads, processes)
        stages = longer(known.stages, asked.kimg)
        return replace(known, dataset=str(asked.dataset), stages=stages, settings=settings)

    def processes(self, config: "TrainingConfig") -> int:
        return config.settings.processes

    def device(self, config: "TrainingConfig") -> str:
        return config.settings.device

    def limits(self, config: "TrainingConfig") -> AbstractContextManager[None]:
        from taxiway.families.stylegan.training.trainer import limits

        return limits(config)


SLOT = StyleGANRecipe
