"""`taxiway tool`: all tools there are, and any of them by its name."""

import argparse
from typing import TYPE_CHECKING

from taxiway.commands._folding import folded
from taxiway.commands._tools import ToolCommand

if TYPE_CHECKING:
    from taxiway.core.tool import Takes

HELP = "list all tools, or run one: also module:Class"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "taxiway tool NAME --help shows what it takes. A file is given by its path, "
        "text by itself, anything else as JSON or as @FILE. Without a tool's name: all there are."
    )
    parser.add_argument("tool", nargs="?", help="its name")
    parser.add_argument("words", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)


def run(parsed: argparse.Namespace) -> None:
    if parsed.tool is None:
        show()
        return
    command = ToolCommand(parsed.tool)
    parser = type(parsed.parser)(prog=f"taxiway tool {parsed.tool}")
    command.arguments(parser)
    command.run(parser.parse_args(parsed.words))


def show() -> None:
    """Print every tool with what it does, and why others cannot be used."""
    from taxiway.jobs.worker import offer

    found = offer(None)
    for name, tool in sorted(found.tools.items()):
        said = f"{name:12} {tool.command.description or ''} ({taken(tool.takes)})"
        print(folded(said, 13))
    for name, reason in sorted(found.broken.items()):
        print(f"{name:12} {reason}")


def taken(takes: "Takes") -> str:
    """Which models a tool takes, in a few words."""
    if not takes.model:
        return "no model"
    if takes.families:
        return ", ".join(takes.families)
    return takes.inputs_told or "any model"
