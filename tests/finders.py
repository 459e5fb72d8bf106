"""A model that finds boxes; a worker process loads it as `finders:Finder`."""

from typing import Any, ClassVar

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyDataType, Array, Image, ImageBoundingBox, Text


class Finder:
    """The middle of a picture."""

    options: ClassVar[dict[str, AnyDataType]] = {}
    facts: ClassVar[dict[str, Any]] = {"device": "cpu"}
    commands: ClassVar[dict[str, Command]] = {
        "find": Command(
            name="find",
            inputs={"image": Image()},
            outputs={
                "boxes": Array(item_type=ImageBoundingBox()),
                "classes": Array(item_type=Text()),
            },
        )
    }

    def setup(self, device: str, options: Values) -> None:
        """Nothing is needed."""

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        return [{"boxes": [[0.25, 0.25, 0.75, 0.75]], "classes": ["middle"]} for _ in batch]
