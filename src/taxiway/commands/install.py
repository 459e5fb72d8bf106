"""`taxiway install`: what an extra brings, into the Python that runs this."""

import argparse

HELP = "install what training, films and so on need"
EXTRAS = ("train", "torch", "video", "onnx", "vision", "webgpu")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("extra", choices=EXTRAS, help="train is all that training needs, 200 MB")


def run(parsed: argparse.Namespace) -> None:
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from taxiway.console import ConsoleJob
    from taxiway.tools.install import Install

    with TemporaryDirectory() as folder, ConsoleJob(Path(folder), parsed.extra) as job:
        Install().run(None, {"extra": parsed.extra}, job)
    print(f"'{parsed.extra}' is installed.")
