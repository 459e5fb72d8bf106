"""`taxiway convert`: a checkpoint in another form, tuned to a picture if asked for."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taxiway.commands import add_force

if TYPE_CHECKING:
    from taxiway.checkpoint import Checkpoint

HELP = "rewrite a checkpoint as safetensors, or as .pt or .onnx for other programs"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", help="a checkpoint file, or a model's name")
    parser.add_argument("out", type=Path, metavar="OUT.safetensors|OUT.pt|OUT.onnx",
                        help="the file to write; its ending says which kind")  # fmt: skip
    parser.add_argument("--dtype", default="float32", choices=("float32", "float16"),
                        help="of the weights; float16 takes half the room")  # fmt: skip
    parser.add_argument(
        "--tuned", type=Path, metavar="FILE", help="add what 'taxiway project --tune' changed"
    )
    parser.add_argument("--discriminator", action="store_true",
                        help="write its discriminator beside it, to train on from")  # fmt: skip
    parser.add_argument(
        "--entry", choices=("z", "ws"), help="ONNX: from z (the default) or the w of each layer"
    )
    parser.add_argument(
        "--pixels",
        choices=("uint8", "float32"),
        help="ONNX: [N, H, W, C] of 0 to 255 (the default), or [N, C, H, W] of -1 to 1",
    )
    add_force(parser)


def run(parsed: argparse.Namespace) -> None:
    from taxiway.checkpoint import read_checkpoint
    from taxiway.core.files import check_free

    write = writer_of(parsed)
    file = file_of(parsed.model)
    check_free(
        parsed.out, [Path(file), *([parsed.tuned] if parsed.tuned else [])], None, parsed.force
    )
    checkpoint = read_checkpoint(file)
    judge = discriminator_of(file) if parsed.discriminator else {}
    if parsed.tuned:
        from taxiway.families.stylegan.projection.pti import tuned_checkpoint

        checkpoint = tuned_checkpoint(parsed.tuned, checkpoint)
    told = write(parsed, checkpoint)
    if judge:
        from taxiway.checkpoint.discriminator import write_discriminator

        write_discriminator(parsed.out, judge)
    print(f"Wrote {parsed.out} ({parsed.out.stat().st_size / 1e6:.1f} MB).", *told)


Writer = Callable[[argparse.Namespace, "Checkpoint"], list[str]]


def to_safetensors(parsed: argparse.Namespace, checkpoint: "Checkpoint") -> list[str]:
    """Write our own form; there is nothing to say of it."""
    from taxiway.checkpoint import write_checkpoint

    write_checkpoint(parsed.out, checkpoint, parsed.dtype)
    return []


def to_torch(parsed: argparse.Namespace, checkpoint: "Checkpoint") -> list[str]:
    """Write a torch dictionary; sentences on what other tools cannot know of it."""
    from taxiway.checkpoint.torch_write import write_state

    return write_state(parsed.out, checkpoint)


def to_onnx(parsed: argparse.Namespace, checkpoint: "Checkpoint") -> list[str]:
    """Write the whole generator, with what is known of the model in the file's metadata."""
    from taxiway.catalog import catalog
    from taxiway.core.files import write_whole
    from taxiway.families.stylegan.networks.onnx_model import facts_of, onnx_model

    card = next((card for card in catalog.cards() if card.name == parsed.model), None)
    entry, pixels = parsed.entry or "z", parsed.pixels or "uint8"
    facts = facts_of(checkpoint, card)
    write_whole(parsed.out, onnx_model(checkpoint, facts, entry, pixels, parsed.dtype))
    return []


WRITERS: dict[str, Writer] = {".safetensors": to_safetensors, ".pt": to_torch, ".onnx": to_onnx}
"""What is written, by the suffix of the file."""
ONLY = {
    "dtype float16": (".safetensors", ".onnx"),
    "discriminator": (".safetensors", ".pt"),
    "entry": (".onnx",),
    "pixels": (".onnx",),
}
"""Flags that are not for all of them."""


def writer_of(parsed: argparse.Namespace) -> Writer:
    """The writer for a file; InvalidArgument for a suffix that is none, or another's flag."""
    from taxiway.core.errors import InvalidArgument

    out, suffix = parsed.out.name, parsed.out.suffix
    if suffix not in WRITERS:
        raise InvalidArgument(f"A checkpoint is written as {', '.join(WRITERS)}, got '{out}'.")
    for flag, suffixes in ONLY.items():
        name, _, value = flag.partition(" ")
        given = getattr(parsed, name)
        if (given == value if value else given) and suffix not in suffixes:
            raise InvalidArgument(f"'--{flag}' is for {', '.join(suffixes)}, got '{out}'.")
    return WRITERS[suffix]


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

    cards = (card for card in catalog.cards() if card.family == "stylegan")
    own = {card.name: card for card in cards if card.checkpoint}
    return str(catalog.spec(own[model]).options["checkpoint"]) if model in own else model
