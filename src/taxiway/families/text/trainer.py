"""How text models are trained: what can be asked for. PyTorch is imported only when it is."""

from typing import TYPE_CHECKING, Any, ClassVar

from taxiway.core.datatypes import AnyDataType, Boolean, Number
from taxiway.core.errors import InvalidArgument
from taxiway.training.config import TrainingConfig
from taxiway.training.dataset import refuse
from taxiway.training.datasets.text import Text, Texts, split
from taxiway.training.placed import Placed
from taxiway.training.trainer import Asked

if TYPE_CHECKING:
    from taxiway.families.text.training.trainer import TextTrainer

PARTS = 20
"""Chunks that a short text is cut into at least, so that some can be held out."""


class TextRecipe(Placed):
    """Trainings of GPT-2 on texts, from nothing or from a trained one."""

    needs, extra = ("torch", "transformers"), "text"
    unit, smaller = "passages", "--batch or --context"
    options: ClassVar[dict[str, AnyDataType]] = {
        "vocabulary": Number(default=1024, min=300, max=50_257, whole=True,
                             description="tokens to write with, learnt from the texts: 1024"),
        "context": Number(default=128, min=16, max=1024, whole=True,
                          description="tokens of a passage, which is all that it looks back: 128"),
        "layers": Number(default=6, min=1, max=48, whole=True),
        "width": Number(default=192, min=32, max=1600, whole=True,
                        description="numbers for each token, 32 to each head: 192"),
        "batch": Number(default=8, min=1, max=1024, whole=True),
        "rate": Number(default=0.02, min=0, description="of learning, falling to nothing: 0.02"),
        "dropout": Number(default=0.1, min=0, max=0.9),
        "unwrap": Boolean(description="join lines that were broken at a width, as books' are"),
    }  # fmt: skip
    resumes = frozenset({"rate", "dropout"})
    kimg = 20.0

    def read(self, asked: Asked, known: TrainingConfig[Any] | None) -> Texts:
        """The chunks of a prepared dataset, or of a file, folder or zip file of texts."""
        kind, source = Text(), asked.dataset
        if kind.recognises(source):
            return kind.read(source)
        refuse(source, kind.check(source))
        values = {"unwrap": (known.settings if known else asked.given).get("unwrap")}
        found = split(source, values)
        if len(found.train) + len(found.held_out) >= PARTS:
            return found
        characters = sum(map(len, [*found.train, *found.held_out]))
        return split(source, {**values, "chunk": max(16, characters // PARTS)})

    def configure(self, asked: Asked, data: Texts) -> TrainingConfig[Any]:
        """Raises InvalidArgument where the width has no whole heads."""
        config = super().configure(asked, data)
        if config.settings["width"] % 32:
            raise InvalidArgument(
                f"'width' takes a multiple of 32, got {config.settings['width']}.", "width"
            )
        return config

    def trainer(self, config: TrainingConfig[Any], data: Texts, group: Any = None) -> "TextTrainer":
        from taxiway.families.text.training.trainer import TextTrainer

        return TextTrainer(config, data)


SLOT = TextRecipe
