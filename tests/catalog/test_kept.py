"""Models that a page has sent: kept under names of their own, and found again."""

from pathlib import Path
from zipfile import ZipFile

import pytest

from taxiway.catalog.catalog import HERE
from taxiway.catalog.kept import KeptModels
from taxiway.core.errors import InvalidArgument, UnreadableCheckpoint

WEIGHTS = (HERE / "weights" / "rainbow.safetensors").read_bytes()


def sent(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def test_a_file_is_kept_once_and_never_over_another(tmp_path: Path) -> None:
    models = KeptModels(tmp_path / "models")
    assert models.cards() == []
    card = models.keep(sent(tmp_path, "garden.pkl", WEIGHTS))
    assert (card.name, card.family) == ("garden", "stylegan")
    assert models.keep(sent(tmp_path, "other.pkl", WEIGHTS)) == card
    (tmp_path / "models" / "sky.dat").write_bytes(b"somebody's own")
    (tmp_path / "models" / "garden.pkl").write_bytes(b"changed since")
    assert models.keep(sent(tmp_path, "garden.safetensors", WEIGHTS)).name == "garden-2"
    assert models.keep(sent(tmp_path, "SKY.pkl", WEIGHTS)).name == "garden-2"
    names = sorted(path.name for path in (tmp_path / "models").iterdir())
    assert names == ["garden-2.safetensors", "garden.pkl", "sky.dat"]
    again = KeptModels(tmp_path / "models")
    assert [card.name for card in again.cards()] == ["garden-2"]
    assert again.find("garden-2") is not None
    assert again.find("garden") is None
    assert not list(tmp_path.glob("*.*"))


@pytest.mark.parametrize(
    ("name", "data", "error", "words"),
    [
        ("notes.txt", b"no model", UnreadableCheckpoint, "No model family opens 'notes.txt'"),
        ("port.py", b"import runway\n", InvalidArgument, "'port.py' is a program"),
    ],
)
def test_what_is_no_checkpoint_is_not_kept(
    tmp_path: Path, name: str, data: bytes, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words) as raised:
        KeptModels(tmp_path / "models").keep(sent(tmp_path, name, data))
    assert str(tmp_path) not in str(raised.value)
    assert not (tmp_path / "models").exists()
    assert not (tmp_path / name).exists()


def test_a_zip_file_of_a_port_is_to_be_unpacked(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "port.zip", "w") as archive:  # as it is, so that its text is in sight
        archive.writestr("edges/runway_model.py", "import runway\n")
    with pytest.raises(InvalidArgument, match=r"'port.zip' holds a ported model, .* unpack it"):
        KeptModels(tmp_path / "models").keep(tmp_path / "port.zip")
