"""`taxiway convert`: a checkpoint in another form, tuned to a picture if asked for."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taxiway.commands import add_force

if TYPE_CHECKING:
    from taxiway.checkpoint import Checkpoint

HELP = "rewrite a checkpoint as safetensors, or as .pt for other tools"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", help="a checkpoint file, or a model's name")
    parser.add_argument("out", type=Path, metavar="OUT.safetensors|OUT.pt")
    parser.add_argument("--dtype", default="float32", choices=("float32", "float16"))
    parser.add_argument(
        "--tuned", type=Path, metavar="FILE", help="add what 'taxiway project --tune' changed"
    )
    parser.add_argument("--discriminator", action="store_true",
                        help="write its discriminator beside it, to train on from")  # fmt: skip
    add_force(parser)


def run(parsed: argparse.Namespace) -> None:
    from taxiway.checkpoint import read_checkpoint
    from taxiway.core.files import check_free

    write = writer_of(parsed.out, parsed.dtype)
    file = file_of(parsed.model)
    check_free(
        parsed.out, [Path(file), *([parsed.tuned] if parsed.tuned else [])], None, parsed.force
    )
    checkpoint = read_checkpoint(file)
    judge = discriminator_of(file) if parsed.discriminator else {}
    if parsed.tuned:
        from taxiway.families.stylegan.projection.pti import tuned_checkpoint

        checkpoint = tuned_checkpoint(parsed.tuned, checkpoint)
    told = write(parsed.out, checkpoint, parsed.dtype)
    if judge:
        from taxiway.checkpoint.discriminator import write_discriminator

        write_discriminator(parsed.out, judge)
    print(f"Wrote {parsed.out} ({parsed.out.stat().st_size / 1e6:.1f} MB).", *told)


Writer = Callable[[Path, "Checkpoint", str], list[str]]


def to_safetensors(path: Path, checkpoint: "Checkpoint", dtype: str) -> list[str]:
    """Write our own form; there is nothing to say of it."""
    from taxiway.checkpoint import write_checkpoint

    write_checkpoint(path, checkpoint, dtype)
    return []


def to_torch(path: Path, checkpoint: "Checkpoint", dtype: str) -> list[str]:
    """Write a torch dictionary; sentences on what other tools cannot know of it."""
    from taxiway.checkpoint.torch_write import write_state

    return write_state(path, checkpoint)


WRITERS: dict[str, Writer] = {".safetensors": to_safetensors, ".pt": to_torch}
"""What is written, by the suffix of the file."""


def writer_of(path: Path, dtype: str) -> Writer:
    """The writer for a file; InvalidArgument for a suffix or a precision that is not written."""
    from taxiway.core.errors import InvalidArgument

    if path.suffix not in WRITERS:
        known = ", ".join(WRITERS)
        raise InvalidArgument(f"A checkpoint is written as {known}, got '{path.name}'.")
    if dtype != "float32" and path.suffix != ".safetensors":
        raise InvalidArgument(f"'--dtype {dtype}' is for .safetensors, got '{path.name}'.")
    return WRITERS[path.suffix]


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
