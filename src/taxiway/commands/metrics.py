"""`taxiway metrics`: how far two sets of pictures are from each other."""

import argparse
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from taxiway.commands import whole_number
from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.core.extras import need

HELP = "measure how far pictures or a model are from others"
TOLD = {
    "kid": ("distance (KID)", "0 is equal"),
    "frechet": ("distance (Frechet)", "0 is equal"),
    "sliced_wasserstein": ("patches (SWD x 1000)", "0 is equal"),
    "precision": ("precision", "share of A that could be of B"),
    "recall": ("recall", "share of B that A covers"),
    "variety": ("variety", "1 is as varied as B"),
    "fid": ("FID", "0 is equal"),
}
WIDTH = max(len(title) for title, _ in TOLD.values())
FEWEST = 20  # as in training.gallery, which needs PyTorch
MOST_PSI = 5.0


def arguments(parser: argparse.ArgumentParser) -> None:
    takes = "a folder, zip file, video, model's name or checkpoint"
    parser.add_argument("a", metavar="A", help=f"what is judged: {takes}")
    parser.add_argument("b", metavar="B", help="what it is held against: the same kinds")
    parser.add_argument("--metrics", default="kid,fd,swd,pr,variety", metavar="LIST",
                        help="which, with commas: all but fid and ppl if not given")  # fmt: skip
    parser.add_argument("--count", type=whole_number(FEWEST), default=500, metavar="N",
                        help="pictures of each")  # fmt: skip
    parser.add_argument("--psi", type=psi, default=1.0, help="truncation of models: 1")
    parser.add_argument("--size", type=int, default=64, metavar="N", help="pixels compared: 64")
    parser.add_argument("--inception", type=Path, metavar="FILE",
                        help="also tell FID, with these weights of Inception v3")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="as JSON, for a program to read")


def psi(text: str) -> float:
    """A truncation, as models take it."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not abs(value) <= MOST_PSI:
        raise argparse.ArgumentTypeError(
            f"a number from -{MOST_PSI:g} to {MOST_PSI:g} is needed, got {text!r}"
        )
    return value


def run(parsed: argparse.Namespace) -> None:
    import json

    need("torch", "Measuring", "train")
    from taxiway.training.datasets.pictures.crops import RESOLUTIONS
    from taxiway.training.metrics import METRICS, compare

    names = [name.strip() for name in parsed.metrics.split(",")]
    # what cannot be measured is said before anything is drawn
    for name in names:
        check("metrics", name, METRICS)
    check("size", parsed.size, RESOLUTIONS)
    judge = judging(parsed.inception) if parsed.inception else None
    made, real = drawn(parsed)
    found = compare(made, real, names) | (judge(made, real) if judge else {})
    figures = {name: round(value, 5) for name, value in found.items()}
    about = {"a": parsed.a, "b": parsed.b, "size": parsed.size, "psi": parsed.psi}
    counts = {"pictures_a": len(made), "pictures_b": len(real)}
    if parsed.json:
        print(json.dumps({**about, **counts, "metrics": figures}, indent=1))
    else:
        show(figures, counts)


def check(option: str, value: object, known: Collection[object]) -> None:
    """Refuse a value that there is not."""
    if value not in known:
        told = ", ".join(map(str, known))
        raise InvalidArgument(f"'{option}' takes {told}, got {value!r}.", option)


def judging(weights: Path) -> Callable[[Any, Any], dict[str, float]]:
    """What tells FID of two sets of pictures by the weights in a file, which is read at once."""
    from taxiway.backends.torch.device import pick_device
    from taxiway.console import bar
    from taxiway.training.inception import fid, read_inception

    network = read_inception(weights)

    def judge(made: Any, real: Any) -> dict[str, float]:
        with bar("Inception", len(made) + len(real), leave=False) as shown:
            return {"fid": fid(network, made, real, pick_device(), shown.update)}

    return judge


def drawn(parsed: argparse.Namespace) -> tuple[Any, Any]:
    """The pictures of A and of B."""
    from taxiway.console import bar
    from taxiway.families.stylegan.training.image_sources import varied

    found = []
    # A model held against itself, or another, is drawn with other seeds.
    for first, name in ((0, parsed.a), (1_000_000, parsed.b)):
        with bar(name, parsed.count, leave=False) as shown:
            found.append(pictures(name, parsed, first, shown.update))
    return found[0], varied(found[1], parsed.b)


def pictures(
    name: str, parsed: argparse.Namespace, first: int, advance: Callable[[int], object]
) -> Any:
    """The pictures that a name on the command line stands for."""
    from taxiway.catalog import catalog, families
    from taxiway.families.stylegan.training.image_sources import pictures_by, pictures_of

    path = Path(name)
    if path.is_dir() or (path.is_file() and not families.asked(name)[0]):
        return pictures_of(path, parsed.count, parsed.size, advance)
    try:
        options = catalog.spec(catalog.choose(name)).options
    except NotFound as error:
        raise NotFound(f"There is no folder or file '{name}'. {error}") from None
    if "checkpoint" not in options:
        raise InvalidArgument(f"'{name}' has no checkpoint; save pictures with: taxiway generate")
    checkpoint = Path(options["checkpoint"])
    return pictures_by(checkpoint, parsed.count, parsed.psi, parsed.size, first, advance)


def show(figures: dict[str, float], counts: dict[str, int]) -> None:
    """The figures as a table."""
    for name, value in figures.items():
        title, meaning = TOLD[name]
        print(f"{title:{WIDTH}}  {value:<8.3g}  {meaning}")
    print(f"{counts['pictures_a']} pictures of A, {counts['pictures_b']} of B")
