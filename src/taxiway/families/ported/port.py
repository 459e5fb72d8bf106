"""A folder with a ported model: what `runway.yml` says of it, and how it is started."""

import os
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import yaml
from msgspec import Struct

from taxiway.core.errors import InvalidArgument, NotFound

PROGRAM = "runway_model.py"
MANIFEST = "runway.yml"
HERE = Path(__file__).parent / "sdk"
"""What goes first on a port's PYTHONPATH: here lies our `runway`."""

PYTHON = re.compile(r"python[0-9.]*(\.exe)?")
IMPORT = re.compile(rb"^[ \t]*(?:import|from)[ \t]+runway\b", re.MULTILINE)
MANIFEST_BYTES = 30_000
PROGRAM_BYTES = 2**20
SETTING = re.compile(r"[A-Za-z_]\w*=")
SHELL = {"&&", "||", ";", "|", "&", ">", "<"}


class Port(Struct, frozen=True):
    """A port; `build_steps` are told to a person and never taken."""

    folder: Path
    entrypoint: str
    build_steps: tuple[str, ...] = ()

    def command(self, python: str | None) -> list[str]:
        """The words that start it, with `python` (ours for None) in the place of its Python."""
        words = shlex.split(self.entrypoint)
        while words and SETTING.match(words[0]):
            words.pop(0)
        if not words or SHELL & set(words):
            raise InvalidArgument(
                f"The entrypoint of {MANIFEST} takes one command such as "
                f"'python {PROGRAM}', got '{self.entrypoint}'."
            )
        if PYTHON.fullmatch(words[0]):
            words[0] = python or sys.executable
        return words

    def environment(self) -> dict[str, str]:
        """Our variables without `RW_*`, the entrypoint's own, and the way to our `runway`."""
        ours = {name: text for name, text in os.environ.items() if not name.startswith("RW_")}
        words = (word for word in shlex.split(self.entrypoint) if SETTING.match(word))
        paths = [str(HERE), ours.get("PYTHONPATH", "")]
        return {
            **ours,
            **dict(word.split("=", 1) for word in words),
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
            "PYTHONUNBUFFERED": "1",
            "PYTHONIOENCODING": "utf-8",
        }


def is_port(path: Path) -> bool:
    """Whether it is a folder with a port, or a port's program: Python that imports `runway`."""
    if path.is_dir():
        return any((path / name).is_file() for name in (MANIFEST, PROGRAM))
    if not path.is_file():
        return False
    with path.open("rb") as file:
        text = file.read(PROGRAM_BYTES)
    is_zip = text.startswith(b"PK")  # which may have a program in it, in plain
    return path.name == PROGRAM or (not is_zip and IMPORT.search(text) is not None)


def read_port(path: Path) -> Port:
    """The port in a folder, or a program by itself. Raises NotFound or InvalidArgument."""
    if not is_port(path):
        raise NotFound(f"There is no ported model at '{path}': neither {MANIFEST} nor {PROGRAM}.")
    if path.is_file():
        return Port(path.parent.resolve(), shlex.join(["python", path.name]))
    manifest = _manifest(path / MANIFEST)
    entrypoint = manifest.get("entrypoint", f"python {PROGRAM}")
    if not isinstance(entrypoint, str):
        raise InvalidArgument(f"The entrypoint of {MANIFEST} takes text, got {entrypoint!r:.60}.")
    steps = manifest.get("build_steps") or []
    told = tuple(step for step in steps if isinstance(step, str))
    return Port(path.resolve(), entrypoint, told)


def _manifest(path: Path) -> dict[str, Any]:
    try:
        if path.is_file() and path.stat().st_size > MANIFEST_BYTES:
            raise InvalidArgument(f"{path} is larger than {MANIFEST_BYTES // 1000} kB.")
        text = path.read_text("utf-8") if path.is_file() else "{}"
        manifest = yaml.safe_load(text)
    except InvalidArgument:
        raise
    except Exception as error:
        # YAMLError, UnicodeDecodeError, RecursionError, ValueError (a date that is none)...
        raise InvalidArgument(f"{path} is not readable: {' '.join(str(error).split())}.") from None
    if not isinstance(manifest, dict):
        raise InvalidArgument(f"{path} takes names with values, such as 'entrypoint: ...'.")
    return manifest
