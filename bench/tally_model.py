"""A model that doubles numbers and writes down each that it was asked for."""

import os
from typing import Any, ClassVar

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyDataType, Number, Text


class Tally:
    """Appends every number to a file: a call that is lost or made twice shows there."""

    options: ClassVar[dict[str, AnyDataType]] = {"file": Text()}
    commands: ClassVar[dict[str, Command]] = {
        "double": Command(
            name="double",
            inputs={"number": Number(whole=True)},
            outputs={"double": Number(whole=True)},
        )
    }

    def setup(self, device: str, options: Values) -> None:
        self.file = os.open(options["file"], os.O_CREAT | os.O_APPEND | os.O_WRONLY)

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        return [self.doubled(call["number"]) for call in batch]

    def doubled(self, number: Any) -> Values:
        """It twice."""
        os.write(self.file, f"{number}\n".encode())
        return {"double": number * 2}
