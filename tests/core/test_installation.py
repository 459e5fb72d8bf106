"""Each way of installing is told by what it leaves behind, with the line that updates it."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from taxiway.core import extras, installation
from taxiway.core.installation import Installation

LEFT = {
    "uv tool": "uv-receipt.toml",
    "pipx": "pipx_metadata.json",
    "uv": "pyvenv.cfg",
    "pip": "bin/pip",
}
"""What each leaves in its folder."""
FROM_AN_INDEX = {
    "uv tool": ("uv tool upgrade taxiway", "uv tool install --force 'taxiway[train]'"),
    "uvx": ("uvx taxiway@latest", "uvx --from 'taxiway[train]' taxiway"),
    "pipx": ("pipx upgrade taxiway", "pipx inject taxiway 'taxiway[train]'"),
    "uv": (
        "uv pip install --python PYTHON --upgrade taxiway",
        "uv pip install --python PYTHON 'taxiway[train]'",
    ),
    "pip": ("PYTHON -m pip install --upgrade taxiway", "PYTHON -m taxiway install train"),
}
FROM_A_FILE = {
    "uv tool": (
        "uv tool install --force NEWER.whl",
        "uv tool install --force 'taxiway[train] @ file:///on/a%20stick.whl'",
    ),
    "uvx": (
        "uvx --from NEWER.whl taxiway",
        "uvx --from 'taxiway[train] @ file:///on/a%20stick.whl' taxiway",
    ),
    "pipx": ("pipx install --force NEWER.whl", "pipx inject taxiway 'taxiway[train]'"),
    "pip": ("PYTHON -m pip install NEWER.whl", "PYTHON -m taxiway install train"),
}


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Have Taxiway be installed in some way, with what the installer noted of its source."""

    def become(way: str, noted: dict[str, Any] | None = None) -> Installation:
        prefix = tmp_path / ("archive-v0/hash" if way == "uvx" else "environment")
        (prefix / LEFT.get(way, "")).parent.mkdir(parents=True, exist_ok=True)
        if way in LEFT:
            (prefix / LEFT[way]).touch()
        monkeypatch.setattr(extras, "HOME", tmp_path / "elsewhere")
        monkeypatch.setattr(extras, "is_here", lambda module: way == "pip")
        monkeypatch.setattr(sys, "prefix", str(prefix))
        monkeypatch.setattr(sys, "executable", "PYTHON")
        note = tmp_path / "taxiway-1.dist-info"
        note.mkdir()
        (note / "METADATA").write_text("Name: taxiway\n")
        if noted is not None:
            (note / "direct_url.json").write_text(json.dumps(noted))
        monkeypatch.syspath_prepend(str(tmp_path))
        return installation.installation()

    return become


@pytest.mark.parametrize("way", FROM_AN_INDEX)
def test_what_came_from_an_index_is_updated_from_there(way: str, installed: Any) -> None:
    found = installed(way)
    assert found == Installation(way)
    assert (found.update, found.adding("train")) == FROM_AN_INDEX[way]


@pytest.mark.parametrize("way", FROM_A_FILE)
def test_what_came_as_a_file_is_replaced_by_a_newer_one(way: str, installed: Any) -> None:
    found = installed(way, {"url": "file:///on/a%20stick.whl", "archive_info": {}})
    assert found == Installation(way, "/on/a stick.whl")
    assert (found.update, found.adding("train")) == FROM_A_FILE[way]


def test_a_repository_and_a_folder_are_named_again(installed: Any, tmp_path: Path) -> None:
    noted = {"url": "https://example.org/taxiway", "vcs_info": {"vcs": "git"}}
    assert installed("pipx", noted).update == (
        "pipx install --force git+https://example.org/taxiway"
    )
    folder = Installation("uv tool", str(tmp_path))
    assert folder.update == f"uv tool install --force {tmp_path}"


def test_a_broken_note_counts_as_none(installed: Any, tmp_path: Path) -> None:
    installed("pip")
    (tmp_path / "taxiway-1.dist-info" / "direct_url.json").write_text("{")
    assert installation.installation() == Installation("pip")
