"""`taxiway generate`: pictures of seeds."""

import argparse
from pathlib import Path

from taxiway.commands import DEVICES, more_inputs

HELP = "save pictures of seeds"
LATER = True


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "Any other input of the model is an option too, such as --noise-mode none."
    parser.add_argument("model", help="a model's name, or a checkpoint file")
    parser.add_argument("--checkpoint", type=Path, metavar="FILE")
    parser.add_argument("--seeds", required=True, metavar="RANGE", help="such as 0-9 or 1,5,7-9")
    parser.add_argument("--psi", type=float, metavar="PSI", help="truncation")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--device", default="auto", choices=DEVICES)


def run(parsed: argparse.Namespace) -> None:
    import asyncio

    from taxiway.generate import generate
    from taxiway.latent.sample import parse_seeds
    from taxiway.library import catalog

    card = catalog.choose(parsed.model, parsed.checkpoint)
    inputs = more_inputs(parsed.parser, parsed.rest)
    if parsed.psi is not None:
        inputs["truncation"] = parsed.psi
    spec = catalog.spec(card, {"device": parsed.device})
    asyncio.run(generate(spec, parse_seeds(parsed.seeds), inputs, parsed.out))
