"""`taxiway batch`: a model over a folder of pictures, a film, or the lines of a text."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from taxiway.commands import CHECKPOINT, DEVICE, DEVICES, add_force, option_words

if TYPE_CHECKING:
    from taxiway.core.datatypes import Wire

HELP = "ask a model about every picture of a folder, frame of a film or line of a text"
LATER = True
ALSO = {
    "csv": "also a table, batch.csv: a row for each picture, what is nested with dots",
    "json": "also all answers in one list, batch.json",
    "film": "also the pictures that it gives as a film, batch.mp4",
    "crops": "also cut out what is in each box that it finds",
}
ON = "ask there: ssh://user@host, ray for a machine of a cluster, or a name of taxiway remote add"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "What the model gives is written to DIR under the pictures' names: pictures as pictures, "
        "all else as .json. Its other inputs follow by name: --steps 20; a picture by its file. "
        "Run it again after a stop: what is there already is kept."
    )
    parser.add_argument("model", help="a model's name or file: one that takes pictures or text")
    parser.add_argument(
        "pictures",
        type=Path,
        nargs="+",
        metavar="FOLDER|FILM|TEXT",
        help="or zip files, or pictures",
    )
    parser.add_argument("--checkpoint", type=Path, metavar="FILE", help=CHECKPOINT)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to fill")
    parser.add_argument("--command", dest="asked", default="", metavar="NAME", help="what to ask")
    parser.add_argument("--input", default="", metavar="NAME", help="what takes it")
    parser.add_argument("--format", default="PNG", choices=("PNG", "JPEG", "none"),
                        help="of pictures; none writes none")  # fmt: skip
    for name, help in ALSO.items():
        parser.add_argument(f"--{name}", action="store_true", help=help)
    parser.add_argument("--device", default="auto", choices=DEVICES, help=DEVICE)
    parser.add_argument("--on", metavar="BOX", help=ON)
    add_force(parser)


def run(parsed: argparse.Namespace) -> int | None:
    from taxiway.catalog import catalog
    from taxiway.catalog.remotes import address_of
    from taxiway.console import ConsoleJob
    from taxiway.jobs.tool_elsewhere import run as run_elsewhere
    from taxiway.jobs.worker import opened
    from taxiway.tools.batch import Batch

    tool = Batch()
    card = catalog.choose(parsed.model, parsed.checkpoint)
    inputs = {name: getattr(parsed, name) for name in ("pictures", "input", "format", *ALSO)}
    inputs["command"] = parsed.asked
    words = option_words(parsed.parser, parsed.rest)
    inputs["values"] = {name: value(text) for name, text in words}
    values = tool.command.decode(inputs)
    spec = catalog.spec(card, {"device": parsed.device})
    there = address_of(parsed.on) if parsed.on else ""
    model = opened(tool, spec) if not there else None
    with ConsoleJob(parsed.out, card.name, parsed.force) as job:
        if model is None:
            done = run_elsewhere("batch", spec, values, job, there)
        else:
            done = tool.run(model, values, job)
    also = f" Beside them {', '.join(done['files'])}." if done["files"] else ""
    print(
        f"{done['made']} made, {done['kept']} kept, {done['failed']} failed, in {parsed.out}.{also}"
    )
    return 1 if done["failed"] else None


def value(text: str) -> "Wire":
    """What was typed for one of the other inputs: a picture, JSON, or text. Raises OSError."""
    from taxiway.core.images import is_picture, to_file_uri
    from taxiway.core.text_values import json_or_text

    if is_picture(text) and Path(text).is_file():
        return to_file_uri(Path(text).read_bytes())
    return json_or_text(text)
