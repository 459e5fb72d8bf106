"""Lists of one type, and the union of all types, which contains them."""

import logging
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, Union

from msgspec import UNSET, UnsetType

from taxiway.core.datatypes.base import DataType, Wire, kind
from taxiway.core.datatypes.file import File
from taxiway.core.datatypes.picture import Image
from taxiway.core.datatypes.place import ImageBoundingBox, ImageLandmarks, ImagePoint
from taxiway.core.datatypes.plain import AnyType, Boolean, Category, Number, OutputFormat, Text
from taxiway.core.datatypes.segmentation import Segmentation
from taxiway.core.datatypes.vector import Vector
from taxiway.core.errors import BrokenMember, InvalidArgument
from taxiway.core.faults import failure
from taxiway.core.images import MAX_PIXELS, ImageFormat
from taxiway.core.places import place_of

log = logging.getLogger("taxiway.datatypes")

MOST_BYTES = 4 * MAX_PIXELS
"""In the decoded items of one list: as much as the largest single picture."""


class Array(DataType, frozen=True, tag="array"):
    """A list of items of one type; its lengths are told, not enforced, as in Runway's SDK."""

    item_type: "AnyDataType"
    min_length: int = 0
    max_length: int | UnsetType = UNSET

    @property
    def holds_pictures(self) -> bool:  # type: ignore[override]
        """Whether its items do."""
        return self.item_type.holds_pictures

    @property
    def example(self) -> Wire:
        return [self.item_type.example] * self.min_length

    def decode(self, name: str, wire: Wire) -> list[Any]:
        if not isinstance(wire, (list, tuple)):
            raise InvalidArgument(f"'{name}' takes a list, got {kind(wire)}.", name)
        items, size = [], 0
        for place, item in enumerate(wire):
            items.append(self._decode_item(name, place, item))
            size += weight(items[-1])
            if size > MOST_BYTES:
                most = MOST_BYTES // 1_000_000
                raise InvalidArgument(f"'{name}' takes {most} MB of pictures in all.", name)
        return items

    def encode(self, value: Any, format: ImageFormat | None = None) -> list[Wire]:
        return [self.item_type.encode(item) for item in value]

    def describe(self, name: str) -> dict[str, Any]:
        described = super().describe(name)
        tag = described["itemType"]["type"]
        return {**described, "itemType": self.item_type.describe(f"{tag}_array_item")}

    def wire_schema(self) -> dict[str, Any]:
        return {"type": "array", "items": self.item_type.wire_schema()}

    def _decode_item(self, name: str, place: int, item: Wire) -> Any:
        try:
            return self.item_type.decode(f"{name}[{place}]", item)
        except InvalidArgument as error:
            raise InvalidArgument(str(error), name) from None


def _others() -> list[type[DataType]]:
    """The data types of other packages (entry points `taxiway.datatypes`), those that load.

    One that does not is named in the log and left out, as is one whose tag is taken.
    """
    found: dict[Any, type[DataType]] = {kind.__struct_config__.tag: kind for kind in OURS}
    for point in dict.fromkeys(entry_points(group="taxiway.datatypes")):
        try:
            kind = point.load()
            if not (isinstance(kind, type) and issubclass(kind, DataType)):
                raise wrong(kind, point, "needs the parent taxiway.core.datatypes.base.DataType")
            tag = kind.__struct_config__.tag
            if found.setdefault(tag, kind) is not kind:
                raise wrong(kind, point, f"has the tag '{tag}', which another type has")
        except Exception as error:
            log.warning("%s", failure(error, point.name, point.module))
    return [kind for kind in found.values() if kind not in OURS]


def wrong(kind: Any, point: EntryPoint, clause: str) -> BrokenMember:
    """What is wrong with what an entry point names, with file and line."""
    return BrokenMember(f"'{point.name}' {clause} ({place_of(kind, point.module)}).")


OURS = (
    AnyType,
    Array,
    Boolean,
    Category,
    File,
    Image,
    ImageBoundingBox,
    ImageLandmarks,
    ImagePoint,
    Number,
    OutputFormat,
    Segmentation,
    Text,
    Vector,
)

if TYPE_CHECKING:
    AnyDataType = (
        AnyType
        | Array
        | Boolean
        | Category
        | File
        | Image
        | ImageBoundingBox
        | ImageLandmarks
        | ImagePoint
        | Number
        | OutputFormat
        | Segmentation
        | Text
        | Vector
    )
else:
    # A record that crosses processes is decoded by its tag, so the union must know every type.
    AnyDataType = Union[(*OURS, *_others())]


def weight(value: Any) -> int:
    """The bytes of arrays and files in a decoded value, also in lists of them."""
    if isinstance(value, (list, tuple)):
        return sum(map(weight, value))
    return len(value) if isinstance(value, bytes) else getattr(value, "nbytes", 0)
