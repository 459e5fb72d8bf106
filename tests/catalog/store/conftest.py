"""What the store's tests begin with: a hub, a store of its own, a model."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.store.fake_hub import Hub, serving
from taxiway.catalog import manifest as manifests
from taxiway.catalog.manifest import Manifest
from taxiway.catalog.store import download
from taxiway.catalog.store.store import Store

WEIGHTS = bytes(range(256)) * 400


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    monkeypatch.setattr(download, "TICK_SECONDS", 0.001)
    monkeypatch.setattr(download, "WAIT_SECONDS", 0.001)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    with serving() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        yield hub


@pytest.fixture
def store(tmp_path: Path, hub: Hub) -> Store:
    return Store(tmp_path / "store")


def quiet(done: int, total: int, message: str) -> None:
    """Tells nobody."""


def described(name: str, *files: tuple[str, str, bytes | None]) -> tuple[Manifest, bytes]:
    """A manifest of files: path, source, and the contents where the hash is known."""
    parts = [
        f'[[file]]\npath = "{path}"\nfrom = ["{source}"]\n'
        + ("" if data is None else f'bytes = {len(data)}\nsha256 = "{sha256(data)}"\n')
        for path, source, data in files
    ]
    text = (
        f'taxiway = 1\nname = "{name}"\ntitle = "{name}"\nsummary = "A model."\n'
        'licence = { weights = "CC0-1.0", source = "https://example.com/licence" }\n'
        f'{"".join(parts)}\n[onnx]\n[[onnx.output]]\nname = "image"\ntype = "image"\n'
    ).encode()
    return manifests.read(text, name), text


def sha256(data: bytes) -> str:
    """The hash as it is written."""
    return hashlib.sha256(data).hexdigest()
