"""Write one of our own files again with its weights in fewer bits, as the `writer` that ships has.

python scripts/round_weights.py runs/writer/model.safetensors writer.safetensors --bits 6
"""

import argparse
from pathlib import Path

from taxiway.checkpoint.limits import Budget
from taxiway.checkpoint.native import native_metadata, native_tensors, write_tensors
from taxiway.checkpoint.reader import open_source


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--bits", type=int, choices=(6, 7, 8), default=6)
    options = parser.parse_args()
    with open_source(options.source) as source:
        budget, metadata = Budget(2 * source.size), native_metadata(source)
        tensors = {name: part.read(budget) for name, part in native_tensors(source).items()}
    write_tensors(options.out, tensors, f"int{options.bits}", metadata)


if __name__ == "__main__":
    main()
