"""`taxiway disk`: what takes the room in the data folder, and what may go."""

import argparse

HELP = "tell what takes the room in the data folder, and what of it may be deleted"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--clear",
        metavar="PART",
        help="delete a part that is made anew when it is needed: compiled, measured, dials",
    )


def run(parsed: argparse.Namespace) -> None:
    from taxiway.catalog import disk
    from taxiway.catalog.folder import data_path

    if parsed.clear is not None:
        print(f"{disk.clear(data_path(), parsed.clear) / 1e6:.1f} MB are free again.")
    used = disk.use(data_path())
    kept = sum(part.bytes for part in used.parts)
    print(f"{used.path}: {kept / 1e6:.1f} MB, and {used.free / 1e9:.0f} GB free.")
    for part in used.parts:
        print(f"\n{part.bytes / 1e6:10.1f} MB  {part.name}: {part.about}\n{'':15}{part.removal}")
