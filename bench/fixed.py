"""A model that answers at once, so that only the server is measured."""

from typing import Any, ClassVar

from picture import gradient, picture
from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyDataType, Category, Image, Number, Text, Vector
from taxiway.core.images import to_data_uri


class Fixed:
    """Answers a data URI that was encoded beforehand, pixels that the server encodes, or those of
    a picture made for each call.
    """

    options: ClassVar[dict[str, AnyDataType]] = {
        "size": Number(default=256, whole=True),
        "answer": Category(one_of=("encoded", "prepared", "rendered")),
    }
    commands: dict[str, Command]

    def setup(self, device: str, options: Values) -> None:
        self.answer: Any = picture(options["size"])
        output: AnyDataType = Image()
        self.size, self.rendered = options["size"], options["answer"] == "rendered"
        if options["answer"] == "prepared":
            self.answer, output = to_data_uri(self.answer), Text()
        self.commands = {
            "generate": Command(
                name="generate",
                inputs={"z": Vector(length=512), "truncation": Number(default=0.8)},
                outputs={"image": output},
                max_batch=8,
            )
        }

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        if self.rendered:
            return [{"image": gradient(call["z"], self.size)} for call in batch]
        return [{"image": self.answer} for _ in batch]
