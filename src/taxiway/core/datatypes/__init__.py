"""Runway's data types: each decodes from the wire, encodes to it and describes itself.

A type is a plain record, so that it crosses processes and becomes `/info`, OpenAPI and the
studio's forms without further code; `msgspec.convert(field, AnyDataType)` makes one of a field of
somebody else's `/info`. Keys and quirks follow Runway's Model SDK 0.6.1 (docs/datatypes.md).
"""

from taxiway.core.datatypes.base import DataType, Wire, names
from taxiway.core.datatypes.file import File
from taxiway.core.datatypes.picture import Image
from taxiway.core.datatypes.place import ImageBoundingBox, ImageLandmarks, ImagePoint
from taxiway.core.datatypes.plain import (
    FLOAT32_LIMIT,
    FLOAT32_MAX,
    AnyType,
    Boolean,
    Category,
    Number,
    OutputFormat,
    Text,
)
from taxiway.core.datatypes.segmentation import Segmentation
from taxiway.core.datatypes.union import AnyDataType, Array, weight
from taxiway.core.datatypes.vector import Vector

__all__ = [
    "FLOAT32_LIMIT",
    "FLOAT32_MAX",
    "AnyDataType",
    "AnyType",
    "Array",
    "Boolean",
    "Category",
    "DataType",
    "File",
    "Image",
    "ImageBoundingBox",
    "ImageLandmarks",
    "ImagePoint",
    "Number",
    "OutputFormat",
    "Segmentation",
    "Text",
    "Vector",
    "Wire",
    "names",
    "weight",
]
