"""Which paths pages may name."""

from pathlib import Path

import pytest

from taxiway.core.errors import InvalidArgument
from taxiway.core.opened import OpenFolders


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name in ("open/photos", "closed"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "open" / "out").symlink_to(tmp_path / "closed")
    return tmp_path


@pytest.mark.parametrize("path", ["open", "open/photos", "open/new.zip", "closed/../open/photos"])
def test_below_an_open_folder_any_is_taken(home: Path, path: str) -> None:
    OpenFolders([home / "open"]).check(str(home / path), "dataset")


@pytest.mark.parametrize("path", ["closed", "open/../closed", "open/out", "open/out/x", "opened"])
def test_no_path_leads_out_of_it(home: Path, path: str) -> None:
    with pytest.raises(InvalidArgument, match=r"'dataset' takes a path below .* --open ") as caught:
        OpenFolders([home / "open"]).check(str(home / path), "dataset")
    assert caught.value.name == "dataset"


@pytest.mark.parametrize("path", ["~nobody-of-that-name/x", "x\0y", "/etc/passwd", "/", ""])
def test_whatever_is_named_is_refused_in_a_sentence(home: Path, path: str) -> None:
    with pytest.raises(InvalidArgument):
        OpenFolders([home / "open"]).check(path, "path")
