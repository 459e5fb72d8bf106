"""`taxiway video`: a film of a walk."""

import argparse
from pathlib import Path

from taxiway.commands import DEVICES, tool_inputs

HELP = "film a walk from picture to picture"
LATER = True
KINDS = ("spline", "linear", "slerp", "circle", "random", "wander", "noise")
GIVEN = ("kind", "pace", "times", "seed", "seconds", "fps", "size", "grid", "crf", "bitrate")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Also --changes (wander), --radius and --centred true (noise), --steps (random), "
        "--truncation-to 1 --swings 2 (psi swings to 1 and back, twice), --label, --cutoff, "
        "--noise-mode. Run it again after a stop: it goes on where it was."
    )
    parser.add_argument("model", help="a model's name, or a checkpoint file")
    parser.add_argument("--checkpoint", type=Path, metavar="FILE")
    parser.add_argument("--keys", nargs="+", default=[], metavar="SEEDS|FILE", help="where to go")
    parser.add_argument("--kind", choices=KINDS, help="spline goes through the keys (default)")
    parser.add_argument("--seed", type=int, help="for wander and noise, which take no keys")
    parser.add_argument("--loop", action="store_true", help="end where it began")
    parser.add_argument(
        "--pace", choices=("constant", "seen", "even", "smooth"), help="speed between keys"
    )
    parser.add_argument("--times", metavar="SECONDS", help="when each key comes: 0,2,5")
    parser.add_argument("--seconds", type=float, help="10, or the last of --times")
    parser.add_argument("--fps", type=float, help="frames a second; 30 unless you say")
    parser.add_argument("--psi", type=float, metavar="PSI", help="truncation")
    parser.add_argument("--centre", metavar="SEED|FILE", help="truncate towards this w")
    parser.add_argument("--size", type=int, metavar="PIXELS", help="height of the film")
    parser.add_argument("--grid", metavar="CxR", help="several walks at once, such as 3x2")
    parser.add_argument("--sound", type=Path, metavar="FILE", help="cut or repeated to fit")
    parser.add_argument("--crf", type=int, help="loss: 0 none, 18 usual (webm 28), 51 most")
    parser.add_argument("--bitrate", type=float, metavar="MBIT", help="in place of --crf")
    parser.add_argument(
        "--out", type=Path, required=True, help=".mp4, .webm, .gif, .apng; or a folder for PNGs"
    )
    parser.add_argument("--device", default="auto", choices=DEVICES)


def run(parsed: argparse.Namespace) -> None:
    from taxiway.catalog import catalog
    from taxiway.console import ConsoleJob
    from taxiway.families.stylegan.rendering.files import read_words
    from taxiway.families.stylegan.rendering.opening import open_renderer
    from taxiway.families.stylegan.tools.video import Video

    tool = Video()
    inputs = tool_inputs(parsed.parser, parsed.rest, tool.command)
    given = {name: getattr(parsed, name) for name in GIVEN} | {"truncation": parsed.psi}
    inputs |= {name: value for name, value in given.items() if value is not None}
    card = catalog.choose(parsed.model, parsed.checkpoint)
    renderer = open_renderer(catalog.spec(card), parsed.device)
    inputs |= {"loop": parsed.loop, "file": parsed.out.name, "sound": parsed.sound}
    inputs["keys"] = read_words(parsed.keys, renderer.shape) or None
    if parsed.centre:
        inputs["centre"] = read_words([parsed.centre], renderer.shape)
    values = tool.command.decode(inputs)
    with ConsoleJob(parsed.out.resolve().parent, card.name) as job:
        tool.run(renderer, values, job)
