"""How this Taxiway was installed, and what one types to update it or to add an extra to it."""

import json
import os
import re
import shlex
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Literal

from taxiway.core import extras

Way = Literal["clone", "uv tool", "uvx", "pipx", "uv", "pip"]
NEWER = "NEWER.whl"
"""Stands for a file that only its owner can name."""
CACHE_OF_UVX = re.compile(r"(archive|environments)-v\d+")
FROM = {
    "uv tool": "uv tool install --force {}",
    "uvx": "uvx --from {} taxiway",
    "pipx": "pipx install --force {}",
    "uv": "uv pip install --python {python} {}",
    "pip": "{python} -m pip install {}",
}
"""What installs a file, a folder or an address in each way."""
NEWEST = {"uv tool": "uv tool upgrade taxiway", "uvx": "uvx taxiway@latest"} | {
    "pipx": "pipx upgrade taxiway"
}
"""What brings the newest of an index, where it is not what installs."""


@dataclass(frozen=True)
class Installation:
    """`source` is the file, folder or address it came from, "" for a package index."""

    way: Way
    source: str = ""

    @property
    def keeps_its_own_packages(self) -> bool:
        """Whether what pip would put there is lost at the next update."""
        return self.way in ("uv tool", "uvx", "pipx")

    @property
    def update(self) -> str:
        """What to type for the newest version."""
        if self.way == "clone":
            home = shlex.quote(self.source)
            return f"git -C {home} pull && {shlex.quote(sys.executable)} -m pip install -e {home}"
        if not self.source:
            return NEWEST.get(self.way) or self._install("--upgrade taxiway")
        stays = "://" in self.source or Path(self.source).is_dir()
        return self._install(shlex.quote(self.source if stays else NEWER))

    def adding(self, extra: str) -> str:
        """What to type for an extra."""
        if self.way in ("clone", "pip"):
            return f"{this_taxiway()} install {extra}"
        wanted = f"taxiway[{extra}]"
        if self.way == "pipx":
            return f"pipx inject taxiway {shlex.quote(wanted)}"
        if self.source and self.keeps_its_own_packages:
            place = self.source if "://" in self.source else Path(self.source).as_uri()
            wanted = f"{wanted} @ {place}"
        return self._install(shlex.quote(wanted))

    def _install(self, what: str) -> str:
        return FROM[self.way].format(what, python=shlex.quote(sys.executable))


def this_taxiway() -> str:
    """What to type for this very Taxiway: with its folder, where a shell finds none or another."""
    script = Path(os.path.abspath(sys.executable)).with_name(
        "taxiway.exe" if os.name == "nt" else "taxiway"
    )
    if not script.exists():
        return f"{shlex.quote(sys.executable)} -m taxiway"
    found = shutil.which("taxiway")
    return "taxiway" if found and os.path.samefile(found, script) else shlex.quote(str(script))


def installation() -> Installation:
    """Told by what each way leaves behind; nothing is started and nobody is asked."""
    if extras.is_in_a_clone():
        return Installation("clone", str(extras.HOME))
    source, prefix = _source(), Path(sys.prefix)
    if (prefix / "uv-receipt.toml").is_file():
        return Installation("uv tool", source)
    if any(CACHE_OF_UVX.fullmatch(part) for part in prefix.parts):
        return Installation("uvx", source)
    if (prefix / "pipx_metadata.json").is_file():
        return Installation("pipx", source)
    is_of_uv = (prefix / "pyvenv.cfg").is_file() and not extras.is_here("pip")
    return Installation("uv" if is_of_uv else "pip", source)


def _source() -> str:
    """Where it came from, as the installer noted it (PEP 610): a path, or an address for pip."""
    from urllib.request import url2pathname

    try:
        noted: Any = json.loads(distribution("taxiway").read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        return ""
    url = str(noted.get("url", ""))
    if kind := noted.get("vcs_info", {}).get("vcs"):
        return f"{kind}+{url}"
    return url2pathname(url.removeprefix("file://")) if url.startswith("file://") else url
