"""`taxiway tool`: any tool by its name, also those of other packages."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taxiway.commands import option_words, value_of

if TYPE_CHECKING:
    from taxiway.core.command import Command
    from taxiway.core.datatypes import AnyDataType

HELP = "run any tool: those of other packages, too"
LATER = True


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Its inputs follow by name, as in: taxiway tool walk rainbow --keys 1,5 --count 60 --out "
        "DIR. A file, a picture or a folder of them is given by its path, text by itself, anything "
        "else as JSON or as @FILE. Without a tool's name: all there are."
    )
    parser.add_argument("tool", nargs="?", help="its name")
    parser.add_argument("model", nargs="?", help="what it works on: a name or a checkpoint file")
    parser.add_argument("--out", type=Path, metavar="DIR")


def run(parsed: argparse.Namespace) -> None:
    from taxiway.core import slots

    if parsed.tool is None:
        show()
        return
    tool = slots.load("tools", parsed.tool)()
    if parsed.out is None:
        parsed.parser.error("the following arguments are required: --out")
    inputs = inputs_of(parsed, tool.command)
    work(tool, parsed, tool.command.decode(inputs))


def show() -> None:
    """Print every tool with what it does, and why others cannot be used."""
    from taxiway.jobs.worker import offer

    found = offer(None)
    for name, tool in sorted(found.tools.items()):
        takes = ", ".join(tool.takes.families) or ("any model" if tool.takes.model else "no model")
        print(f"{name:12} {tool.command.description or ''} ({takes})")
    for name, reason in sorted(found.broken.items()):
        print(f"{name:12} {reason}")


def work(tool: Any, parsed: argparse.Namespace, values: dict[str, Any]) -> None:
    """Run a tool on the model that is named, and print its outputs."""
    from taxiway.catalog import catalog
    from taxiway.console import ConsoleJob
    from taxiway.core.datatypes import Image
    from taxiway.core.tool import OTHER, declared
    from taxiway.jobs.worker import opened

    needs = declared(tool).takes.model
    if needs and parsed.model is None:
        parsed.parser.error(f"'{parsed.tool}' works on a model: give its name")
    spec = catalog.spec(catalog.choose(parsed.model)) if needs else None
    if values.get(OTHER):
        values[OTHER] = opened(tool, catalog.spec(catalog.choose(values[OTHER])))
    with ConsoleJob(parsed.out, parsed.tool) as job:
        outputs = tool.run(opened(tool, spec), values, job)
    for name, field in tool.command.outputs.items():
        if not isinstance(field, Image):
            print(f"{name}: {field.encode(outputs[name])}")


def inputs_of(parsed: argparse.Namespace, command: "Command") -> dict[str, object]:
    """The inputs as they were typed; an unknown name is an error."""
    inputs: dict[str, object] = {}
    for name, text in option_words(parsed.parser, parsed.rest):
        if name not in command.inputs:
            there_are = ", ".join(f"--{known.replace('_', '-')}" for known in command.inputs)
            parsed.parser.error(f"there is no input '{name}'; there are {there_are}")
        inputs[name] = typed(command.inputs[name], text)
    return inputs


def typed(field: "AnyDataType", text: str) -> object:
    """What a word means to an input: a path, text, or JSON."""
    from taxiway.core.datatypes import AnyType, Array, Category, File, Image, Text
    from taxiway.jobs.inputs import value_of as value_of_files

    if isinstance(field, (Text, Category)):
        return text
    is_list = isinstance(field, Array) and isinstance(field.item_type, (File, Image))
    is_named = isinstance(field, AnyType) and text.startswith("@")
    if is_list or is_named or isinstance(field, (File, Image)):
        return value_of_files(field, [Path(text.removeprefix("@") if is_named else text)])
    return value_of(text)
