"""`taxiway mix`: layers of one picture in another."""

import argparse
from pathlib import Path

from taxiway.commands import DEVICES, tool_inputs

HELP = "mix the layers of some pictures with those of others"
LATER = True


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "Also --truncation, --label, --noise-mode and so on, as in taxiway generate."
    parser.add_argument("model", help="a model's name, or a checkpoint file")
    parser.add_argument("--checkpoint", type=Path, metavar="FILE")
    for name, said in (
        ("rows", "such as 0-3, or files"),
        ("columns", "their layers go into the rows"),
    ):
        parser.add_argument(
            f"--{name}", nargs="+", required=True, metavar="SEEDS|FILE", help=f"latents: {said}"
        )
    parser.add_argument(
        "--styles",
        default="coarse",
        metavar="LAYERS",
        help="which of the columns' layers: coarse, middle, fine, all, none, or 0-3,7",
    )
    parser.add_argument("--psi", type=float, metavar="PSI", help="truncation")
    parser.add_argument("--centre", metavar="SEED|FILE", help="truncate towards this w")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--device", default="auto", choices=DEVICES)


def run(parsed: argparse.Namespace) -> None:
    from taxiway.catalog import catalog
    from taxiway.console import ConsoleJob
    from taxiway.families.stylegan.rendering.files import read_words
    from taxiway.families.stylegan.rendering.opening import open_renderer
    from taxiway.families.stylegan.rendering.renderer import torch_renderer_of
    from taxiway.families.stylegan.tools.mix import Mix

    tool = Mix()
    inputs = tool_inputs(parsed.parser, parsed.rest, tool.command)
    card = catalog.choose(parsed.model, parsed.checkpoint)
    renderer = torch_renderer_of(open_renderer(catalog.spec(card), parsed.device))
    inputs |= {
        name: read_words(getattr(parsed, name), renderer.shape) for name in ("rows", "columns")
    }
    inputs["styles"] = parsed.styles
    if parsed.psi is not None:
        inputs["truncation"] = parsed.psi
    if parsed.centre:
        inputs["centre"] = read_words([parsed.centre], renderer.shape)
    values = tool.command.decode(inputs)
    with ConsoleJob(parsed.out, card.name) as job:
        tool.run(renderer, values, job)
