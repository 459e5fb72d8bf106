"""`taxiway centres`: what to truncate towards."""

import argparse
from pathlib import Path

from taxiway.commands import DEVICES

HELP = "find centres of truncation that keep pictures varied"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Then: taxiway generate MODEL --seeds 0-9 --psi 0.3 --centre DIR/centres.npy ..."
    )
    parser.add_argument("model", help="a model's name, or a checkpoint file")
    parser.add_argument("--checkpoint", type=Path, metavar="FILE")
    parser.add_argument("--count", type=int, default=64, help="how many; 64 unless you say")
    parser.add_argument(
        "--samples", type=int, default=60_000, metavar="N", help="random w looked at"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the samples")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--device", default="auto", choices=DEVICES)


def run(parsed: argparse.Namespace) -> None:
    from taxiway.catalog import catalog
    from taxiway.console import ConsoleJob
    from taxiway.families.stylegan.rendering.opening import open_renderer
    from taxiway.families.stylegan.tools.centres import Centres

    tool = Centres()
    inputs = {name: getattr(parsed, name) for name in tool.command.inputs}
    values = tool.command.decode(inputs)
    card = catalog.choose(parsed.model, parsed.checkpoint)
    renderer = open_renderer(catalog.spec(card), parsed.device)
    with ConsoleJob(parsed.out, card.name) as job:
        tool.run(renderer, values, job)
