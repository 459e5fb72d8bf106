"""`taxiway sources`: what can come into a model by itself, and what each needs."""

import argparse

HELP = "list the ways in for inputs, and what each needs"


def arguments(parser: argparse.ArgumentParser) -> None:
    """None."""


def run(parsed: argparse.Namespace) -> None:
    from taxiway.commands import describe_members
    from taxiway.live.inputs import sources

    describe_members(sources())
