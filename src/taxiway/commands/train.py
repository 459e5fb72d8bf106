"""`taxiway train`: a model from a dataset."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from taxiway.commands import DEVICES, whole_number

HELP = "train a model on a prepared dataset"
ASKED = {
    "title": "What is the model called?",
    "licence": "Under which licence may it be used?",
    "data": "What do the pictures show, and whose are they?",
}
"""What a card says and only its maker knows."""


def arguments(parser: argparse.ArgumentParser) -> None:
    count = whole_number(1, digits=9)
    parser.add_argument("dataset", type=Path, help="what `taxiway dataset prepare` wrote")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--from", dest="start", metavar="CHECKPOINT",
                        help="start from a model: its name, file or training folder")  # fmt: skip
    parser.add_argument("--labels", action="store_true",
                        help="learn the dataset's classes, to be chosen from")  # fmt: skip
    parser.add_argument("--resume", action="store_true", help="go on where DIR stopped")
    parser.add_argument("--kimg", type=positive, metavar="N", help="thousands of pictures to show")
    parser.add_argument("--resolution", type=int, metavar="N", help="pixels: the dataset's")
    parser.add_argument("--quality", default="draft", choices=("draft", "good"))
    parser.add_argument("--augment", default="auto", choices=("auto", "none", "sky", "full"))
    parser.add_argument("--batch", type=count, default=16, metavar="N")
    parser.add_argument("--gamma", type=positive, metavar="X",
                        help="weight of the R1 penalty in multiples of the usual: 2")  # fmt: skip
    parser.add_argument("--path-length", type=positive, default=0.0, metavar="X",
                        help="weight of path length regularisation: none; usually 2")  # fmt: skip
    parser.add_argument("--freeze", type=int, default=0, metavar="N",
                        help="blocks of the discriminator that learn nothing")  # fmt: skip
    parser.add_argument("--device", default="auto", choices=DEVICES)
    parser.add_argument("--processes", type=count, metavar="N",
                        help="share each batch among so many, one to a GPU: 1")  # fmt: skip
    parser.add_argument("--threads", type=count, metavar="N")
    parser.add_argument("--direct", action="store_true", help="at full size from the start")
    for name, question in ASKED.items():
        parser.add_argument(f"--{name}", metavar="TEXT", help=question)


def positive(text: str) -> float:
    """A number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e9:
        raise argparse.ArgumentTypeError(f"a number above 0 is needed, got {text!r}")
    return value


def run(parsed: argparse.Namespace) -> None:
    from taxiway.families.stylegan.training.config import read_training_config
    from taxiway.families.stylegan.training.session import check_free, fitted
    from taxiway.training.datasets.pictures.packed import read_classes, read_dataset
    from taxiway.training.run_folder import working
    from taxiway.training.terminal import work

    folder = parsed.out
    check_free(folder, parsed.resume)
    known = read_training_config(folder) if parsed.resume else None
    pictures = fitted(read_dataset(parsed.dataset), known.size if known else parsed.resolution)
    learns = parsed.labels or (known is not None and known.settings.labels)
    classes = read_classes(parsed.dataset) if learns else None
    order = changed_order(parsed, known) if known else new_order(parsed, pictures, classes)
    with working(folder):
        work(order, folder, pictures, classes)


def new_order(parsed: argparse.Namespace, pictures: Any, classes: Any = None) -> Any:
    """What the command line asks for."""
    from taxiway.backends.torch.device import pick_device
    from taxiway.families.stylegan.training import config as order
    from taxiway.families.stylegan.training.transfer import Start

    size, device = pictures.shape[1], pick_device(parsed.device)
    settings = order.new_settings(
        parsed.quality, parsed.batch, parsed.gamma or 2.0, parsed.freeze, device
    )
    settings = order.spread(settings, device, parsed.threads, parsed.processes)
    settings = replace(settings, path_length=parsed.path_length)
    if classes:
        settings = replace(settings, labels=True, c_dim=classes.count)
    kimg = parsed.kimg or (order.FROM_ANOTHER if parsed.start else order.FROM_NOTHING)
    settings = order.averaged(order.augmented(settings, parsed.augment, pictures), kimg)
    stages = order.grown_stages(size, kimg, first=size if parsed.direct else order.SMALLEST)
    begun = ""
    if parsed.start:
        begun = str(start_path(parsed.start).absolute())
        start = Start(Path(begun))
        settings, stages = start.settings(size, settings), order.stages_from(start, size, kimg)
    order.check_freeze(settings, stages)
    about = order.About(**{name: answer(parsed, name) for name in ASKED})
    return order.TrainingConfig(str(parsed.dataset), stages, settings, begun, about)


def changed_order(parsed: argparse.Namespace, known: Any) -> Any:
    """The order of a training that goes on: perhaps for longer, or on another machine."""
    from taxiway.backends.torch.device import devices, pick_device
    from taxiway.families.stylegan.training.config import spread
    from taxiway.families.stylegan.training.session import longer

    settings = replace(known.settings, gamma=parsed.gamma or known.settings.gamma)
    before = settings.device if settings.device in devices() else "auto"
    device = pick_device(before if parsed.device == "auto" else parsed.device)
    moved = str(device) != settings.device
    if moved or parsed.threads or parsed.processes:
        processes = parsed.processes or (1 if moved else settings.processes)
        settings = spread(settings, device, parsed.threads, processes)
    stages = longer(known.stages, parsed.kimg)
    if parsed.dataset.resolve() != Path(known.dataset).resolve():
        print(f"It began on '{known.dataset}' and goes on with '{parsed.dataset}'.")
    return replace(known, dataset=str(parsed.dataset), stages=stages, settings=settings)


def start_path(name: str) -> Path:
    """The file, or the training's folder, of a model to start from."""
    from taxiway.catalog import catalog
    from taxiway.core.errors import InvalidArgument

    if Path(name).is_dir():
        if not (Path(name) / "model.safetensors").is_file():
            raise InvalidArgument(f"'{name}' holds no training to start from.", "from")
        return Path(name)
    options = catalog.spec(catalog.choose(name)).options
    if "checkpoint" not in options:
        raise InvalidArgument(f"'{name}' has no checkpoint to start from.")
    return Path(options["checkpoint"])


def answer(parsed: argparse.Namespace, name: str) -> str:
    """What the card says: from the command line, or asked for where somebody can answer."""
    import io
    import sys

    given = getattr(parsed, name)
    if given is None and sys.stdin.isatty():
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(errors="replace")  # a terminal may write no UTF-8
        try:
            given = input(f"{ASKED[name]} (empty: not stated) ")
        except EOFError:  # Ctrl-D, which leaves the line as it is
            print()
    return (given or "").encode(errors="replace").decode().strip()
