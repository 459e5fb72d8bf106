"""`taxiway dataset`: pictures made ready for a training, and a page about them."""

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from taxiway.commands import add_force, add_options, given_options, whole_number
from taxiway.core.errors import InvalidArgument

if TYPE_CHECKING:
    from taxiway.training.datasets.pictures.sources import Source

HELP = "make pictures, boxes, masks or texts ready for a training"
PIXELS = 256
MADE = '<meta name="generator" content="taxiway dataset report">'
PAGE = """<!doctype html><meta charset="utf-8">{made}<title>{title}</title>
<body style="font: 16px system-ui; margin: 2em"><h1>{title}</h1>{lines}{shown}"""


def arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    prepare = what.add_parser("prepare", help="write a dataset: square pictures of one size, or so")
    source(prepare)
    options_of_kinds(prepare)
    prepare.add_argument("out", type=Path, metavar="OUT.zip", help="the dataset to write")
    prepare.add_argument("--crops", type=int, default=1, help="random crops of each picture")
    prepare.add_argument("--mirror", action="store_true", help="add a mirrored copy of each")
    prepare.add_argument(
        "--channels", default="3", choices=("1", "3", "4"), help="grey, colours, or with alpha: 3"
    )
    prepare.add_argument("--labels", action="store_true", help="folders are classes")
    prepare.add_argument("--seed", type=int, default=0, help="of the random crops")
    prepare.add_argument(
        "--force",
        action="store_true",
        help="even with fewer than 50 pictures, or over a file that others made",
    )
    prepare.set_defaults(do=run_prepare)
    report = what.add_parser("report", help="write a page that shows what is in a dataset")
    source(report)
    report.add_argument("--out", type=Path, default=Path("report.html"), metavar="report.html",
                        help="the page to write")  # fmt: skip
    add_force(report)
    report.add_argument("--no-timing", action="store_true", help="do not time training steps")
    report.set_defaults(do=run_report)


def source(parser: argparse.ArgumentParser) -> None:
    """What both take; at the end, why some kinds cannot be used."""
    from taxiway.training import dataset

    parser.add_argument(
        "source", type=Path, metavar="SOURCE", help="a folder, a zip file or a video"
    )
    parser.add_argument("--kind", choices=kinds(), help="what it holds; pictures if not given")
    parser.epilog = " ".join(dataset.broken().values()).replace("%", "%%") or None
    parser.add_argument("--resolution", type=int, metavar="N", help=f"pixels: {PIXELS}")
    parser.add_argument("--crop", default="center", choices=("center", "random", "none", "pad"),
                        help="what becomes of what is not square")  # fmt: skip
    parser.add_argument("--fps", type=float, default=10.0, help="pictures per second of a video")
    above = whole_number(1, "above 0")
    parser.add_argument(
        "--max-images", type=above, default=25_000, metavar="N", help="so many and no more: 25000"
    )


def kinds() -> list[str]:
    """The names of the kinds of datasets; one that cannot be used says so where it is named."""
    from taxiway.core import slots

    return slots.members("datasets")


def options_of_kinds(parser: argparse.ArgumentParser) -> None:
    """Flags of other kinds than pictures; those of one name are one flag."""
    from taxiway.training import dataset

    known = {"resolution"}
    for name in dataset.kinds():
        options = {} if name == "pictures" else dataset.find(name).options
        new = {option: field for option, field in options.items() if option not in known}
        add_options(parser, new)
        known |= new.keys()


def run(parsed: argparse.Namespace) -> None:
    import signal

    # what is half written is then taken away, as after Ctrl-C
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        parsed.do(parsed)
    finally:
        signal.signal(signal.SIGTERM, before)


def prepare_kind(parsed: argparse.Namespace) -> None:
    """Write a dataset of another kind than pictures."""
    from taxiway.console import bar
    from taxiway.training import dataset

    kind = dataset.find(parsed.kind)
    check_out(parsed.out, ".zip")
    check_replaced(parsed.out, parsed.source, parsed.force)
    values = given_options(parsed, kind.options)
    found = dataset.checked(kind, parsed.source)
    dataset.refuse(parsed.source, found, kind.name)
    with bar(title(parsed.source), found.examples) as shown:
        dataset.prepared(kind, parsed.source, parsed.out, values, shown.update)
    print("\n".join(found.lines))
    print(f"Wrote {parsed.out} ({parsed.out.stat().st_size / 1e6:.1f} MB).")


def report_kind(parsed: argparse.Namespace, name: str) -> None:
    """Write a page about a source or a dataset of another kind than pictures."""
    import base64
    from html import escape

    from taxiway.core.files import write_whole
    from taxiway.core.images import encode_jpeg
    from taxiway.training import dataset

    kind = dataset.find(name)
    found, shown = dataset.checked(kind, parsed.source), ""
    if dataset.recognises(kind, parsed.source):
        sheet = dataset.look(kind, parsed.source)
        if isinstance(sheet, str):
            shown = f"<pre>{escape(sheet)}</pre>"
        else:
            data = base64.b64encode(encode_jpeg(sheet)).decode()
            shown = f'<img src="data:image/jpeg;base64,{data}" alt="">'
    lines = "".join(f"<p>{escape(line)}</p>" for line in found.report())
    page = PAGE.format(made=MADE, title=escape(title(parsed.source)), lines=lines, shown=shown)
    write_whole(parsed.out, page.encode())
    print("\n".join([*found.report(), f"Wrote {parsed.out}."]))


