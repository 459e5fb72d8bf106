"""`taxiway run`: a model with its studio and its addresses."""

import argparse
from pathlib import Path

from taxiway.commands import DEVICES

HELP = "run a model: the studio, and its address for programs"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", nargs="?", help="a model's name, or a checkpoint file")
    parser.add_argument(
        "--checkpoint", type=Path, metavar="FILE", help="a StyleGAN2 or 3 checkpoint"
    )
    parser.add_argument(
        "--port", type=port_number, default=8000, metavar="N", help="8000 if not given"
    )
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 lets other machines in")
    parser.add_argument("--device", default="auto", choices=DEVICES)
    parser.add_argument("--no-browser", action="store_true", help="do not open the studio")


def run(parsed: argparse.Namespace) -> None:
    from taxiway import app
    from taxiway.core.config import Config
    from taxiway.library import catalog

    card = catalog.choose(parsed.model or catalog.DEFAULT, parsed.checkpoint)
    config = Config(host=parsed.host, port=parsed.port)
    app.run(config, card, {"device": parsed.device}, open_browser=not parsed.no_browser)


def port_number(text: str) -> int:
    """A port; 0 takes any free one."""
    if not (text.isascii() and text.isdecimal() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"a port is a number up to 65535, got {text!r}")
    return int(text)
