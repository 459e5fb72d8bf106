"""Hold a rainbow model against the bar that is in its card.

    python scripts/measure_rainbow.py [CHECKPOINT] [--samples 2000] [--out figures.json]

Ends with exit code 1 where a figure is short of the bar.
"""

import argparse
import json
import sys
from pathlib import Path

from taxiway.core.files import write_whole
from taxiway.library import catalog
from taxiway.networks import build_generator
from taxiway.networks.checkpoint import read_checkpoint
from taxiway.training.bar import BAR, measure, missed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", type=Path, nargs="?", help="the model that ships if none")
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--out", type=Path, help="where to write the figures as JSON")
    options = parser.parse_args()
    shipped = catalog.spec(catalog.card("rainbow")).options["checkpoint"]
    generator = build_generator(read_checkpoint(options.checkpoint or Path(shipped)))
    found = measure(generator, options.samples)
    for name, value in found.items():
        word, limit = BAR.get(name, ("", None))
        print(f"{name:32}{value:10.4f}" + (f"   {word} {limit:g}" if limit is not None else ""))
    if options.out is not None:
        write_whole(options.out, json.dumps(found, indent=2).encode())
    short = missed(found)
    print("\n".join(short) or "The bar is passed.")
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
