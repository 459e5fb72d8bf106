"""Tools as commands: every tool in the slot is one, made from its declaration."""

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taxiway.commands._flags import add_flag, add_force, flags_of, gathered, is_needed, names_of

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

HERE = Path(__file__).parent.parent
DEVICES = ("auto", "cpu", "cuda", "mps")
DEVICE = "where it computes; auto takes a GPU where there is one"
OPTION = "an option of the model's set-up; again for more"
CHECKPOINT = "a checkpoint, for a family as the model"


def tool_helps() -> dict[str, str]:
    """What each tool does, by its name: the first line of its file, of which nothing is imported.

    A tool of another package only says where it comes from, until it is asked for help itself.
    """
    return _tool_helps(tuple(sys.path))


@cache
def _tool_helps(path: tuple[str, ...]) -> dict[str, str]:
    # Looked for once for each path: asking every package takes a while.
    ours = {name: first_line(path) for name, path in own_tools().items()}
    others = {point.name: origin(point) for point in points("taxiway.tools")}
    return others | ours


def own_tools() -> dict[str, Path]:
    """The file of every tool that comes with Taxiway, by its name."""
    files = [*HERE.glob("tools/[a-z]*.py"), *HERE.glob("families/*/tools/[a-z]*.py")]
    return {path.stem: path for path in files}


def origin(point: "EntryPoint") -> str:
    """What the package of a tool or a command says of itself, for help to show."""
    said = point.dist.metadata["Summary"] if point.dist else None
    return f"{said.rstrip('.')} (from {point.module})" if said else f"from {point.module}"


def points(group: str) -> "Iterable[EntryPoint]":
    """The entry points of a group, of other packages.

    Most machines have none, and what looks for them properly takes a third of help's time.
    """
    if f"[{group}]" not in _all_points(tuple(sys.path)):
        return ()
    from importlib.metadata import entry_points

    return entry_points(group=group)


@cache
def _all_points(path: tuple[str, ...]) -> str:
    """What every package there says of its entry points."""
    found = []
    for file in (file for place in path for file in Path(place).glob("*-info/entry_points.txt")):
        with suppress(OSError):
            found.append(file.read_text("utf-8", "replace"))
    return "\n".join(found)


def first_line(path: Path) -> str:
    """The first line of a module's docstring, as help has it: without a capital and a full stop."""
    with path.open(encoding="utf-8") as file:
        text = file.readline().strip().strip('"').rstrip(".")
    return text[:1].lower() + text[1:]