def run_prepare(parsed: argparse.Namespace) -> None:
    from taxiway.training.datasets.pictures.crops import Plan
    from taxiway.training.datasets.pictures.prepare import prepare

    if parsed.kind not in (None, "pictures"):
        prepare_kind(parsed)
        return
    plan = Plan(pixels(parsed), parsed.crop, parsed.crops, parsed.mirror, parsed.seed)
    check_out(parsed.out, ".zip")
    check_replaced(parsed.out, parsed.source, parsed.force)
    with opened(parsed, parsed.labels, int(parsed.channels)) as (found, advance):
        if parsed.labels:
            check_labels(found)
        summary = prepare(found, parsed.out, plan, parsed.max_images, parsed.force, advance)
    if found.count > parsed.max_images and not found.moving:
        print(f"Only the first {parsed.max_images:,} of {found.count:,} pictures were looked at.")
    print("\n".join(summary.lines()))
    print(f"Wrote {parsed.out} ({parsed.out.stat().st_size / 1e6:.1f} MB).")


def run_report(parsed: argparse.Namespace) -> None:
    from taxiway.core.files import check_free, write_whole
    from taxiway.training.dataset import kind_of
    from taxiway.training.datasets.pictures.crops import Plan
    from taxiway.training.datasets.pictures.prepare import Summary
    from taxiway.training.datasets.pictures.report import report
    from taxiway.training.datasets.pictures.survey import survey

    known = kind_of(parsed.source)
    check_out(parsed.out, ".html")
    check_free(parsed.out, [parsed.source], is_report, parsed.force)
    name = parsed.kind or (known.name if known else "pictures")
    if name != "pictures":
        report_kind(parsed, name)
        return
    plan, facts = Plan(pixels(parsed), parsed.crop), []
    with opened(parsed) as (found, advance):
        for one in survey(found, plan, parsed.max_images):
            facts.append(one)
            advance()
    summary = Summary(facts, found.others)
    times = [] if parsed.no_timing else expected(plan.resolution)
    page = report(title(parsed.source), summary, plan, times)
    write_whole(parsed.out, page.encode())
    print("\n".join([*summary.lines(), f"Wrote {parsed.out}."]))


def is_report(path: Path) -> bool:
    """Whether a file is a page as it is written here."""
    with path.open("rb") as file:
        return MADE.encode() in file.read(2000)


def pixels(parsed: argparse.Namespace) -> int:
    """The size of square pictures."""
    return PIXELS if parsed.resolution is None else int(parsed.resolution)


def title(source: Path) -> str:
    """What a source is called, also where it is given as "." or ".."."""
    from taxiway.training.datasets.pictures.labels import printable

    return printable(source.resolve().name or str(source))


def check_out(out: Path, ending: str) -> None:
    """Refuse a file that cannot be written before the work rather than after it."""
    if out.is_dir():
        raise InvalidArgument(f"'{out}' is a folder; give the name of a file, such as a{ending}.")
    if out.suffix.lower() != ending:
        raise InvalidArgument(f"What is written is a {ending} file; '{out}' ends otherwise.")
    if not out.parent.is_dir():
        raise InvalidArgument(f"There is no folder '{out.parent}' to write '{out.name}' in.")


def check_replaced(out: Path, source: Path, force: bool) -> None:
    """Refuse to write over anything but an earlier dataset: it may be all there is."""
    from taxiway.core.files import check_free
    from taxiway.training.dataset import kind_of

    check_free(out, [source], lambda path: kind_of(path) is not None, force)


def check_labels(found: "Source") -> None:
    """Refuse classes where a picture has none, or where all have the same."""
    items = [] if found.moving else list(found.items)
    without = [item.name for item in items if item.label is None]
    if without:
        raise InvalidArgument(
            "With --labels each picture lies in a folder, which is its class; "
            f"{len(without):,} lie in none, such as '{without[0]}'."
        )
    if len({item.label for item in items}) < 2:
        raise InvalidArgument("With --labels there are two folders or more, a class each.")


@contextmanager
def opened(
    parsed: argparse.Namespace, labels: bool = False, channels: int = 3
) -> Iterator[tuple["Source", Callable[[], object]]]:
    """The source, and what counts its pictures on a bar. Raises InvalidArgument for none."""
    from taxiway.console import bar
    from taxiway.training.datasets.pictures.sources import open_source

    with open_source(parsed.source, labels, parsed.fps, channels=channels) as found:
        if not found.count:
            others = f" but {found.others:,} other files" if found.others else ""
            raise InvalidArgument(
                f"'{parsed.source}' holds no pictures{others}; give a folder, or a zip file, of "
                "PNG, JPEG, WebP, GIF, BMP, TIFF, AVIF, PPM or JPEG 2000 files."
            )
        with bar(title(parsed.source), min(found.count, parsed.max_images)) as shown:
            yield found, shown.update


def expected(resolution: int) -> list[tuple[str, str]]:
    """RenderOptions long trainings of this size take here; nothing without PyTorch."""
    try:
        import torch
    except ImportError:
        return []
    from taxiway.families.stylegan.training.config import expected_times

    print("Timing a few steps of a training.")
    torch.set_num_threads(1)
    return expected_times(resolution)
