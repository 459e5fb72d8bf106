"""`taxiway models`: what there is to run."""

import argparse

from taxiway.commands._flags import metavar_of, names_of

HELP = "list the models there are"


def arguments(parser: argparse.ArgumentParser) -> None:
    """None."""


def run(parsed: argparse.Namespace) -> None:
    from taxiway.catalog import catalog
    from taxiway.core import declaration

    for card in catalog.cards():
        default = " (default)" if card.name == catalog.DEFAULT else ""
        fields = declaration.family(card.family).options if card.needs else {}
        flags = [f" {names_of(name)[-1]} {metavar_of(fields[name])}" for name in card.needs]
        words = f"cannot be run: {card.error}" if card.error else card.summary
        print(f"{card.name}{' or'.join(flags)}{default}\n    {words}")
