"""`taxiway convert`: a checkpoint as safetensors, tuned to a picture if asked for."""

import argparse
from pathlib import Path

HELP = "rewrite a checkpoint as safetensors"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", help="a checkpoint file, or a model's name")
    parser.add_argument("out", type=Path, metavar="OUT.safetensors")
    parser.add_argument("--dtype", default="float32", choices=("float32", "float16"))
    parser.add_argument(
        "--tuned", type=Path, metavar="FILE", help="add what 'taxiway project --tune' changed"
    )


def run(parsed: argparse.Namespace) -> None:
    from taxiway.networks.checkpoint import read_checkpoint, write_checkpoint

    checkpoint = read_checkpoint(file_of(parsed.model))
    if parsed.tuned:
        from taxiway.discovery.pti import tuned_checkpoint

        checkpoint = tuned_checkpoint(parsed.tuned, checkpoint)
    write_checkpoint(parsed.out, checkpoint, parsed.dtype)
    print(f"Wrote {parsed.out} ({parsed.out.stat().st_size / 1e6:.1f} MB).")


def file_of(model: str) -> str:
    """The file of a model that comes with Taxiway, by its name; else the file of that name."""
    from taxiway.library import catalog

    own = {card.name: card for card in catalog.cards() if card.checkpoint}
    return str(catalog.spec(own[model]).options["checkpoint"]) if model in own else model
