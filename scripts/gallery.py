"""Make the pictures of docs/latent.md: `python scripts/gallery.py [NAME ...]`; all if none."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from taxiway import load
from taxiway.film.grid import tiled
from taxiway.notebook import Model, Picture

OUT = Path(__file__).resolve().parent.parent / "docs" / "images" / "latent"
WIDTH = 768
KINDS = ("spline", "linear", "slerp", "circle", "random", "wander", "noise")
PIECES: dict[str, Callable[[Model], Picture]] = {}


def piece(make: Callable[[Model], Picture]) -> Callable[[Model], Picture]:
    """Have a function's picture in the gallery, under its name."""
    PIECES[make.__name__] = make
    return make


@piece
def generate(g: Model) -> Picture:
    """Sixteen seeds."""
    return g.grid("0-15", columns=8, psi=0.7)


@piece
def sweep(g: Model) -> Picture:
    """Two seeds from psi -1 to 1.5."""
    psis = np.linspace(-1, 1.5, 8)
    return rows([[g.image(seed, psi=float(psi)) for psi in psis] for seed in (3, 12)])


@piece
def centres(g: Model) -> Picture:
    """psi 0.2 towards the average, and towards the nearest of 64 centres."""
    found = g.centres(64)
    seeds = "16-23"
    return rows([g.images(seeds, psi=0.2), g.images(seeds, psi=0.2, centre=found)])


@piece
def mix(g: Model) -> Picture:
    """The coarse layers of the columns in the rows."""
    return g.mix("1-3", "10-16", styles="coarse", psi=0.9)


@piece
def mix_fine(g: Model) -> Picture:
    """The fine layers of the columns in the rows."""
    return g.mix("1-3", "10-16", styles="fine", psi=0.9)


@piece
def walks(g: Model) -> Picture:
    """A row for every kind of walk."""
    keys = {"circle": "2,13", "random": "2", "wander": None, "noise": None}
    strips = [
        list(g.walk(keys.get(kind, "2,13,8"), kind=kind, psi=0.7).frames(12)) for kind in KINDS
    ]
    return rows(strips)


def rows(pictures: list[list[Picture]]) -> Picture:
    """Rows of pictures as one."""
    parts = [np.asarray(picture) for row in pictures for picture in row]
    return Image.fromarray(tiled(parts, len(pictures[0])))


def save(name: str, picture: Picture) -> None:
    """Enlarge to the page's width and save as a JPEG."""
    height = round(picture.height * WIDTH / picture.width)
    large = picture.resize((WIDTH, height), Image.Resampling.LANCZOS)
    large.save(OUT / f"{name}.jpg", quality=88, optimize=True)


def film(g: Model) -> None:
    """A loop of three seconds as a GIF."""
    (OUT / "film.gif").unlink(missing_ok=True)  # it is kept otherwise
    g.video(OUT / "film.gif", "2,13,8", seconds=3, fps=12, size=128, loop=True, psi=0.7)


def main() -> None:
    """Make what is asked for."""
    OUT.mkdir(parents=True, exist_ok=True)
    g = load("rainbow", device="cpu")
    for name in sys.argv[1:] or [*PIECES, "film"]:
        if name == "film":
            film(g)
        else:
            save(name, PIECES[name](g))
        print(name)


if __name__ == "__main__":
    main()
