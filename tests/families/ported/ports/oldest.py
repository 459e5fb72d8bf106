"""The dialect before SDK 0.0.74: lists of named types, a checkpoint, positional arguments."""

import runway
from runway import checkpoint, image, number, text


@runway.setup(options=[checkpoint(name="weights", extension=".txt")])
def setup(opts):
    with open(opts["weights"]) as file:
        return file.read().split()


@runway.command(
    "caption",
    inputs=[image(name="photo"), number(name="index", default=1, min=0, max=2)],
    outputs=[text(name="caption")],
)
def caption(words, photo, index):
    return "{} of {} x {}".format(words[index], *photo.size)


if __name__ == "__main__":
    runway.run()
