"""A model as one file: whole on the other side, or not taken at all."""

import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.store.conftest import WEIGHTS, described, quiet
from catalog.store.fake_hub import COMMIT, Hub
from taxiway.catalog.store import bundle
from taxiway.catalog.store.store import Store
from taxiway.core.errors import InvalidArgument, TaxiwayError, Unavailable

SOURCE = f"hf://org/repo@{COMMIT}/model.onnx"


@pytest.fixture
def file(hub: Hub, store: Store, tmp_path: Path) -> Path:
    """A model that was fetched and exported."""
    hub.repositories["org/repo"] = {"model.onnx": WEIGHTS}
    store.pull(store.plan(*described("one", ("parts/model.onnx", SOURCE, WEIGHTS))), quiet)
    bundle.export(store, "one", tmp_path / "one.zip", quiet)
    return tmp_path / "one.zip"


def changed(file: Path, **members: bytes | None) -> Path:
    """The same with other members, None for one that is not there."""
    path = file.with_name("changed.zip")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(path, "w") as new:
        there = {info.filename: old.read(info) for info in old.infolist()}
        for name, data in {**there, **members}.items():
            if data is not None:
                new.writestr(name, data)
    return path


def test_it_is_the_same_elsewhere(file: Path, store: Store, tmp_path: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        names = ["manifest.toml", "pulled.json", "LICENCE.txt", "files/parts/model.onnx"]
        assert archive.namelist() == names
        assert b"CC0-1.0" in archive.read("LICENCE.txt")
    other = Store(tmp_path / "other")
    assert bundle.take(other, file, quiet) == "one"
    assert other.found("one") == store.found("one")
    assert other.wrong("one", quiet) == []


WRONG = {
    "no manifest": ({"manifest.toml": None}, "has no"),
    "no record": ({"pulled.json": None}, "has no"),
    "no weights": ({"files/parts/model.onnx": None}, "has no"),
    "damaged": ({"files/parts/model.onnx": WEIGHTS[::-1]}, "its SHA-256 is another"),
    "shorter": ({"files/parts/model.onnx": b"x"}, "has 1 bytes, and not"),
    "not JSON": ({"pulled.json": b"["}, "is no model as taxiway models export writes"),
    "not TOML": ({"manifest.toml": b"["}, "is no manifest"),
}


@pytest.mark.parametrize("kind", sorted(WRONG))
def test_what_is_not_whole_is_not_taken(file: Path, kind: str, tmp_path: Path) -> None:
    members, words = WRONG[kind]
    other = Store(tmp_path / "other")
    with pytest.raises(InvalidArgument, match=words):
        bundle.take(other, changed(file, **members), quiet)
    assert (other.names(), list(other.blobs.folder.glob("*"))) == ([], [])


@pytest.mark.parametrize("path", ["../../x.onnx", "/etc/x.onnx", "a/../../x.onnx", "x.py", "x.pkl"])
def test_no_file_leaves_its_folder_or_is_a_program(file: Path, path: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        record = json.loads(archive.read("pulled.json"))
    record["files"][0]["path"] = path
    members = {"pulled.json": json.dumps(record).encode(), f"files/{path}": WEIGHTS}
    other = Store(tmp_path / "other")
    with pytest.raises(InvalidArgument):
        bundle.take(other, changed(file, **members), quiet)
    assert other.names() == []


def test_a_full_disk_is_said_before_anything_is_written(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taxiway.catalog.store.blobs.SPARE_BYTES", 2**62)
    with pytest.raises(Unavailable, match="may be taken"):
        bundle.take(Store(tmp_path / "other"), file, quiet)
    assert not (tmp_path / "other" / "blobs").exists()


def test_a_manifest_with_its_files_beside_it_is_taken_and_without_them_known(
    tmp_path: Path,
) -> None:
    store = Store(tmp_path / "store")
    (tmp_path / "mine.toml").write_bytes(described("mine", ("w.onnx", SOURCE, WEIGHTS))[1])
    assert bundle.take_beside(store, tmp_path / "mine.toml", quiet) == ("mine", False)
    assert [path.name for path in store.own_manifests()] == ["mine.toml"]
    (tmp_path / "w.onnx").write_bytes(WEIGHTS[::-1])
    with pytest.raises(InvalidArgument, match="beside the manifest is damaged"):
        bundle.take_beside(store, tmp_path / "mine.toml", quiet)
    (tmp_path / "w.onnx").write_bytes(WEIGHTS)
    assert bundle.take_beside(store, tmp_path / "mine.toml", quiet) == ("mine", True)
    assert store.wrong("mine", quiet) == []


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_damage_is_more_than_a_sentence(file: Path, tmp_path: Path, data: st.DataObject) -> None:
    whole = bytearray(file.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / "bad.zip").write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
    other = Store(tmp_path / "other")
    try:
        name = bundle.take(other, tmp_path / "bad.zip", quiet)
    except TaxiwayError as error:
        assert str(error).endswith(".")
    else:
        assert other.wrong(name, quiet) == []
