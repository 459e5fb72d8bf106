"""`taxiway worker`: a model for another Taxiway, which starts this by ssh."""

import argparse

HELP = "run a model for another machine, which starts this by ssh: taxiway run MODEL --on BOX"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "It speaks by standard input and output, and ends with the other side."


def run(parsed: argparse.Namespace) -> None:
    from taxiway.catalog.folder import data_path
    from taxiway.engine.remote_worker import serve

    serve(data_path() / "carried")
