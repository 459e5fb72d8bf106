"""`taxiway bend`: a network made to do what it was not trained for."""

import argparse
from pathlib import Path

from taxiway.commands import DEVICES

HELP = "bend a network: turn, stretch, silence or mix its layers"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "docs/bending.md has the operations and presets to begin with."
    parser.add_argument("model", help="a model's name, or a checkpoint file")
    parser.add_argument("--checkpoint", type=Path, metavar="FILE")
    parser.add_argument(
        "--preset",
        default="",
        metavar="FILE|BENDS",
        help="a file, or bends such as 'b16 rotate 30; b32 30%%@7 multiply 2'",
    )
    parser.add_argument(
        "--seeds", nargs="+", default=["0-4"], metavar="SEEDS|FILE", help="0-4 if not given"
    )
    parser.add_argument("--psi", type=float, default=0.7, metavar="PSI", help="truncation")
    parser.add_argument("--across", type=float, default=1, metavar="X", help="so much wider, to 4")
    parser.add_argument("--down", type=float, default=1, metavar="X", help="so much higher")
    parser.add_argument("--with", dest="other", metavar="MODEL", help="mix with this one")
    parser.add_argument("--mix", default="", metavar="SHARES", help="its part: 'b32 1, b64 0.5'")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--device", default="auto", choices=DEVICES)


def run(parsed: argparse.Namespace) -> None:
    from taxiway.catalog import catalog
    from taxiway.console import ConsoleJob
    from taxiway.families.stylegan.rendering.files import read_words
    from taxiway.families.stylegan.rendering.opening import open_renderer
    from taxiway.families.stylegan.rendering.renderer import torch_renderer_of
    from taxiway.families.stylegan.tools.bend import BendTool

    tool = BendTool()
    card = catalog.choose(parsed.model, parsed.checkpoint)
    renderer = torch_renderer_of(open_renderer(catalog.spec(card), parsed.device))
    inputs = {name: getattr(parsed, name) for name in ("across", "down", "mix")}
    inputs["preset"] = preset_text(parsed.preset)
    inputs["latents"] = read_words(parsed.seeds, renderer.shape)
    inputs["truncation"] = parsed.psi
    values = tool.command.decode(inputs)
    if parsed.other:
        other = catalog.choose(parsed.other)
        values["other"] = open_renderer(catalog.spec(other), parsed.device)
    with ConsoleJob(parsed.out, card.name) as job:
        found = tool.run(renderer, values, job)
    print(f"{len(found['files'])} pictures in {parsed.out}, with {parsed.out / 'sheet.png'}.")


def preset_text(given: str) -> str:
    """The bends in a file of that name, or those given."""
    path = Path(given)
    named = len(given) < 200 and "\n" not in given and path.suffix in (".txt", ".json")
    return path.read_text(encoding="utf-8") if named else given
