"""A picture in, its negative out; a worker loads it as `interop.negative:Negative`."""

from typing import Any, ClassVar

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyDataType, Image


class Negative:
    """What a sketch with a camera asks, such as a CycleGAN: it has the inputs and outputs."""

    options: ClassVar[dict[str, AnyDataType]] = {}
    facts: ClassVar[dict[str, Any]] = {"device": "cpu"}
    commands: ClassVar[dict[str, Command]] = {
        "convert": Command(name="convert", inputs={"image": Image()}, outputs={"image": Image()})
    }

    def setup(self, device: str, options: Values) -> None:
        """Nothing to do."""

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        return [{"image": 255 - call["image"]} for call in batch]
