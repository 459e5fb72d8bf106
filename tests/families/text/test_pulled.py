"""GPT-2 from a hub to a written line: a small one, by the catalogue's own manifest."""

from pathlib import Path

import pytest

from catalog.store.conftest import quiet
from catalog.store.fake_hub import serving
from families.text.test_model import ask
from paths import FIXTURES
from taxiway.catalog import catalog
from taxiway.catalog import manifest as manifests
from taxiway.catalog.store.store import Store
from taxiway.families.text.model import GPT2


def test_what_was_pulled_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAXIWAY_DATA", str(tmp_path))
    text = (catalog.PULLED / "gpt2.toml").read_bytes()
    with serving() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        weights = (FIXTURES / "text_tiny.safetensors").read_bytes()
        repository = {"model.safetensors": weights, "pytorch_model.bin": b"pickle"}
        hub.repositories["openai-community/gpt2"] = repository
        store = Store()
        record = store.pull(store.plan(manifests.read(text, "gpt2"), text), quiet)
    assert [file.path for file in record.files] == ["model.safetensors"]
    card = catalog.card("gpt2")
    assert (card.title, card.error) == ("GPT-2", "")
    model = GPT2()
    model.setup("cpu", catalog.spec(card).options)
    (answer,) = ask(model, "generate", {"prompt": "the", "max_characters": 12})
    assert answer["text"].startswith("the")
