"""The command line: parse, hand over to the command, say what went wrong in one sentence."""

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from taxiway import commands
from taxiway.core.errors import TaxiwayError
from taxiway.core.extras import need

HELP = ("-h", "--help", "--version")


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence; `words` were typed after the command."""

    words: Sequence[str] = ()

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.register("type", Path, named_path)

    def error(self, message: str) -> NoReturn:
        self.exit(1, f"{self.prog}: {message}; see {self.prog} --help.\n")


def named_path(word: str) -> Path:
    """A path as typed. Raises ArgumentTypeError for an empty word, as an unset variable of a shell
    gives: it would mean the folder one is in.
    """
    if not word:
        raise argparse.ArgumentTypeError("an empty name is no file and no folder")
    return Path(word)


class Version(argparse.Action):
    """Looks the version up when it is asked for: what reads it takes a third of help's time."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import version

        print(f"taxiway {version('taxiway')}")
        parser.exit()


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0, 1 for an error, 2 for a port in use."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or (arguments[0].startswith("-") and arguments[0] not in HELP):
        arguments = ["run", *arguments]
    try:
        return ran(arguments)
    except TaxiwayError as error:
        print(error, file=sys.stderr)
        return getattr(error, "exit_code", 1)
    except BrokenPipeError:
        # Whoever read our output has seen enough; Python would complain once more while it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        said = f"{error.strerror}: {error.filename}" if error.strerror else str(error)
        print(f"{said}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def ran(arguments: Sequence[str]) -> int:
    """Run one command. Raises MissingDependency where it imports what an extra of ours brings."""
    parsed, rest = parser(arguments).parse_known_args(arguments)
    if rest and not getattr(parsed.module, "LATER", False):
        parsed.parser.error(f"unknown argument {rest[0]}")
    parsed.rest = rest
    # For commands that run another, or tell of all: they do not know the command line.
    parsed.ran, parsed.whole = ran, parser
    try:
        return parsed.module.run(parsed) or 0
    except ModuleNotFoundError as error:
        need((error.name or "").partition(".")[0], f"'taxiway {arguments[0]}'")
        raise


def parser(typed: Sequence[str] = ()) -> Parser:
    """The arguments of every command, or, where one was typed, those of that one."""
    root = Parser(
        prog="taxiway",
        description="Run a generative model on your own machine and play it live. "
        "Without a command: run the default model.",
    )
    root.add_argument("--version", action=Version, nargs=0, help="show the version")
    choices = root.add_subparsers(dest="command", metavar="COMMAND", required=True)
    is_own = typed and typed[0] in commands.own()
    for name in typed[:1] if is_own else commands.names():
        command = commands.load(name)
        has_help = getattr(command, "OWN_HELP", False)
        said = command.HELP.replace("%", "%%")
        described = choices.add_parser(name, help=said, add_help=not has_help)
        described.set_defaults(parser=described, module=command)
        described.words = typed[1:]
        if not typed:
            with contextlib.suppress(TaxiwayError):  # one that is broken hurts no other
                command.arguments(described)
        elif name == typed[0]:  # what makes the flags of others is not imported
            command.arguments(described)
    return root
