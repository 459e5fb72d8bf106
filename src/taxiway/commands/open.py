"""`taxiway open`: the studio, the one that runs or a new one; and its entry in a desktop's menu."""

import argparse
from pathlib import Path

from taxiway.commands.run import port_number

HELP = "open the studio that runs, or start it; also from the desktop's menu"
PATIENCE_SECONDS = 2.0
"""For a server on this machine, which may be at work."""
SIGN = {"status", "model", "state"}
"""What Taxiway's /healthz has."""
ENTRY = """\
[Desktop Entry]
Type=Application
Name=Taxiway
GenericName=Generative models, live
Comment=Run a generative model on your own machine and play it live
Exec={command}
Icon={icon}
Terminal=true
Categories=Graphics;
Keywords=StyleGAN;generative;art;live;p5;
"""
ICON = Path(__file__).parents[1] / "studio" / "icon.svg"
OURS = "Name=Taxiway\n"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = "Open the studio that runs, or run the default model and open it."
    parser.epilog = (
        "The menu's entry opens a terminal, which shows what Taxiway says; closing it ends Taxiway."
    )
    parser.add_argument(
        "--port", type=port_number, default=8000, metavar="N",
        help="where to look for it, and to start it; 8000 if not given",
    )  # fmt: skip
    parser.add_argument("--no-browser", action="store_true", help="only say where it is")
    menu = parser.add_mutually_exclusive_group()
    menu.add_argument(
        "--add-to-menu", action="store_true", help="add an entry to your menu (Linux)"
    )
    menu.add_argument("--remove-from-menu", action="store_true", help="remove that entry")


def run(parsed: argparse.Namespace) -> int | None:
    if parsed.add_to_menu or parsed.remove_from_menu:
        print(add_to_menu() if parsed.add_to_menu else remove_from_menu())
        return None
    url = f"http://localhost:{parsed.port}"
    model = running(url) if parsed.port else None
    if model is None:
        quiet = ["--no-browser"] if parsed.no_browser else []
        code: int = parsed.ran(["run", "--port", str(parsed.port), *quiet])
        return code
    print(f"{model} at {url}")
    from taxiway.core.screen import has_screen

    if not parsed.no_browser and has_screen():
        import webbrowser

        webbrowser.open(url)
    return None


def running(url: str) -> str | None:
    """The name of the model that a Taxiway plays at this address, None if none is there."""
    import json
    from contextlib import suppress
    from urllib.request import ProxyHandler, build_opener

    # No proxy stands between us and this very machine.
    ask = build_opener(ProxyHandler({})).open
    with suppress(OSError, ValueError), ask(f"{url}/healthz", timeout=PATIENCE_SECONDS) as answer:
        said = json.loads(answer.read(10_000))
        if isinstance(said, dict) and said.keys() >= SIGN:
            return str(said["model"])
    return None


def entry_path() -> Path:
    """Where a desktop of Linux looks for a user's own entries. Raises InvalidArgument elsewhere."""
    import sys

    from platformdirs import unix

    from taxiway.core.errors import InvalidArgument

    if sys.platform != "linux":
        what = "a shortcut to" if sys.platform == "win32" else "a file Taxiway.command with"
        raise InvalidArgument(
            f"An entry is made for Linux' menus; here, make {what} this line: {command()}"
        )
    return Path(unix.Unix().user_data_dir) / "applications" / "taxiway.desktop"


def add_to_menu() -> str:
    """Write the entry, and say where it is. Raises InvalidArgument where it would not last."""
    from taxiway.core.errors import InvalidArgument
    from taxiway.core.files import check_free, write_whole
    from taxiway.core.installation import installation

    path = entry_path()
    if installation().way == "uvx":
        raise InvalidArgument(
            "uvx keeps Taxiway for a while only; for the menu, install it: uv tool install taxiway"
        )
    check_free(path, is_ours=is_ours)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, ENTRY.format(command=command(), icon=ICON).encode())
    return f"Taxiway is in your menu: {path}"


def remove_from_menu() -> str:
    """Remove the entry that we wrote. Raises NotFound or InvalidArgument."""
    from taxiway.core.errors import InvalidArgument, NotFound

    path = entry_path()
    if not path.exists():
        raise NotFound("Taxiway is not in your menu.")
    if not is_ours(path):
        raise InvalidArgument(f"'{path}' is not what Taxiway wrote, so it is kept.")
    path.unlink()
    return "Taxiway is no longer in your menu."


def is_ours(path: Path) -> bool:
    """Whether a menu's entry is the one of this command."""
    return OURS in path.read_text("utf-8", "replace")


def command() -> str:
    """The line that a menu starts, by the desktop's rules of quoting."""
    import re
    import sys

    python = re.sub(r'(["`$\\])', r"\\\1", sys.executable).replace("\\", "\\\\").replace("%", "%%")
    return f'"{python}" -m taxiway open'
