"""`taxiway completion`: what a shell reads to complete commands, flags and models by Tab."""

import argparse
import re
from collections.abc import Iterator, Sequence
from typing import Any

HELP = "write what bash, zsh or fish reads to complete words by Tab"
SHELLS = ("bash", "zsh", "fish")
PLACES = """\
where it belongs:
  bash  taxiway completion bash > ~/.local/share/bash-completion/completions/taxiway
  zsh   taxiway completion zsh > ~/.zfunc/_taxiway
        and in ~/.zshrc, before compinit: fpath+=~/.zfunc
  fish  taxiway completion fish > ~/.config/fish/completions/taxiway.fish

It is made of the commands and models there are now; write it anew after an update.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = "Write what a shell reads to complete commands, flags and models by Tab."
    parser.epilog = PLACES
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("shell", choices=SHELLS, help="for which shell")


def run(parsed: argparse.Namespace) -> None:
    import shtab

    from taxiway.catalog import catalog

    parser = parsed.whole()
    # Of others' manifests only what a shell takes for a word.
    names = [card.name for card in catalog.offered() if re.fullmatch(r"[\w.-]+", card.name, re.A)]
    for action in actions(parser):
        if (found := completes(action, names)) is not None:
            action.complete = found  # type: ignore[attr-defined]
    print(shtab.complete(parser, parsed.shell))


def actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Everything that can be typed, of all commands below this one."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from actions(below)
        else:
            yield action


def completes(action: argparse.Action, models: Sequence[str]) -> "str | dict[str, Any] | None":
    """What stands where this is typed: a model or a file, a folder, a file; None for anything else.

    In shtab's words.
    """
    if action.choices is not None or action.nargs == 0:
        return None
    name, shown = action.dest, str(action.metavar or "")
    if name in ("model", "models"):
        return model_or_file(models)
    if any(word in shown for word in ("DIR", "FOLDER")):
        return "directory"
    is_file = "FILE" in shown or "." in shown or not action.option_strings
    return "file" if is_file else None


def model_or_file(models: Sequence[str]) -> dict[str, Any]:
    """Names of models and files, as each shell wants to hear of them."""
    words = " ".join(models)
    bash = f'_taxiway_model() {{ compgen -W "{words}" -- "$1"; compgen -f -- "$1"; }}'
    zsh = f"_taxiway_model() {{ _alternative 'models:model:({words})' 'files:file:_files' }}"
    return {
        "bash": "_taxiway_model",
        "zsh": "_taxiway_model",
        "fish": f"(printf '%s\\n' {words}; __fish_complete_path (commandline -ct))",
        "preamble": {"bash": bash, "zsh": zsh},
    }
