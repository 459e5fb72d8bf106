"""A file: a path on this machine in set-up options, and nothing but its bytes from a client."""

from pathlib import Path
from typing import Any, ClassVar

from msgspec import UNSET, UnsetType

from taxiway.core.datatypes.base import DataType, Wire, kind
from taxiway.core.errors import InvalidArgument
from taxiway.core.images import ImageFormat, from_file_uri, to_file_uri

MOST_BYTES = 48 * 2**20
"""In one file; what the largest request can carry."""


class File(DataType, frozen=True, tag="file"):
    """A file or directory.

    As a set-up option it is a local path, a str. As a command's input it is a `data:` URI on the
    wire and bytes inside (for a directory those of a tar archive): no path is opened and no URL
    fetched on a client's word, which Runway's SDK did.
    """

    is_directory: bool | UnsetType = UNSET
    extension: str | UnsetType = UNSET
    default: str | UnsetType | None = UNSET

    plainest: ClassVar[Wire] = "data:application/octet-stream;base64,..."

    def decode(self, name: str, wire: Wire) -> bytes | str | Path:
        """The bytes, at most 48 MB; the model's own default goes through as it is.

        So does a Path, which no client can send: a job's own copy of what was uploaded.
        """
        if isinstance(wire, (bytes, Path)) or (isinstance(wire, str) and wire == self.default):
            return wire
        if not isinstance(wire, str) or wire[:5].lower() != "data:":
            given = "other text" if isinstance(wire, str) else kind(wire)
            raise InvalidArgument(f"'{name}' takes a file as a data URI, got {given}.", name)
        return from_file_uri(wire, name, MOST_BYTES)

    def decode_option(self, name: str, wire: Wire) -> str:
        """The path; what it names must exist and end with `extension`."""
        if not isinstance(wire, str):
            raise InvalidArgument(f"'{name}' takes a path, got {kind(wire)}.", name)
        path = Path(wire).expanduser()
        wanted = "directory" if self.is_directory is True else "file"
        if not (path.is_dir() if self.is_directory is True else path.is_file()):
            raise InvalidArgument(f"'{name}' takes a {wanted}; there is none at {wire!r}.", name)
        if self.extension is not UNSET and not path.name.endswith(self.extension):
            raise InvalidArgument(
                f"'{name}' takes a {wanted} ending in {self.extension!r}, got {path.name!r}.", name
            )
        return str(path)

    def encode(self, value: Any, format: ImageFormat | None = None) -> Wire:
        """Bytes as a data URI; anything else as it is."""
        return to_file_uri(value) if isinstance(value, bytes) else value

    def wire_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": "^[dD][aA][tT][aA]:"}
