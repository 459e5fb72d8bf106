"""A model that answers one picture at once, so that only the server is measured."""

from typing import Any, ClassVar

from picture import picture
from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyDataType, Image, Number, Text, Vector
from taxiway.core.images import to_data_uri


class Fixed:
    """`prepared` answers a data URI that was encoded beforehand, else the server encodes."""

    options: ClassVar[dict[str, AnyDataType]] = {
        "size": Number(default=256, whole=True),
        "prepared": Number(default=0, whole=True),
    }
    commands: dict[str, Command]

    def setup(self, device: str, options: Values) -> None:
        self.answer: Any = picture(options["size"])
        output: AnyDataType = Image()
        if options["prepared"]:
            self.answer, output = to_data_uri(self.answer), Text()
        self.commands = {
            "generate": Command(
                name="generate",
                inputs={"z": Vector(length=512), "truncation": Number(default=0.8)},
                outputs={"image": output},
            )
        }

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        return [{"image": self.answer} for _ in batch]
