"""`taxiway directions`: which ways a model's pictures can be moved."""

import argparse
from pathlib import Path

from taxiway.commands import DEVICES, tool_inputs

HELP = "find directions in which a model's pictures change"
LATER = True


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "Also --count, --samples, --seed and --least (see docs/directions.md)."
    parser.add_argument("model", help="a model's name, or a checkpoint file")
    parser.add_argument("--checkpoint", type=Path, metavar="FILE")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument(
        "--method",
        choices=("ganspace", "sefa", "score", "examples"),
        help="ganspace if not given: what varies most",
    )
    parser.add_argument(
        "--layer", default="", metavar="NAME", help="ganspace of what this layer says, such as b16"
    )
    parser.add_argument("--score", default="", metavar="NAMES", help="such as bow,warmth; or all")
    for name, which in (("a", "without"), ("b", "with")):
        parser.add_argument(
            f"--{name}", nargs="+", metavar="SEEDS|FILE", help=f"pictures {which} what you look for"
        )
    parser.add_argument(
        "--file", type=Path, nargs="+", default=[], help="directions of others: .npy, .npz, .pt"
    )
    parser.add_argument("--shipped", action="store_true", help="those that come with the model")
    parser.add_argument(
        "--without", type=Path, nargs="+", default=[], metavar="FILE", help="leave these alone"
    )
    parser.add_argument("--layers", default="all", help="those that are moved: coarse, 4-7")
    parser.add_argument("--name", default="")
    parser.add_argument("--device", default="auto", choices=DEVICES)


def run(parsed: argparse.Namespace) -> None:
    from taxiway.catalog import catalog, directions
    from taxiway.console import ConsoleJob
    from taxiway.families.stylegan.directions.direction import read_directions
    from taxiway.families.stylegan.rendering.files import read_words
    from taxiway.families.stylegan.rendering.opening import open_renderer
    from taxiway.families.stylegan.rendering.renderer import torch_renderer_of
    from taxiway.families.stylegan.tools.directions import Directions

    tool = Directions()
    inputs = tool_inputs(parsed.parser, parsed.rest, tool.command)
    card = catalog.choose(parsed.model, parsed.checkpoint)
    renderer = torch_renderer_of(open_renderer(catalog.spec(card), parsed.device))
    files = parsed.file + (directions.shipped(card.name) if parsed.shipped else [])
    for name, paths in (("given", files), ("without", parsed.without)):
        inputs[name] = [each for path in paths for each in read_directions(path, renderer.shape)]
    for name in ("a", "b"):
        inputs[name] = read_words(getattr(parsed, name) or [], renderer.shape)
    inputs |= {name: getattr(parsed, name) for name in ("score", "layer", "layers", "name")}
    inputs["method"] = method_of(parsed, bool(inputs["given"]))
    with ConsoleJob(parsed.out, card.name) as job:
        found = tool.run(renderer, tool.command.decode(inputs), job)
    for file, each in zip(found["files"], found["found"], strict=True):
        print(f"{parsed.out / file}: a step is {each['sigma']:.2f}")
    print(f"{parsed.out / 'sheet.png'} shows {len(found['files'])}, from -3 to 3 steps.")


def method_of(parsed: argparse.Namespace, given: bool) -> str:
    """The method that is named, or that the other arguments mean."""
    if parsed.method:
        return str(parsed.method)
    if given:
        return "given"
    if parsed.score:
        return "score"
    return "examples" if parsed.a or parsed.b else "ganspace"
