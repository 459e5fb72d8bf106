"""Write a haiku, line by line: a model of words as it was written for Runway."""

import random

import runway
from runway.data_types import category, number, text

LINES = {
    "spring": (
        ["Rain lets go of light", "Buds knock at the bark", "A wet robin waits"],
        [
            "the whole street opens its doors",
            "someone has painted the air",
            "mud remembers the river",
        ],
        ["Green comes out of grey", "Even stones look up", "The first bee is late"],
    ),
    "autumn": (
        ["Smoke leans on the hill", "Leaves practise falling", "The last swallow left"],
        [
            "an umbrella learns to fly",
            "we count the apples again",
            "a bench keeps the warmth of noon",
        ],
        ["Fog closes the book", "The pond holds a cloud", "Red goes into brown"],
    ),
}


@runway.setup
def setup():
    return LINES


@runway.command(
    "write",
    inputs={
        "season": category(choices=sorted(LINES), default="spring"),
        "seed": number(default=1, min=1, max=1000, step=1),
    },
    outputs={"haiku": text(description="Three lines of 5, 7 and 5 syllables.")},
    description="Write a haiku.",
)
def write(lines, inputs):
    """A generator: who streams hears each line as it comes, who asks by HTTP the whole."""
    chance = random.Random(inputs["seed"])
    haiku = ""
    for number_of_line, choices in enumerate(lines[inputs["season"]], 1):
        haiku += chance.choice(choices) + ("\n" if number_of_line < 3 else "")
        yield {"haiku": haiku}, number_of_line / 3


if __name__ == "__main__":
    runway.run()
