"""`taxiway outputs`: where the frames of a model can go, and what each needs."""

import argparse

HELP = "list the ways out for frames, and what each needs"


def arguments(parser: argparse.ArgumentParser) -> None:
    """None."""


def run(parsed: argparse.Namespace) -> None:
    from taxiway.commands import describe_members
    from taxiway.live.outputs import sinks

    describe_members(sinks())