class ToolCommand:
    """One tool as a command; it has what a module in `commands` has."""

    def __init__(self, name: str, help: str = "") -> None:
        self.name, self.HELP = name, help

    @cached_property
    def tool(self) -> Any:
        """The tool, imported. Raises NotFound, BrokenMember or MissingDependency."""
        from taxiway.core import slots
        from taxiway.core.faults import blamed

        kind = slots.load("tools", self.name)
        with blamed(kind, f"'{self.name}'"):
            return kind()

    @cached_property
    def options(self) -> Mapping[str, Any]:
        """The tool's set-up options, which only the person at the machine gives."""
        found: Mapping[str, Any] = getattr(self.tool, "options", {})
        return found

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """A flag for each input and option, and what every tool takes."""
        from msgspec.structs import replace

        from taxiway.core.tool import declared

        fields = {**self.tool.command.inputs, **self.options}
        flags = [
            replace(flag, is_option=flag.input in self.options)
            for flag in flags_of(fields, getattr(self.tool, "flags", ()))
        ]
        parser.description = self.tool.command.description
        parser.epilog = getattr(self.tool, "epilog", None)
        if declared(self.tool).takes.model:
            parser.add_argument("model", help="a model's name, or a checkpoint file")
            parser.add_argument("--checkpoint", type=Path, metavar="FILE", help=CHECKPOINT)
            parser.add_argument("--device", default="auto", choices=DEVICES, help=DEVICE)
            if not hasattr(self.tool, "open"):  # else it has a way of its own with the model
                parser.add_argument("--option", action="append", metavar="NAME=VALUE", help=OPTION)
        for flag in flags:
            add_flag(parser, flag, fields[flag.input])
        if not any(flag.is_output for flag in flags):
            name = getattr(self.tool, "out", "--out")
            parser.add_argument(
                name, dest="out", type=Path, required=True, metavar="DIR", help="the folder to fill"
            )
        add_force(parser)
        parser.set_defaults(flags=flags)

    def run(self, parsed: argparse.Namespace) -> None:
        from taxiway.console import ConsoleJob
        from taxiway.core.extras import need
        from taxiway.core.faults import blamed
        from taxiway.core.tool import outcome

        for module in getattr(self.tool, "needs", ()):
            need(module, f"'taxiway {self.name}'")
        fields = {**self.tool.command.inputs, **self.options}
        given = gathered(parsed.flags, fields, parsed)
        folder = self.folder(parsed, given)
        self.check(parsed, given)
        if self.options:
            options = {
                name: given.pop(name, field.fallback) for name, field in self.options.items()
            }
            with blamed(self.tool, f"'{self.name}'"):
                self.tool.setup(options)
        values = self.tool.command.decode(given)
        title, model = self.opened(parsed, values)
        begins_anew = getattr(self.tool, "begins_anew", False)
        with ConsoleJob(folder, title, parsed.force, begins_anew) as job:
            outputs = outcome(self.tool, model, values, job)
        with blamed(self.tool, f"'{self.name}'"):
            for line in getattr(self.tool, "report", self.report)(outputs, folder):
                print(line)

    def folder(self, parsed: argparse.Namespace, given: dict[str, Any]) -> Path:
        """Where the job's files go; an input that names the one that matters keeps its name."""
        for flag in parsed.flags:
            if flag.is_output:
                path = Path(given[flag.input])
                given[flag.input] = path.name
                return path.resolve().parent
        folder: Path = parsed.out
        return folder

    def check(self, parsed: argparse.Namespace, given: Mapping[str, Any]) -> None:
        """Raises InvalidArgument for an input that is missing, with the flags that give it."""
        from taxiway.core.errors import InvalidArgument

        for name, field in self.tool.command.inputs.items():
            if is_needed(field) and name not in given:
                flags = [flag for flag in parsed.flags if flag.input == name]
                wanted = [(flag.names or names_of(name))[0] for flag in flags]
                raise InvalidArgument(f"Give {' or '.join(wanted)}.", name)

    def opened(self, parsed: argparse.Namespace, values: dict[str, Any]) -> tuple[str, Any]:
        """The name of the model and what the tool takes for it; puts a second one in its place."""
        from taxiway.catalog import catalog
        from taxiway.core import declaration
        from taxiway.core.text_values import named_values
        from taxiway.core.tool import OTHER, declared
        from taxiway.jobs.worker import opened

        options = {"device": getattr(parsed, "device", "auto")}
        name, model = self.name, None
        if declared(self.tool).takes.model:
            card = catalog.choose(parsed.model, parsed.checkpoint)
            chosen = named_values(
                getattr(parsed, "option", None) or [], declaration.family(card.family).options
            )
            name, model = card.name, opened(self.tool, catalog.spec(card, {**options, **chosen}))
        if values.get(OTHER):
            other = catalog.choose(values[OTHER])
            values[OTHER] = opened(self.tool, catalog.spec(other, options))
        return name, model

    def report(self, outputs: Mapping[str, Any], folder: Path) -> Iterator[str]:
        """The outputs that are a number, or text that is not empty, and where its files are."""
        for name, field in self.tool.command.outputs.items():
            if isinstance(outputs[name], (int, float, str)) and outputs[name] != "":
                yield f"{name}: {field.encode(outputs[name])}"
        if any(folder.glob("*")):
            yield f"Its files are in {folder if folder.name else folder.resolve()}."
