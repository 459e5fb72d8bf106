"""`taxiway convert`: a checkpoint as safetensors, tuned to a picture if asked for."""

import argparse
from pathlib import Path
from typing import Any

from taxiway.commands import add_force

HELP = "rewrite a checkpoint as safetensors"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", help="a checkpoint file, or a model's name")
    parser.add_argument("out", type=Path, metavar="OUT.safetensors")
    parser.add_argument("--dtype", default="float32", choices=("float32", "float16"))
    parser.add_argument(
        "--tuned", type=Path, metavar="FILE", help="add what 'taxiway project --tune' changed"
    )
    parser.add_argument("--discriminator", action="store_true",
                        help="write its discriminator beside it, to train on from")  # fmt: skip
    add_force(parser)


def run(parsed: argparse.Namespace) -> None:
    from taxiway.checkpoint import read_checkpoint, write_checkpoint
    from taxiway.core.files import check_free

    file = file_of(parsed.model)
    check_free(
        parsed.out, [Path(file), *([parsed.tuned] if parsed.tuned else [])], None, parsed.force
    )
    checkpoint = read_checkpoint(file)
    judge = discriminator_of(file) if parsed.discriminator else {}
    if parsed.tuned:
        from taxiway.families.stylegan.projection.pti import tuned_checkpoint

        checkpoint = tuned_checkpoint(parsed.tuned, checkpoint)
    write_checkpoint(parsed.out, checkpoint, parsed.dtype)
    if judge:
        from taxiway.checkpoint.discriminator import write_discriminator

        write_discriminator(parsed.out, judge)
    print(f"Wrote {parsed.out} ({parsed.out.stat().st_size / 1e6:.1f} MB).")


def discriminator_of(file: str) -> dict[str, Any]:
    """The discriminator's tensors; NotFound if the file has none."""
    from taxiway.checkpoint.discriminator import read_discriminator
    from taxiway.core.errors import NotFound

    found = read_discriminator(file)
    if not found:
        raise NotFound(f"'{file}' has no discriminator; leave out --discriminator.")
    return found


def file_of(model: str) -> str:
    """The file of a model that comes with Taxiway, by its name; else the file of that name."""
    from taxiway.catalog import catalog

    own = {card.name: card for card in catalog.cards() if card.checkpoint}
    return str(catalog.spec(own[model]).options["checkpoint"]) if model in own else model
