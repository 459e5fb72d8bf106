"""`taxiway doctor`: what this machine can do."""

import argparse

HELP = "tell what this machine can do, measured"


def arguments(parser: argparse.ArgumentParser) -> None:
    """None."""


def run(parsed: argparse.Namespace) -> None:
    from taxiway.doctor import report

    for line in report():
        print(line)
