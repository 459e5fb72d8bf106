"""What `taxiway` can be told: one file is one command, found by its name."""

import argparse
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType

FIRST = ("run", "generate", "models")
"""What most people look for; the other commands follow by name."""
DEVICES = ("auto", "cpu", "cuda", "mps")


def names() -> list[str]:
    """Every command, in the order in which help lists them."""
    found = {path.stem for path in Path(__file__).parent.glob("[a-z]*.py")}
    return [*FIRST, *sorted(found - set(FIRST))]


def load(name: str) -> ModuleType:
    """The command's module.

    It has HELP (a few words), `arguments(parser)` and `run(parsed)`, which returns an exit code or
    None and raises TaxiwayError; a LATER = True takes arguments that the parser does not know, in
    `parsed.rest`. Heavy imports wait inside `run`, so that help and typing errors come at once.
    """
    return import_module(f"taxiway.commands.{name}")


def more_inputs(parser: argparse.ArgumentParser, rest: Sequence[str]) -> dict[str, object]:
    """`--noise-mode none --label=3` as inputs: text that reads as JSON is that, else text."""
    import json

    inputs: dict[str, object] = {}
    words = [piece for word in rest for piece in word.split("=", 1)]
    if len(words) % 2 or any(not name.startswith("--") for name in words[::2]):
        parser.error(f"cannot make sense of {' '.join(rest)!r}")
    for name, text in zip(words[::2], words[1::2], strict=True):
        try:
            inputs[name[2:].replace("-", "_")] = json.loads(text)
        except ValueError:
            inputs[name[2:].replace("-", "_")] = text
    return inputs
