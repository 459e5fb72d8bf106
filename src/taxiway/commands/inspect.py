"""`taxiway inspect`: what a checkpoint holds."""

import argparse
from pathlib import Path

HELP = "tell what a checkpoint holds, running nothing"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="a checkpoint of any kind")
    parser.add_argument("--json", action="store_true", help="as JSON, for a program to read")


def run(parsed: argparse.Namespace) -> None:
    import json

    from taxiway.checkpoint import inspect_checkpoint

    report = inspect_checkpoint(parsed.file)
    print(json.dumps(report.to_dict(), indent=1) if parsed.json else report.text())
