"""Make the model `rainbow` again: paint its data, train, write weights and figures.

    python scripts/train_rainbow.py --out runs/rainbow [--resume] [--kimg 200]

Ctrl-C stops after the step in hand and saves; --resume goes on exactly there.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch

from taxiway.commands.train import announced, bar, stopping
from taxiway.core.errors import TaxiwayError
from taxiway.core.files import write_whole
from taxiway.training.order import About, Order, default_threads, grown_stages
from taxiway.training.pictures import TRAINING, Pictures, curated, twin_threshold
from taxiway.training.rainbow import figures
from taxiway.training.session import Session, free_folder
from taxiway.training.speed import pays_bf16
from taxiway.training.stylegan2 import Settings

CPU = torch.device("cpu")
ABOUT = About(
    title="Rainbow",
    licence="Apache-2.0",
    data="Landscapes from Taxiway's painter, those whose bow passes the bow test. No photographs.",
)


def main() -> int:
    options = arguments()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    try:
        run(options)
    except TaxiwayError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="the folder for everything made")
    parser.add_argument("--resume", action="store_true", help="continue what is in that folder")
    parser.add_argument("--kimg", type=float, default=200, help="thousands of pictures to show")
    parser.add_argument("--pictures", type=int, default=18_000, help="how many to paint")
    parser.add_argument("--size", type=int, default=64, help="pixels of the finished model")
    parser.add_argument("--threads", type=int, choices=(1, 2, 4), default=default_threads(CPU, 16))
    return parser.parse_args()


def run(options: argparse.Namespace) -> None:
    out = free_folder(options.out, options.resume)
    pictures = data(out, options.pictures, options.size)
    settings = Settings(threads=options.threads, bf16=pays_bf16(CPU), gamma=2.0)
    stages = grown_stages(options.size, options.kimg)
    session = Session(Order("painter", stages, settings, about=ABOUT), out, pictures)
    with stopping() as stop:
        every = announced(session, pictures)
        with bar(options.kimg) as session.told:
            players = session.run(stop, every)
    text = json.dumps(figures(players.average), indent=2)
    write_whole(out / "figures.json", text.encode())
    print(text)


def data(out: Path, count: int, size: int) -> Pictures:
    """Painted and curated once, then kept in the folder."""
    path = out / "pictures.npy"
    if not path.exists():
        print(f"Painting {count} landscapes and keeping those with a plain bow.")
        np.save(path, curated(TRAINING, count, size, twin_threshold(size)))
    pictures: Pictures = np.load(path)
    return pictures


if __name__ == "__main__":
    sys.exit(main())
