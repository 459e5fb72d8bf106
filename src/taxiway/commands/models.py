"""`taxiway models`: what there is to run, and the store of what was fetched."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taxiway.commands._flags import add_force, metavar_of, names_of
from taxiway.commands._folding import folded

if TYPE_CHECKING:
    from taxiway.catalog.store.plan import Plan
    from taxiway.catalog.store.shelf import Pulled

WHERE = {"fetched": "fetched", "catalogue": "to fetch", "own": "yours"}
HELP = "list the models there are; fetch, check, share and remove some"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "Without an action: the models that can be run now."
    actions = parser.add_subparsers(dest="action", metavar="ACTION")

    def action(name: str, said: str) -> argparse.ArgumentParser:
        return actions.add_parser(name, help=said, description=f"{said[0].upper()}{said[1:]}.")

    action("list", "all models: here and fetchable, their sizes and licences")
    action("show", "all that is known of one").add_argument("name", help="a model's name")
    add_pull(action("pull", "fetch a model, or go on fetching it"))
    action("verify", "check fetched files against their hashes").add_argument(
        "name", nargs="?", help="one model; all if none is named"
    )
    action("remove", "remove what was fetched of a model").add_argument(
        "name", help="a model's name"
    )
    export = action("export", "write a fetched model as one file, for a stick")
    export.add_argument("name", help="a model's name")
    export.add_argument("out", type=Path, metavar="OUT.zip", help="the file to write")
    add_force(export)
    action("import", "take a model over from such a file, or a manifest").add_argument(
        "file", type=Path, help="what taxiway models export wrote, or a page of TOML"
    )


def add_pull(parser: argparse.ArgumentParser) -> None:
    """What fetching takes."""
    parser.add_argument("name", help="a model's name, see taxiway models list, or a manifest")
    parser.add_argument(
        "--yes", action="store_true", help="agree to the licence and the size without being asked"
    )


def run(parsed: argparse.Namespace) -> None:
    if parsed.action is None:
        return ready()
    actions: dict[str, Callable[[argparse.Namespace], None]] = {
        "list": everything, "show": show, "pull": pull, "verify": verify, "remove": remove,
        "export": export, "import": take,
    }  # fmt: skip
    return actions[parsed.action](parsed)


def ready() -> None:
    """Print what can be run now."""
    from taxiway.catalog import catalog
    from taxiway.core import declaration

    for card in catalog.cards():
        default = " (default)" if card.name == catalog.DEFAULT else ""
        fields = declaration.family(card.family).options if card.needs else {}
        flags = [f" {names_of(name)[-1]} {metavar_of(fields[name])}" for name in card.needs]
        print(f"{card.name}{' or'.join(flags)}{default}")
        print(f"    cannot be run: {card.error}" if card.error else folded(f"    {card.summary}"))


def everything(parsed: argparse.Namespace) -> None:
    """Print every model, and how full the disk is."""
    from taxiway.catalog.listing import NOT_TRIED, entries
    from taxiway.catalog.store.blobs import megabytes
    from taxiway.catalog.store.store import Store

    store = Store()
    for entry in entries(store):
        size = megabytes(entry.bytes) if entry.bytes else ""
        facts = [
            WHERE.get(entry.origin, ""),
            size,
            entry.licence.rstrip("."),
            "not tried" * (entry.tried == NOT_TRIED),
        ]
        print(f"{entry.name:24} {', '.join(filter(None, facts))}")
        print(f"    {entry.cannot}" if entry.cannot else folded(f"    {entry.summary}"))
    held, free = megabytes(store.blobs.size()), megabytes(max(0, store.blobs.free()))
    print(f"\nThe store holds {held} in {store.folder}; {free} more can be taken of its disk.")


def show(parsed: argparse.Namespace) -> None:
    """Print all that is known of one model."""
    from taxiway.catalog.listing import entries
    from taxiway.catalog.store.blobs import megabytes
    from taxiway.catalog.store.shelf import Shelf
    from taxiway.core.errors import NotFound

    shelf = Shelf()
    entry = next((one for one in entries(shelf) if one.name == parsed.name), None)
    if entry is None:
        raise NotFound(f"No model named '{parsed.name}'; see taxiway models list.")
    print(f"{entry.title} ({entry.name})\n{entry.summary}\n")
    commerce = {True: "allowed", False: "NOT allowed", None: "not known"}[entry.commercial]
    facts = {
        "Licence": entry.licence,
        "": entry.licence_source,
        "Commerce": commerce if entry.licence_source else "",
        "By": entry.credit,
        "Learnt from": entry.data,
        "Bias": entry.bias,
        "Limits": entry.limits,
        "Tried": entry.tried,
    }
    for label, words in facts.items():
        print(f"{label:12} {words}\n" if words else "", end="")
    print(f"{'Takes':12} {counted(entry.takes) or 'not known yet'}")
    print(f"{'Gives':12} {counted(entry.gives) or 'not known yet'}")
    if entry.bytes:
        print(f"{'Size':12} {megabytes(entry.bytes)}")
    print(f"{'Runs here':12} {entry.cannot or 'yes, as far as is known'}")
    for file in pulled.files if (pulled := shelf.pulled(entry.name)) else ():
        first = " (as it came first: nobody had said it)" if file.first else ""
        print(f"  {file.path}, {file.bytes} bytes, sha256 {file.sha256}{first}\n    {file.source}")


def counted(types: list[str]) -> str:
    """Types in their order, each once: `image, 7 x array`."""
    counts = dict.fromkeys(types, 0)
    for type in types:
        counts[type] += 1
    return ", ".join(type if count == 1 else f"{count} x {type}" for type, count in counts.items())


def pull(parsed: argparse.Namespace) -> None:
    """Fetch a model, once its licence and size are agreed to."""
    from taxiway.catalog import manifest as manifests
    from taxiway.catalog.listing import manifest_path
    from taxiway.catalog.store.store import Store

    store, given = Store(), Path(parsed.name)
    path = given if manifests.is_manifest(given) else manifest_path(parsed.name, store)
    planned = store.plan(manifests.load(path), path.read_bytes())
    if planned.missing:
        for label, words in facts_of(planned):
            print(f"{label:24} {words}".rstrip())
        agree(planned, parsed.yes)
    with Bar(planned.manifest.name) as bar:
        record = store.pull(planned, bar.tell)
    tell_fetched(record)


def facts_of(planned: "Plan") -> list[tuple[str, str]]:
    """What one agrees to."""
    from taxiway.catalog.listing import cannot, size_of, tried
    from taxiway.catalog.store.blobs import megabytes
    from taxiway.catalog.store.bundle import licence_words

    bytes = sum(each.bytes for each in planned.missing)
    about = size_of(planned.manifest)
    size = megabytes(bytes) if bytes else f"about {megabytes(about)}" if about else "not known yet"
    lines = [tuple(line.split(": ", 1)) for line in licence_words(planned.manifest).splitlines()]
    said = [(label, rest[0] if rest else "") for label, *rest in lines]
    runs = cannot(planned.manifest) or "yes, as far as is known"
    return [*said, ("To fetch", size), ("Runs here", runs), ("Tried", tried(planned.manifest))]


def agree(planned: "Plan", is_given: bool) -> None:
    """Ask, unless that is given. Raises InvalidArgument or Stopped."""
    import sys

    from taxiway.core.errors import InvalidArgument
    from taxiway.core.tool import Stopped

    name, licence = planned.manifest.name, planned.manifest.licence.weights
    if is_given:
        return
    if not sys.stdin.isatty():
        raise InvalidArgument(
            f"'{name}' is under {licence}: nobody is here to agree to that, so nothing is fetched; "
            "--yes agrees."
        )
    if input(f"Fetch it under {licence}? [y/N] ").strip().lower() not in ("y", "yes"):
        raise Stopped("Nothing was fetched.")


def tell_fetched(record: "Pulled") -> None:
    """Print what there is now, and which hashes nobody had said before."""
    from taxiway.catalog.store.blobs import megabytes

    for file in record.files:
        if file.first:
            print(
                f"Nobody had said the SHA-256 of '{file.path}'; it is recorded as it came: "
                f"{file.sha256}."
            )
    size = megabytes(record.bytes)
    print(f"'{record.name}' is here, {size}, for use without a network: taxiway run {record.name}")


def verify(parsed: argparse.Namespace) -> None:
    """Check files against their hashes."""
    from taxiway.catalog.store.store import Store
    from taxiway.core.errors import TaxiwayError

    store, wrong = Store(), list[str]()
    names = [parsed.name] if parsed.name else store.names()
    for name in names:
        with Bar(name) as bar:
            wrong += store.wrong(name, bar.tell)
    if wrong:
        raise TaxiwayError("\n".join(wrong))
    if names:
        print(f"All files of {', '.join(names)} are as they were fetched.")
    else:
        print("Nothing was fetched yet, so there is nothing to check.")


def remove(parsed: argparse.Namespace) -> None:
    """Remove a model."""
    from taxiway.catalog import manifest as manifests
    from taxiway.catalog.listing import manifest_path
    from taxiway.catalog.store.blobs import megabytes
    from taxiway.catalog.store.store import Store
    from taxiway.core.errors import NotFound

    store = Store()
    try:
        path = manifest_path(parsed.name, store)
    except NotFound:
        raise NotFound(
            f"Nothing of '{parsed.name}' was fetched, so there is nothing to remove."
        ) from None
    freed = store.remove(manifests.load(path))
    print(f"'{parsed.name}' is removed, and {megabytes(freed)} are free.")


def export(parsed: argparse.Namespace) -> None:
    """Write a model as one file."""
    from taxiway.catalog.store import bundle
    from taxiway.catalog.store.blobs import megabytes
    from taxiway.catalog.store.store import Store
    from taxiway.core.files import check_free

    check_free(parsed.out, force=parsed.force)
    with Bar(parsed.out.name) as bar:
        bundle.export(Store(), parsed.name, parsed.out, bar.tell)
    size = megabytes(parsed.out.stat().st_size)
    print(f"{parsed.out}, {size}: on another machine, taxiway models import {parsed.out.name}")


def take(parsed: argparse.Namespace) -> None:
    """Take a model over from a file."""
    from taxiway.catalog import manifest as manifests
    from taxiway.catalog.store import bundle
    from taxiway.catalog.store.store import Store
    from taxiway.core.errors import NotFound

    file: Path = parsed.file
    if not file.is_file():
        raise NotFound(f"There is no file '{file}'.")
    with Bar(file.name) as bar:
        if manifests.is_manifest(file):
            name, is_here = bundle.take_beside(Store(), file, bar.tell)
        else:
            name, is_here = bundle.take(Store(), file, bar.tell), True
    follows = f"taxiway run {name}" if is_here else f"taxiway models pull {name} fetches its files"
    print(f"'{name}' is {'here' if is_here else 'known'}: {follows}")


class Bar:
    """How far a transfer is, with the time that is left; Ctrl-C becomes Stopped."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._bar: Any = None

    def tell(self, done: int, total: int, message: str) -> None:
        """Show it."""
        if self._bar is None:
            from taxiway.console import bar

            count = "{n_fmt}/{total_fmt}B {rate_fmt}"
            self._bar = bar(self._title, count=count, unit="B", unit_scale=True)
            self._done = 0
        self._bar.total = total or None
        self._bar.update(done - self._done)
        self._done = done

    def __enter__(self) -> "Bar":
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        from taxiway.core.tool import Stopped

        if self._bar is not None:
            self._bar.close()
        if isinstance(error, KeyboardInterrupt):
            raise Stopped("Stopped; the same command goes on from there.") from None
