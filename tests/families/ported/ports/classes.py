"""Types as classes, a bare set-up, a bare value; the styles of most small ports."""

import runway
from runway.data_types import *  # noqa: F403


@runway.setup
def setup():
    print("loading nothing at all")
    return "model"


@runway.command("shout", inputs={"words": text}, outputs={"loud": text})  # noqa: F405
def shout(model, inputs):
    print("a stray line of output:", inputs["words"])
    return inputs["words"].upper() + "!"


@runway.command("half", inputs={"photo": image}, outputs={"small": image})  # noqa: F405
def half(model, inputs):
    photo = inputs["photo"]
    return photo.resize((photo.width // 2, photo.height // 2))


@runway.command("same", inputs={"anything": any}, outputs={"result": any})
def same(model, inputs):
    return inputs["anything"]


if __name__ == "__main__":
    runway.run(port=8888)
