"""The data types for files of the machine that the model runs on."""

import os
from typing import Any, Optional

from .fields import BaseType

SCHEMES = ("http://", "https://", "ftp://")


class file(BaseType):
    """The path of a file that is there. Nothing is downloaded, unlike in the SDK."""

    SHOWN = ("is_directory", "extension", "default")

    def __init__(
        self,
        description: Optional[str] = None,
        is_directory: bool = False,
        extension: Optional[str] = None,
        default: Optional[str] = None,
        name: Optional[str] = None,
    ) -> None:
        super().__init__("file", description, name)
        self.is_directory = is_directory or None
        self.extension, self.default = extension, default

    def deserialize(self, value: Any) -> str:
        if not isinstance(value, str):
            raise self.refuse("It takes a path.")
        if value.lower().startswith(SCHEMES):
            raise self.refuse("Nothing is downloaded: save the file first, then give its path.")
        if not os.path.exists(value):
            raise self.refuse(f"There is no file '{value}'.")
        if self.is_directory and not os.path.isdir(value):
            raise self.refuse(f"'{value}' is no folder.")
        if self.extension and not value.endswith(self.extension):
            raise self.refuse(f"It takes a file that ends with {self.extension}, got '{value}'.")
        return value


class directory(file):
    """The path of a folder."""

    def __init__(
        self,
        description: Optional[str] = None,
        default: Optional[str] = None,
        name: Optional[str] = None,
    ) -> None:
        super().__init__(description, is_directory=True, default=default, name=name)


class checkpoint(file):
    """The oldest SDK's name for a file with weights."""
