"""Which layers of a generator: names such as coarse, numbers and ranges."""

import re

from taxiway.core.errors import InvalidArgument

GROUPS = ("all", "none", "coarse", "middle", "fine")
COARSE, MIDDLE, WHOLE = 4, 8, 18
"""Of the 18 layers of a 1024 px model, 0-3 are coarse and 4-7 middle (Karras et al. 2019)."""


def group(name: str, num_ws: int) -> range:
    """The layers of a group, scaled to a model of `num_ws` layers; at least one each."""
    first = max(1, round(num_ws * COARSE / WHOLE))
    second = max(first + 1, round(num_ws * MIDDLE / WHOLE))
    return {
        "all": range(num_ws),
        "none": range(0),
        "coarse": range(first),
        "middle": range(first, second),
        "fine": range(second, num_ws),
    }[name]


def parse_layers(text: str, num_ws: int, name: str = "layers") -> list[int]:
    """The layers that `coarse,8-10` means, in order, each once.

    Raises InvalidArgument naming the input `name` for anything else.
    """
    found: set[int] = set()
    for part in text.split(","):
        word = part.strip()
        match = re.fullmatch(r"([0-9]{1,3})(?:\s*-\s*([0-9]{1,3}))?", word)
        if word in GROUPS:
            found.update(group(word, num_ws))
        elif match and int(match[1]) <= int(match[2] or match[1]) < num_ws:
            found.update(range(int(match[1]), int(match[2] or match[1]) + 1))
        else:
            raise InvalidArgument(
                f"'{name}' takes {', '.join(GROUPS)}, or layers from 0 to {num_ws - 1} such as "
                f"0-3,7, got {word[:40]!r}.",
                name,
            )
    return sorted(found)
