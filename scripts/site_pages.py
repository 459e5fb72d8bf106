"""A page for every command, made of what it declares."""

import argparse
import re
from collections.abc import Iterator

from taxiway import cli, commands

WIDTH = 88


def command_pages() -> dict[str, str]:
    """Markdown by the command's name."""
    root = cli.parser()
    choices = next(
        action.choices for action in root._actions if isinstance(action, argparse._SubParsersAction)
    )
    return {name: page(name, choices[name], commands.load(name).HELP) for name in commands.names()}


def page(name: str, parser: argparse.ArgumentParser, said: str) -> str:
    """One command: what it does, what is typed, each argument, each action."""
    about = parser.description or f"{said[:1].upper()}{said[1:]}."
    return "\n".join([f"# taxiway {name}", "", sentence(about), "", *body(parser, 2)])


def body(parser: argparse.ArgumentParser, level: int) -> Iterator[str]:
    """Usage and arguments of a command or of an action of one."""
    parser.formatter_class = lambda prog: argparse.RawDescriptionHelpFormatter(prog, width=WIDTH)
    yield from ["```text", parser.format_usage().removeprefix("usage: ").strip(), "```", ""]
    below = []
    for group in parser._action_groups:
        shown = [each for each in group._group_actions if each.help != argparse.SUPPRESS]
        below += [each for each in shown if isinstance(each, argparse._SubParsersAction)]
        rows = [each for each in shown if not isinstance(each, argparse._SubParsersAction)]
        if rows:
            title = str(group.title).capitalize()
            yield from [
                f"{'#' * level} {title}",
                "",
                *([f"{group.description}", ""] if group.description else []),
            ]
            yield from ["| | |", "|---|---|", *map(row, rows), ""]
    if parser.epilog:
        yield from [epilog(parser.epilog), ""]
    for actions in below:
        for word, one in actions.choices.items():
            about = one.description or help_of(actions, word)
            yield from [f"{'#' * level} {one.prog}", "", sentence(about), ""]
            yield from body(one, level + 1)


def row(action: argparse.Action) -> str:
    """One argument: how it is typed, what it is, what it takes."""
    formatter = argparse.HelpFormatter("")
    typed = formatter._format_action_invocation(action)
    takes = ""
    if action.choices is not None and not action.option_strings and action.metavar:
        takes = f" One of {', '.join(map(str, action.choices))}."
    said = (action.help or "").replace("%%", "%")
    return f"| `{cell(typed)}` | {cell(sentence(said) + takes)} |"


def help_of(actions: "argparse._SubParsersAction[argparse.ArgumentParser]", word: str) -> str:
    """What a list of actions says of one."""
    return next((each.help or "" for each in actions._choices_actions if each.dest == word), "")


def sentence(text: str) -> str:
    """Text that Markdown leaves as it is."""
    return re.sub(r"([<>*_\[\]])", r"\\\1", text.replace("%%", "%"))


def cell(text: str) -> str:
    """Text for a cell of a table."""
    return " ".join(text.replace("|", "\\|").split())


def epilog(text: str) -> str:
    """What stands below; as it was set where it has lines of its own."""
    return f"```text\n{text.rstrip()}\n```" if "\n" in text.strip() else sentence(text)
