"""`taxiway project`: the w of a picture."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from taxiway.commands import DEVICES

if TYPE_CHECKING:
    from taxiway.training.perceptual import Perceptual

HELP = "find the numbers that make a picture"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", help="a model's name, or a checkpoint file")
    parser.add_argument("picture", type=Path, help="of any size: PNG, JPEG, WebP, GIF or BMP")
    parser.add_argument("--checkpoint", type=Path, metavar="FILE")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument(
        "--space",
        default="w",
        choices=("w", "w+"),
        help="w is one for all layers and stays editable; w+ has one for each and comes closer",
    )
    parser.add_argument("--steps", type=int, default=200, metavar="N")
    parser.add_argument(
        "--crop", default="centre", choices=("centre", "pad", "squash"), help="to make it fit"
    )
    parser.add_argument("--box", default="", metavar="L,T,R,B", help="a part of it, in pixels")
    parser.add_argument(
        "--tune", type=int, default=0, metavar="N", help="then bend the model to it, N steps"
    )
    parser.add_argument(
        "--perceptual", type=Path, metavar="FILE", help="compare by this VGG16, too: a .pth"
    )
    parser.add_argument("--lpips", type=Path, metavar="FILE", help="its linear weights: vgg.pth")
    parser.add_argument(
        "--perceptual-weight", type=float, default=1.0, metavar="X", help="1 if not given"
    )
    parser.add_argument("--no-film", dest="film", action="store_false")
    parser.add_argument("--device", default="auto", choices=DEVICES)


def run(parsed: argparse.Namespace) -> None:
    from taxiway.catalog import catalog
    from taxiway.console import ConsoleJob
    from taxiway.families.stylegan.rendering.image_folder import read_picture
    from taxiway.families.stylegan.rendering.opening import open_renderer
    from taxiway.families.stylegan.tools.project import Project

    tool = Project(perceptual_of(parsed))
    card = catalog.choose(parsed.model, parsed.checkpoint)
    inputs = {name: getattr(parsed, name) for name in tool.command.inputs}
    inputs["picture"] = read_picture(parsed.picture)
    values = tool.command.decode(inputs)
    renderer = open_renderer(catalog.spec(card), parsed.device)
    with ConsoleJob(parsed.out, card.name) as job:
        found = tool.run(renderer, values, job)
    print(f"{parsed.out / found['w']}: {found['psnr']:.1f} dB, from {found['psnr_start']:.1f}.")
    if found["psnr_tuned"] is not None:
        tuned = parsed.out / "tuned.npz"
        print(f"{tuned}: {found['psnr_tuned']:.1f} dB. A model of its own is made of it by:")
        model = parsed.checkpoint or parsed.model
        print(f"  taxiway convert {model} tuned.safetensors --tuned {tuned}")
    print(f"{parsed.out / 'sheet.png'} shows both.")


def perceptual_of(parsed: argparse.Namespace) -> "Perceptual | None":
    """What pictures are also compared by, if a file of it is given."""
    from taxiway.core.errors import InvalidArgument
    from taxiway.training.perceptual import read_perceptual

    if parsed.perceptual is None:
        if parsed.lpips:
            raise InvalidArgument("--lpips takes --perceptual and a file of VGG16, too.")
        return None
    return read_perceptual(parsed.perceptual, parsed.lpips, parsed.perceptual_weight)
