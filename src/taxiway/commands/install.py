"""`taxiway install`: what an extra brings, into the Python that runs this."""

import argparse

from taxiway.core.extras import INSTALLED

HELP = "install what training, films and so on need"


def arguments(parser: argparse.ArgumentParser) -> None:
    listed = ", ".join(f"{name} for {what}: {mb} MB" for name, (what, mb, _) in INSTALLED.items())
    parser.add_argument("extra", metavar="EXTRA", choices=tuple(INSTALLED), help=listed)


def run(parsed: argparse.Namespace) -> None:
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from taxiway.console import ConsoleJob
    from taxiway.tools.install import Install

    with TemporaryDirectory() as folder, ConsoleJob(Path(folder), parsed.extra) as job:
        Install().run(None, {"extra": parsed.extra}, job)
    print(f"'{parsed.extra}' is installed.")
