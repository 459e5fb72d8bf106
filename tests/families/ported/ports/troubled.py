"""What goes wrong in ports: everything here fails in a way of its own."""

import os
import sys

import runway
from runway.exceptions import InvalidArgumentError

word = {"word": runway.text(default="")}
said = {"said": runway.text}


@runway.setup(options={"at_start": runway.text(default=""), "needed": runway.number})
def setup(opts):
    if opts["at_start"] == "raise":
        raise ValueError("no such luck")
    if opts["at_start"] == "exit":
        print("the last words of a port", file=sys.stderr)
        os._exit(3)


@runway.command("raise", inputs=word, outputs=said)
def fail(model, inputs):
    return 1 / 0


@runway.command("refuse", inputs=word, outputs=said)
def refuse(model, inputs):
    raise InvalidArgumentError("word", "Not that one.")


@runway.command("exit", inputs=word, outputs=said)
def leave(model, inputs):
    print("leaving")
    sys.exit(4)


@runway.command("die", inputs=word, outputs=said)
def die(model, inputs):
    os._exit(5)


@runway.command("wrong", inputs=word, outputs={"picture": runway.image, "more": runway.text})
def wrong(model, inputs):
    return {"picture": [0.5]} if inputs["word"] else {"more": "a picture is missing"}


@runway.command("object", inputs=word, outputs={"thing": runway.any})
def thing(model, inputs):
    return object()


@runway.command(
    "show", inputs={"picture": runway.image, "kind": runway.category(["a", "b"])}, outputs=said
)
def show(model, inputs):
    return "fine"


if __name__ == "__main__":
    runway.run()
