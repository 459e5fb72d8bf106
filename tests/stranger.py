"""Another package than ours, as pip would install it: modules and entry points on the path."""

import functools
import importlib
import os
import re
import sys
import textwrap
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from paths import ROOT
from taxiway.catalog import families


def install(
    folder: Path,
    modules: Mapping[str, str],
    points: Mapping[str, str],
    monkeypatch: pytest.MonkeyPatch,
    name: str = "stranger",
) -> Path:
    """Put a package of `modules` (file name: source) on the path of this process and its children.

    `points` are entry points: `{"taxiway.servers: whisper": "whisper:Whisper"}`. Returns the
    folder that holds it.
    """
    site = folder / f"site-{name}"
    about = site / f"{name}-1.0.dist-info"
    about.mkdir(parents=True)
    for file, source in modules.items():
        path = site / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(source))
    groups: dict[str, list[str]] = {}
    for key, target in points.items():
        group, _, member = key.partition(":")
        groups.setdefault(group, []).append(f"{member.strip()} = {target}")
    text = "\n".join(f"[{group}]\n" + "\n".join(lines) for group, lines in groups.items())
    (about / "entry_points.txt").write_text(text + "\n")
    (about / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nSummary: What a {name} brings.\n"
    )
    monkeypatch.syspath_prepend(str(site))
    path = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("PYTHONPATH", path)
    importlib.invalidate_caches()
    monkeypatch.setattr(families, "known", functools.cache(families.known.__wrapped__))
    forget = {file.split("/")[0].removesuffix(".py") for file in modules}
    for module in [each for each in sys.modules if each.split(".")[0] in forget]:
        monkeypatch.delitem(sys.modules, module)
    return site


def from_docs(section: str) -> tuple[dict[str, str], dict[str, str]]:
    """The modules and entry points of a section of docs/extending.md, as `install` takes them."""
    page = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
    flags = re.MULTILINE | re.DOTALL
    [text] = re.findall(rf"^## {re.escape(section)}\n(.*?)(?=^## |\Z)", page, flags)
    modules = dict(re.findall(r"^`([\w/.]+)`\n\n```\w+\n(.*?)^```", text, flags))
    points = {}
    for block in re.findall(r"^```toml\n(.*?)^```", text, flags):
        for group, members in tomllib.loads(block)["project"]["entry-points"].items():
            points |= {f"{group}: {name}": target for name, target in members.items()}
    return modules, points
