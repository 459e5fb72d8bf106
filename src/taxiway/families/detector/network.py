"""The detector's network, once for whoever computes it: PyTorch to train, any backend to run.

Anchor-free and fully convolutional, after FCOS (arXiv 1904.01355) and YOLOX (arXiv 2107.08430): a
residual backbone, context by pooling, a top-down neck, and at strides 8, 16 and 32 a head which
says of each place how far the sides of a box around it are, and of which class that is.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

STRIDES = (8, 16, 32)
SIDES = 4
"""Left, top, right and bottom: how far they are, as logarithms of 2 strides."""


@dataclass(frozen=True)
class Shape:
    """What a network is made as: `size` is the width of the square pictures that it sees."""

    classes: tuple[str, ...]
    size: int = 256
    widths: tuple[int, int, int, int, int] = (16, 32, 48, 96, 128)
    neck: int = 48


class Layer(NamedTuple):
    """A convolution; where it is normed, a batch norm and a ReLU come after it."""

    inputs: int
    outputs: int
    kernel: int = 1
    stride: int = 1
    normed: bool = True


class Kit(Protocol):
    """What a network is put together with; maps are [N, C, h, w]."""

    def layer(self, name: str, x: Any) -> Any: ...
    def add(self, a: Any, b: Any) -> Any: ...
    def concat(self, parts: list[Any]) -> Any: ...

    def pool(self, x: Any) -> Any:
        """The largest of the 5 x 5 places around each."""

    def up(self, x: Any) -> Any:
        """Twice as wide and high, each place four times."""


def layers(shape: Shape) -> dict[str, Layer]:
    """Every layer by its name."""
    stem, two, three, four, five = shape.widths
    neck, made = shape.neck, {}
    made["stem"] = Layer(3, stem, 3, 2)
    for name, before, after, blocks in (
        ("4", stem, two, 1), ("8", two, three, 2), ("16", three, four, 2), ("32", four, five, 2)
    ):  # fmt: skip
        made[f"down{name}"] = Layer(before, after, 3, 2)
        for block in range(blocks):
            made[f"stage{name}.{block}.a"] = Layer(after, after // 2)
            made[f"stage{name}.{block}.b"] = Layer(after // 2, after, 3)
    made["context"] = Layer(3 * five, five)
    for stride, width in zip(STRIDES, (three, four, five), strict=True):
        made[f"side{stride}"] = Layer(width, neck)
        if stride < STRIDES[-1]:
            made[f"merged{stride}"] = Layer(neck, neck, 3)
        for head, outputs in (("box", SIDES), ("class", len(shape.classes))):
            made[f"{head}{stride}.a"] = Layer(neck, neck, 3)
            made[f"{head}{stride}.out"] = Layer(neck, outputs, normed=False)
    return made


def wired(kit: Kit, picture: Any) -> list[tuple[Any, Any]]:
    """For each stride the sides [N, 4, h, w] and the classes' logits [N, C, h, w].

    A picture is [N, 3, size, size], -1 to 1.
    """
    x = _stage(kit, "4", kit.layer("stem", picture), 1)
    eight = _stage(kit, "8", x, 2)
    sixteen = _stage(kit, "16", eight, 2)
    x = _stage(kit, "32", sixteen, 2)
    near = kit.pool(x)
    x = kit.layer("context", kit.concat([x, near, kit.pool(near)]))
    merged = [kit.layer("side32", x)]
    for stride, finer in ((16, sixteen), (8, eight)):
        x = kit.add(kit.layer(f"side{stride}", finer), kit.up(merged[0]))
        merged.insert(0, kit.layer(f"merged{stride}", x))
    return [
        (_head(kit, f"box{stride}", x), _head(kit, f"class{stride}", x))
        for stride, x in zip(STRIDES, merged, strict=True)
    ]


def _stage(kit: Kit, name: str, x: Any, blocks: int) -> Any:
    x = kit.layer(f"down{name}", x)
    for block in range(blocks):
        inner = kit.layer(f"stage{name}.{block}.a", x)
        x = kit.add(x, kit.layer(f"stage{name}.{block}.b", inner))
    return x


def _head(kit: Kit, name: str, x: Any) -> Any:
    return kit.layer(f"{name}.out", kit.layer(f"{name}.a", x))
