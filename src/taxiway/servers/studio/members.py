"""The studio's files, its panels and widgets among them, and those that other packages bring."""

import re
from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from taxiway.core.errors import NotFound

SLOTS = ("panels", "widgets")
HELPER = "index"
"""The name in a slot's folder that is no member."""

TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".wasm": "application/wasm",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".txt": "text/plain",
    ".webmanifest": "application/manifest+json",
}
"""What is served, and as what: a system's own table may call a script plain text."""

_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_FILE = re.compile(r"\w+(\.js)?", re.ASCII)


def servable(folder: Path) -> dict[str, Path]:
    """The files of known types in `folder` by the path they are asked for.

    A request is looked up here and nowhere else, so there is no path to climb out by.
    """
    return {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.suffix in TYPES
        and path.is_file()
        and not path.is_symlink()
        and not path.name.startswith(".")
    }


def members(slot: str, files: dict[str, Path]) -> Iterator[dict[str, Any]]:
    """Name and address of everything in `slot`; of what cannot be served, name and error.

    `files` are ours by path and get those of packages whose entry points are of the group
    `taxiway.SLOT`: `package:file.js` is that file of the package's folder and nothing else,
    `package:folder` is that folder with an `index.js`.
    """
    own = sorted(path for path in files if re.fullmatch(rf"{slot}/[^/]+\.js", path))
    names = [Path(path).stem for path in own if Path(path).stem != HELPER]
    for name in names:
        yield {"name": name, "url": f"/studio/{slot}/{name}.js", "ours": True}
    for point in entry_points(group=f"taxiway.{slot}"):
        try:
            if point.name in names or not _NAME.fullmatch(point.name):
                raise NotFound("its name is taken or is not of small letters, digits, - and _.")
            brought = _files(point, f"{slot}/{point.name}")
        except Exception as error:
            # Whatever a stranger's package does, the studio opens.
            label = re.sub(r"[^a-z0-9_-]+", "-", f"{point.module}-{point.name}".lower())
            said = f"'{point.name} = {point.value}' in {slot} cannot be served: {error}"
            yield {"name": label, "error": said}
        else:
            names.append(point.name)
            files.update(brought)
            yield {"name": point.name, "url": f"/studio/{next(iter(brought))}"}


def _files(point: EntryPoint, path: str) -> dict[str, Path]:
    """The files that an entry point names, by their paths below ours; first its module."""
    if not _FILE.fullmatch(point.attr or ""):
        raise NotFound("it takes 'package:file.js' or 'package:folder'.")
    spec = find_spec(point.module)
    if spec is None or spec.origin is None or not spec.submodule_search_locations:
        raise NotFound(f"there is no package '{point.module}' with an __init__.py.")
    there = Path(spec.origin).parent / point.attr
    if there.suffix == ".js" and there.is_file() and not there.is_symlink():
        return {f"{path}.js": there}
    if not (there / "index.js").is_file():
        raise NotFound(f"there is no {there if there.suffix else there / 'index.js'}.")
    inside = {f"{path}/{name}": file for name, file in servable(there).items()}
    return {f"{path}/index.js": there / "index.js", **inside}
