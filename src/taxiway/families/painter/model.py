"""The rainbow painter as a model: 512 numbers in, a drawn rainbow landscape out."""

from typing import Any, ClassVar

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyDataType, Image, Number, OutputFormat
from taxiway.latent.inputs import latent_inputs
from taxiway.latent.sample import z_of_seed
from taxiway.painting import paint


class Painter:
    """Draws; nothing here is learned, no weights are read, and the device makes no difference."""

    title = "Painter"
    deterministic = True
    imports = ("taxiway.families.painter.model",)
    options: ClassVar[dict[str, AnyDataType]] = {}
    facts: ClassVar[dict[str, Any]] = {"device": "cpu"}
    commands: ClassVar[dict[str, Command]] = {
        "generate": Command(
            name="generate",
            description="Draw the rainbow landscape that z stands for.",
            inputs={
                **latent_inputs(512),
                "size": Number(
                    default=256, whole=True, min=32, max=1024, description="Width in pixels."
                ),
                "format": OutputFormat(),
            },
            outputs={"image": Image()},
            needs_one_of=("z", "seed"),
        )
    }

    def setup(self, device: str, options: Values) -> None:
        """Draw once: the first picture makes tables that later ones share."""
        paint(z_of_seed(0, 512), 64)

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        return [{"image": self._draw(call)} for call in batch]

    def _draw(self, call: Values) -> Any:
        z = z_of_seed(call["seed"], 512) if call["z"] is None else call["z"]
        return paint(z, call["size"], psi=call["truncation"])


SLOT = Painter
