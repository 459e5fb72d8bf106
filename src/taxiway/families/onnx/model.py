"""Any ONNX network as a model: its manifest says what goes in and what comes out."""

from pathlib import Path
from typing import Any, ClassVar

from taxiway.catalog.catalog import card_of
from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyDataType, Category, File
from taxiway.onnx_files.reading import is_onnx, look


class OnnxFamily:
    """A network of anybody's, computed without PyTorch."""

    title = "ONNX network"
    summary = "Runs any ONNX file that has a manifest, or whose shapes tell what it takes."
    deterministic = True
    imports = ("taxiway.onnx_files.model",)
    options: ClassVar[dict[str, AnyDataType]] = {
        "checkpoint": File(description="The ONNX file."),
        "manifest": File(
            default=None, optional=True,
            description="Its manifest, if that is not inside it or beside it as NAME.toml.",
        ),
        "precision": Category(
            one_of=("auto", "float32", "bfloat16", "float16"),
            description="auto takes a lower one where it is faster and hardly differs.",
        ),
    }  # fmt: skip
    commands: dict[str, Command]
    facts: dict[str, Any]

    @staticmethod
    def opens(path: str) -> bool:
        """Whether it is an ONNX file, told by how it begins."""
        return is_onnx(Path(path))

    @staticmethod
    def described(path: str) -> dict[str, Any]:
        """A card's parts for a file. Raises what is wrong with it or its manifest."""
        from taxiway.onnx_files.model import manifest_for

        file = look(Path(path))
        manifest, _ = manifest_for(file)
        card = card_of(manifest, Path(path).with_suffix(".toml"), file.path.parent)
        words = ("name", "title", "summary", "description", "licence", "made", "data", "limits")
        return {
            **{word: getattr(card, word) for word in words},
            "metrics": card.metrics,
            "checkpoint": str(file.path.resolve()),
        }

    def setup(self, device: str, options: Values) -> None:
        """Look through the file and compile it as it is fastest here."""
        from taxiway.onnx_files.model import OnnxModel

        self.model = OnnxModel(
            Path(options["checkpoint"]), options["manifest"], device, options["precision"]
        )
        self.commands = {self.model.command.name: self.model.command}
        self.facts = self.model.facts

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        return self.model.answer(batch)


SLOT = OnnxFamily
