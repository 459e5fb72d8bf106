"""Every data type, under the name by which ports import it."""

from .fields import BaseType, any, array, boolean, category, number, text, vector
from .files import checkpoint, directory, file
from .pictures import image, segmentation
from .places import image_bounding_box, image_landmarks, image_point

__all__ = [
    "BaseType",
    "any",
    "array",
    "boolean",
    "category",
    "checkpoint",
    "directory",
    "file",
    "image",
    "image_bounding_box",
    "image_landmarks",
    "image_point",
    "number",
    "segmentation",
    "text",
    "vector",
]
