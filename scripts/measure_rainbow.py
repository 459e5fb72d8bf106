"""Hold a rainbow model against the bar that is in its card.

    python scripts/measure_rainbow.py [CHECKPOINT] [--samples 2000] [--out figures.json]

Ends with exit code 1 where a figure is short of the bar.
"""

import argparse
import json
import sys
from pathlib import Path

from taxiway.catalog import catalog
from taxiway.checkpoint import read_checkpoint
from taxiway.core.errors import TaxiwayError
from taxiway.core.files import write_whole
from taxiway.families.stylegan.networks import build_generator
from taxiway.families.stylegan.training.acceptance import SAMPLES, measure, missed, told


def main() -> int:
    try:
        found = measured(arguments())
    except TaxiwayError as error:
        print(error, file=sys.stderr)
        return 1
    print(told(found))
    return 1 if missed(found) else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", type=Path, nargs="?", help="the model that ships if none")
    parser.add_argument("--samples", type=int, default=SAMPLES)
    parser.add_argument("--out", type=Path, help="where to write the figures as JSON")
    return parser.parse_args()


def measured(options: argparse.Namespace) -> dict[str, float]:
    """The figures, also written where they are wanted."""
    shipped = catalog.spec(catalog.card("rainbow")).options["checkpoint"]
    generator = build_generator(read_checkpoint(options.checkpoint or Path(shipped)))
    found = measure(generator, options.samples)
    if options.out is not None:
        write_whole(options.out, json.dumps(found, indent=2).encode())
    return found


if __name__ == "__main__":
    sys.exit(main())
