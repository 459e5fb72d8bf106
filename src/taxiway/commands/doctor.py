"""`taxiway doctor`: what this machine can do."""

import argparse

HELP = "tell what this machine can do, measured"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--report",
        action="store_true",
        help="with what a report of a problem needs, to paste: no names, no secrets",
    )


def run(parsed: argparse.Namespace) -> None:
    from taxiway.doctor import report, to_paste

    for line in to_paste() if parsed.report else report():
        print(line)
