"""`taxiway convert`: a checkpoint as safetensors."""

import argparse
from pathlib import Path

HELP = "rewrite a checkpoint as safetensors"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path)
    parser.add_argument("out", type=Path, metavar="OUT.safetensors")
    parser.add_argument("--dtype", default="float32", choices=("float32", "float16"))


def run(parsed: argparse.Namespace) -> None:
    from taxiway.networks.checkpoint import read_checkpoint, write_checkpoint

    write_checkpoint(parsed.out, read_checkpoint(parsed.file), parsed.dtype)
    print(f"Wrote {parsed.out} ({parsed.out.stat().st_size / 1e6:.1f} MB).")
