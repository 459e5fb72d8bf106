"""What `taxiway` can be told: one file is one command, found by its name; so is every tool."""

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from taxiway.commands._flags import add_force as add_force
from taxiway.commands._flags import add_options as add_options
from taxiway.commands._flags import given_options as given_options
from taxiway.commands._folding import folded
from taxiway.commands._tools import CHECKPOINT as CHECKPOINT
from taxiway.commands._tools import DEVICE as DEVICE
from taxiway.commands._tools import DEVICES as DEVICES
from taxiway.commands._tools import ToolCommand, origin, own_tools, points, tool_helps

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from taxiway.core.datatypes import AnyDataType
    from taxiway.live.members import Members

FIRST = ("run", "generate", "models")
"""What most people look for; the other commands follow by name."""


def names() -> list[str]:
    """Every command, in the order in which help lists them: files here, others', and tools."""
    found = {*own(), *others(), *tool_helps()}
    return [*FIRST, *sorted(found - set(FIRST))]


def load(name: str) -> "ModuleType | OthersCommand | ToolCommand":
    """The command's module, ours or another package's, or the tool of that name as a command.

    It has HELP (a few words), `arguments(parser)` and `run(parsed)`, which returns an exit code or
    None and raises TaxiwayError; a LATER = True takes arguments that the parser does not know, in
    `parsed.rest`, and an OWN_HELP = True answers `--help` itself. Heavy imports wait inside `run`,
    so that help and typing errors come at once.
    """
    if name in own():
        return import_module(f"taxiway.commands.{name}")
    if name in others():
        return OthersCommand(others()[name])
    return ToolCommand(name, tool_helps()[name])


def own() -> set[str]:
    """The commands that have a file here."""
    return {path.stem for path in Path(__file__).parent.glob("[a-z]*.py")}


def others() -> "dict[str, EntryPoint]":
    """The commands of other packages; a name of ours stays ours."""
    return _others(tuple(sys.path))


@cache
def _others(path: tuple[str, ...]) -> "dict[str, EntryPoint]":
    # Looked for once for each path: asking every package takes a while.
    found = points("taxiway.commands")
    taken = {*own(), *own_tools()}
    return {point.name: point for point in found if point.name not in taken}


class OthersCommand:
    """A command of another package, of which nothing is imported until it was typed."""

    def __init__(self, point: "EntryPoint") -> None:
        self.point, self.HELP = point, origin(point)

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Those of its module. Raises BrokenMember or MissingDependency where it cannot be had."""
        from taxiway.core import slots
        from taxiway.core.faults import blamed

        self.module = slots.load("commands", self.point.name)
        self.LATER = getattr(self.module, "LATER", False)
        with blamed(self.module, f"'{self.point.name}'"):
            self.module.arguments(parser)

    def run(self, parsed: argparse.Namespace) -> int | None:
        from taxiway.core.faults import blamed

        with blamed(self.module, f"'{self.point.name}'"):
            code: int | None = self.module.run(parsed)
            if not isinstance(code, int | None):
                raise TypeError(f"run gives an exit code or nothing, got {code!r:.60}")
        return code


def whole_number(least: int, words: str = "", digits: int = 4000) -> Callable[[str], int]:
    """A type for argparse: a whole number from `least` on; `words` say that otherwise."""

    def parsed(text: str) -> int:
        is_number = text.isascii() and text.isdigit() and len(text) <= digits
        if not is_number or int(text) < least:
            wanted = words or f"from {least} on"
            raise argparse.ArgumentTypeError(f"a whole number {wanted} is needed, got {text!r}")
        return int(text)

    return parsed


def number(above: float) -> Callable[[str], float]:
    """A type for argparse: a finite number above another."""

    def parsed(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not above < value < 1e9:
            raise argparse.ArgumentTypeError(f"a number above {above:g} is needed, got {text!r}")
        return value

    return parsed


def option_words(parser: argparse.ArgumentParser, rest: Sequence[str]) -> list[tuple[str, str]]:
    """`--noise-mode none --label=3` as pairs of a name and a text."""
    words = [piece for word in rest for piece in word.split("=", 1)]
    if len(words) % 2 or any(not name.startswith("--") for name in words[::2]):
        parser.error(f"cannot make sense of {' '.join(rest)!r}")
    names = [name[2:].replace("-", "_") for name in words[::2]]
    return list(zip(names, words[1::2], strict=True))


def describe_members(members: "Members[Any]") -> None:
    """Print every member of a slot: what it lacks here, if so, and its settings."""
    for name in sorted({*members.kinds, *members.broken}):
        missing = members.broken.get(name) or members.probe(name)
        title = members.kinds[name].title if name in members.kinds else ""
        print(f"{name}    {title}")
        print(f"    {missing or 'Can be used on this machine.'}")
        if name in members.broken:
            continue
        for setting, field in members.declaration(name).inputs.items():
            said = f"    {setting}={_values_of(field)}  {field.description or ''}".rstrip()
            print(folded(said, 8))


def _values_of(field: "AnyDataType") -> str:
    """What a setting takes, in a few characters."""
    from taxiway.core.datatypes import Boolean, Category, Number

    default = getattr(field, "default", None)
    if isinstance(field, Category):
        return "|".join(field.one_of)
    if isinstance(field, Boolean):
        return "true|false" if default is None else str(default).lower()
    if isinstance(field, Number):
        return "N" if default is None else f"{default:g}"
    return str(default) if default else "..."
