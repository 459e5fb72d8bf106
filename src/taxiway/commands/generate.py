"""`taxiway generate`: pictures of seeds, vectors and files."""

import argparse
from pathlib import Path

from taxiway.commands import DEVICES, tool_inputs

HELP = "save pictures of seeds or latent files"
LATER = True


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Also --label 3 (class), --cutoff 8 (layers truncated), --noise-mode const|random|none, "
        "--noise-strength '0-3:1 fine:0.2', --x, --y and --rotation (StyleGAN3), --size (painter). "
        "Run it again after a stop: what is there already is kept."
    )
    parser.add_argument("model", help="a model's name, or a checkpoint file")
    parser.add_argument("--checkpoint", type=Path, metavar="FILE")
    parser.add_argument("--seeds", metavar="RANGE", help="such as 0-9 or 1,5,7-9")
    parser.add_argument(
        "--latents", nargs="+", default=[], metavar="FILE", help="latent files, or folders of them"
    )
    parser.add_argument("--psi", metavar="PSI", help="truncation; or several: 0,0.5,1 or 0:1:5")
    parser.add_argument("--centre", metavar="SEED|FILE", help="truncate towards this w")
    parser.add_argument("--grid", metavar="COLUMNS", help="one picture of all, too; or auto")
    parser.add_argument("--save", choices=("npz", "npy", "pt"), help="the latents, too")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--device", default="auto", choices=DEVICES)


def run(parsed: argparse.Namespace) -> None:
    from taxiway.catalog import catalog
    from taxiway.console import ConsoleJob
    from taxiway.core.errors import InvalidArgument
    from taxiway.families.stylegan.rendering.files import read_words
    from taxiway.families.stylegan.rendering.opening import open_renderer
    from taxiway.families.stylegan.tools.generate import Generate
    from taxiway.latent.sample import parse_seeds

    tool = Generate()
    inputs = {**tool_inputs(parsed.parser, parsed.rest, tool.command), **psi(parsed.psi)}
    if not parsed.seeds and not parsed.latents:
        raise InvalidArgument("Give --seeds, or --latents and files.")
    seeds = parse_seeds(parsed.seeds) if parsed.seeds else []
    card = catalog.choose(parsed.model, parsed.checkpoint)
    renderer = open_renderer(catalog.spec(card), parsed.device)
    inputs["latents"] = [*seeds, *read_words(parsed.latents, renderer.shape)]
    if parsed.centre:
        inputs["centre"] = read_words([parsed.centre], renderer.shape)
    inputs |= {name: getattr(parsed, name) for name in ("grid", "save") if getattr(parsed, name)}
    values = tool.command.decode(inputs)
    with ConsoleJob(parsed.out, card.name) as job:
        tool.run(renderer, values, job)


def psi(text: str | None) -> dict[str, object]:
    """One truncation, or the text of several."""
    if text is None:
        return {}
    try:
        return {"truncation": float(text)}
    except ValueError:
        return {"sweep": text}
