"""What is done before and after an ONNX network, as a manifest says it: words from closed lists.

These are records only; `taxiway.onnx_files` does what they say.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from taxiway.core.datatypes import AnyDataType, Category, Image, Segmentation

Layout = Literal["NCHW", "NHWC", "CHW", "HWC"]
Channels = Literal["RGB", "BGR", "RGBA", "grey", "L"]
"""`L` is the lightness of CIE Lab, 0 to 100, without its colours."""
Fit = Literal["stretch", "contain", "cover", "native", "tile"]
Verb = Literal["sigmoid", "softmax", "minmax", "argmax", "exp", "log", "normals"]
Compose = Literal["alpha", "lab_ab", "mix"]
Colours = Literal["grey", "rainbow", "fire", "blues"]
Find = Literal["objects", "points", "classes"]
Decode = Literal["detr", "yolo", "yolox", "anchors", "corners", "points", "heatmap"]
Side = Annotated[int, Meta(ge=1, le=8192)]
Channel = Annotated[tuple[float, ...], Meta(min_length=1, max_length=4)]
Pair = tuple[float, float]
Length = Annotated[float, Meta(gt=0, le=8192)]


class OnnxInput(Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An input of the command, and how it becomes a tensor.

    `field` is its data type, in the file by that type's own keys beside these. Of pictures: `size`
    is [width, height]; `fit` how it comes to that (`tile`: in parts of that size, which overlap by
    `overlap` pixels; `native`: it does not); `multiple_of` rounds sides; `range` is what black and
    white become, then less `mean`, by `std`, per channel; `pad` is the level, 0 to 255, around what
    `contain` leaves, `align` where the picture lies in it. `one_hot` makes a channel of each label.
    """

    name: Annotated[str, Meta(pattern=r"\A[A-Za-z_][A-Za-z0-9_]{0,63}\Z")]
    field: AnyDataType = Image()
    tensor: str = ""
    layout: Layout | None = None
    channels: Channels = "RGB"
    size: tuple[Side, Side] | None = None
    most: Side = 2048
    """The longer side of a picture that is taken at its own size; a larger one is made smaller."""
    fit: Fit | None = None
    overlap: Annotated[int, Meta(ge=0, le=512)] = 16
    multiple_of: Annotated[int, Meta(ge=1, le=512)] = 1
    range: Pair | None = None
    """By itself 0 to 1, of whole numbers 0 to 255."""
    mean: Channel = (0.0,)
    std: Channel = (1.0,)
    pad: Annotated[int, Meta(ge=0, le=255)] = 0
    align: Literal["centre", "top-left"] = "centre"
    one_hot: bool = False

    def __post_init__(self) -> None:
        if 0 in self.std:
            raise ValueError("takes 'std' other than 0")
        if self.fit in ("contain", "cover", "tile") and self.size is None:
            raise ValueError(f"with fit = \"{self.fit}\" needs 'size'")
        if self.one_hot and not isinstance(self.field, Segmentation | Category):
            raise ValueError("takes 'one_hot' for a segmentation or a category only")


class OnnxOutput(Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An output of the command, and how tensors become it.

    `post` are verbs, done in order. A picture then has its `mean` and `std` undone, and what
    `range` says are black and white become 0 and 255; `colours` gives a grey one those of a map;
    `resize` says whose size it gets. `compose` puts it together with the picture of the input `of`.
    `find` gives several outputs at once, with the names that sketches read, decoded as `decode`
    says.
    """

    name: Annotated[str, Meta(pattern=r"\A[A-Za-z_][A-Za-z0-9_]{0,63}\Z")] = "image"
    field: AnyDataType = Image()
    tensor: str | Annotated[list[str], Meta(min_length=1, max_length=4)] = ""
    post: list[Verb] = []
    layout: Layout | None = None
    channels: Channels = "RGB"
    range: Pair | None = None
    mean: Channel = (0.0,)
    std: Channel = (1.0,)
    invert: bool = False
    colours: Colours = "grey"
    resize: Literal["input", "network"] | None = None
    compose: Compose | None = None
    of: str = ""
    find: Find | None = None
    decode: Decode | None = None
    names: list[str] = []
    """Of what is found, by number."""
    anchors: list[tuple[Length, Length]] = []
    """Widths and heights in pixels of the network's picture, as many for each of its maps."""
    scale_xy: Annotated[list[Annotated[float, Meta(ge=1, le=4)]], Meta(max_length=4)] = []
    """How far beyond a cell its boxes' middles may lie, of each map: darknet's scale_x_y."""
    background: Literal["first", "last"] | None = None
    """Which class stands for nothing, where one does."""
    threshold: Annotated[float, Meta(ge=0, le=1)] = 0.5
    iou: Annotated[float, Meta(ge=0, le=1)] = 0.5
    most: Annotated[int, Meta(ge=1, le=1000)] = 100
    """How many objects, or classes, of which there are five at most."""
    strength: Annotated[float, Meta(ge=0, le=1)] = 1.0

    def __post_init__(self) -> None:
        if self.range is not None and self.range[0] == self.range[1]:
            raise ValueError("takes two different numbers as 'range'")
        if 0 in self.std:
            raise ValueError("takes 'std' other than 0")
        if self.find in ("objects", "points") and self.decode not in DECODES[self.find]:
            known = ", ".join(DECODES[self.find])
            raise ValueError(f"with find = \"{self.find}\" takes 'decode', one of {known}")
        if self.decode == "anchors":
            self._check_anchors()

    def _check_anchors(self) -> None:
        """Raise ValueError where they are not as many for each map."""
        maps = len(self.tensor) if isinstance(self.tensor, list) else 1
        if not self.anchors or len(self.anchors) % maps:
            raise ValueError(
                f"with decode = \"anchors\" takes as many 'anchors' for each of its {maps} "
                f"tensors, got {len(self.anchors)}"
            )
        if self.scale_xy and len(self.scale_xy) != maps:
            raise ValueError(
                f"takes 'scale_xy' for each of its {maps} tensors, got {len(self.scale_xy)}"
            )


DECODES = {
    "objects": ("detr", "yolo", "yolox", "anchors", "corners"),
    "points": ("points", "heatmap"),
}
PARAMETERS = ("threshold", "iou", "most", "strength", "invert", "colours")
"""What a manifest's options may set at each call, by their names."""
FOUND: dict[str, tuple[str, ...]] = {
    "objects": (
        "boxes",
        "labels",
        "scores",
        "results",
        "bounding_boxes",
        "bboxes",
        "classes",
        "size",
    ),
    "points": ("points", "labels", "faces", "landmarks", "size"),
    "classes": ("label", "labels", "scores", "results"),
}
"""The outputs that each `find` gives, by the names that sketches of both generations read."""
