"""The rainbow painter as a model: 512 numbers in, a drawn rainbow landscape out."""

from typing import Any, ClassVar

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyDataType, Image, Number, OutputFormat, Vector
from taxiway.latent.sample import z_of_seed
from taxiway.painting import paint


class Painter:
    """Draws; nothing here is learned, no weights are read, and the device makes no difference."""

    options: ClassVar[dict[str, AnyDataType]] = {}
    facts: ClassVar[dict[str, Any]] = {"device": "cpu"}
    commands: ClassVar[dict[str, Command]] = {
        "generate": Command(
            name="generate",
            description="Draw the rainbow landscape that z stands for.",
            inputs={
                "z": Vector(length=512, sampling_std=0.5),
                "truncation": Number(default=0.8, min=0, max=1, step=0.01),
                "seed": Number(
                    default=None,
                    optional=True,
                    whole=True,
                    min=0,
                    max=2**32 - 1,
                    description="Used for z where no z is given.",
                ),
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
