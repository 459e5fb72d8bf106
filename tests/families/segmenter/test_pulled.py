"""SAM 2.1 and EdgeTAM from a hub to a mask: small ones, by the catalogue's own manifests."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from catalog.store.conftest import quiet
from catalog.store.fake_hub import serving
from families.segmenter import small
from taxiway.catalog import catalog
from taxiway.catalog import manifest as manifests
from taxiway.catalog.store.store import Store
from taxiway.families.segmenter.model import Segmenter

PICTURE = np.full((40, 60, 3), [20, 40, 160], np.uint8)
PICTURE[10:30, 10:30] = [200, 30, 30]


def pulled(
    name: str, repository: str, folder: Path, monkeypatch: pytest.MonkeyPatch, place: str = ""
) -> Any:
    """What a model of the catalogue answers whose files on the hub are those of a folder."""
    found = manifests.load(catalog.PULLED / f"{name}.toml")
    assert found.tested is None
    assert found.licence.weights == "Apache-2.0"
    there = {path.name: path.read_bytes() for path in folder.iterdir()}
    known = [
        replace(each, bytes=len(there[each.path]), sha256=sha256(there[each.path]).hexdigest())
        for each in found.file
        if each.path in there
    ]
    found = replace(found, file=known)
    with serving() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        hub.repositories[repository] = {place + path: data for path, data in there.items()}
        hub.repositories[repository]["sam2.1_hiera_tiny.pt"] = b"a pickle"
        store = Store()
        store.pull(store.plan(found, manifests.written(found).encode()), quiet)
    card = catalog.card(name)
    assert card.error == ""
    model = Segmenter()
    model.setup("cpu", catalog.spec(card).options)
    call = model.commands["segment"].decode({"image": PICTURE, "include": [[0.3, 0.5]]})
    [answer] = model.predict("segment", [call])
    return answer


def test_a_pair_of_onnx_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAXIWAY_DATA", str(tmp_path / "data"))
    folder = small.exported(tmp_path / "made")
    for name, repository in (
        ("edgetam", "onnx-community/EdgeTAM-ONNX"),
        ("sam2.1-tiny-onnx", "onnx-community/sam2.1-hiera-tiny-ONNX"),
    ):
        answer = pulled(name, repository, folder, monkeypatch, "onnx/")
        assert answer["mask"][20, 20] > 200
        assert answer["mask"][5, 50] < 50


def test_a_folder_of_transformers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("transformers")
    monkeypatch.setenv("TAXIWAY_DATA", str(tmp_path / "data"))
    folder = small.saved(tmp_path / "made")
    answer = pulled("sam2.1-tiny", "facebook/sam2.1-hiera-tiny", folder, monkeypatch)
    assert answer["mask"].shape == (40, 60)
    kept = {path.name for path in Store().place_of("sam2.1-tiny").iterdir()}
    assert kept == {"config.json", "model.safetensors", "manifest.toml", "pulled.json"}
