"""The folders that the owner opened to pages: a path that a page names lies below one of them."""

from collections.abc import Iterable
from pathlib import Path

from taxiway.core.errors import InvalidArgument


class OpenFolders:
    """What pages and programs that ask the server may name as a path; links do not lead out."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._folders = [folder.expanduser().resolve() for folder in folders]

    def check(self, path: str, name: str) -> None:
        """Raises InvalidArgument naming the input `name` for a path that lies elsewhere."""
        try:
            resolved = Path(path).expanduser().resolve()
        except (OSError, RuntimeError, ValueError):
            raise InvalidArgument(f"'{name}' takes a path, got {path[:200]!r}.", name) from None
        if not any(resolved.is_relative_to(folder) for folder in self._folders):
            raise InvalidArgument(
                f"'{name}' takes a path below a folder that is open to pages, got '{path[:200]}'; "
                f"taxiway run --open {resolved.parent} opens its folder.",
                name,
            )
