"""`taxiway annotate`: boxes drawn into the pictures of a folder, in the studio."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from taxiway.commands.run import addresses

if TYPE_CHECKING:
    from taxiway.annotation.folder import AnnotatedFolder

HELP = "draw boxes into the pictures of a folder, for a detector to learn from"
FORMATS = ("yolo", "voc", "coco", "csv", "taxiway")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="pictures, which stay there")
    parser.add_argument(
        "--model", action="append", default=[], metavar="NAME",
        help="a model to run beside, such as one that proposes boxes; again for more",
    )  # fmt: skip
    parser.add_argument(
        "--import", type=Path, dest="source", metavar="FILE",
        help="add boxes from a folder, a zip file or a file of YOLO, VOC, COCO or CSV, and end",
    )  # fmt: skip
    parser.add_argument(
        "--export", choices=FORMATS, help="write what is done into --out, and end; see docs"
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="a new .zip, or .json of COCO, or .csv"
    )
    parser.add_argument("--pictures", action="store_true", help="the pictures too, in the zip file")
    parser.add_argument("--no-browser", action="store_true", help="do not open the studio")
    addresses(parser)


def run(parsed: argparse.Namespace) -> None:
    from taxiway.annotation import exchange
    from taxiway.annotation.sets import Sets
    from taxiway.catalog.folder import data_path
    from taxiway.core.errors import InvalidArgument

    if bool(parsed.export) != bool(parsed.out):
        raise InvalidArgument("--export FORMAT and --out FILE go together.")
    sets = Sets(data_path() / "annotations")
    id = sets.take(parsed.folder)
    folder = sets.find(id)
    if parsed.source:
        print(exchange.summary(exchange.bring_in(folder, parsed.source)))
    if parsed.export:
        count = exchange.export(folder, parsed.export, parsed.out, parsed.pictures)
        print(f"Wrote the boxes of {count} pictures to {parsed.out}.")
    print(told(folder))
    if not (parsed.source or parsed.export):
        serve(parsed, id)


def told(folder: "AnnotatedFolder") -> str:
    """How far it is, in words."""
    overview = folder.overview()
    states = [picture.state for picture in overview.pictures]
    done = sum(state in ("done", "empty") for state in states)
    boxes = sum(picture.boxes for picture in overview.pictures)
    lines = [
        f"{len(states)} pictures, {done} done, {states.count('skipped')} skipped; boxes: {boxes}.",
        *overview.troubles[:5],
    ]
    return "\n".join(lines)


def serve(parsed: argparse.Namespace, id: str) -> None:
    """The studio, at that set."""
    from taxiway import app
    from taxiway.catalog import catalog
    from taxiway.commands import run as usual

    cards = [catalog.choose(model) for model in parsed.model or [catalog.DEFAULT]]
    print("Draw in the studio's panel Annotate; every change is kept at once.", flush=True)
    whole = argparse.ArgumentParser(add_help=False)
    usual.arguments(whole)
    settings = argparse.Namespace(**vars(whole.parse_args([])) | vars(parsed))
    app.run(
        usual.config(settings),
        cards,
        {"device": "auto"},
        app.Beginning(
            open_browser=not parsed.no_browser,
            owner_link=parsed.owner_link,
            place=f"/#annotate={id}",
        ),
    )
