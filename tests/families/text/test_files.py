"""The files of a GPT-2: transformers' folders, ours, and those that are refused."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from families.text import tiny
from paths import FIXTURES
from taxiway.catalog import catalog
from taxiway.core.errors import TaxiwayError, UnreadableCheckpoint
from taxiway.core.model import decode_options
from taxiway.families.text import files
from taxiway.families.text.model import GPT2

MANIFEST = """
taxiway = 1
name = "tiny-writer"
title = "Tiny"
task = "writing"
summary = "Writes."
family = "text"
licence = { weights = "MIT", code = "MIT", commercial = true, source = "https://example.org", checked = 2026-11-29 }

[transformers]
id = "some/tiny"
class = "AutoModelForCausalLM"
revision = "2290a62682d06624634c1f46a6ad5be0f47f38aa"
"""  # noqa: E501
TINY = FIXTURES / "text_tiny.safetensors"


def test_the_fixture_is_what_it_says(tmp_path: Path) -> None:
    assert tiny.write(tmp_path / "again.safetensors").read_bytes() == TINY.read_bytes()


def test_a_folder_of_transformers_is_opened_by_its_name(saved: tuple[Path, Any, Any]) -> None:
    folder = saved[0]
    for path in (folder, folder / "model.safetensors"):
        card = catalog.choose(str(path))
        assert (card.family, card.name) == ("text", "tiny-gpt2")
        assert catalog.spec(card).options["checkpoint"] == str(folder / "model.safetensors")


def test_a_manifest_of_transformers_runs_its_folder(
    saved: tuple[Path, Any, Any], tmp_path: Path
) -> None:
    folder = copied(saved, tmp_path)
    (folder / "tiny.toml").write_text(MANIFEST)
    card = catalog.choose(str(folder / "tiny.toml"))
    assert (card.family, card.name, card.error) == ("text", "tiny-writer", "")
    options = decode_options(card.name, GPT2, catalog.spec(card).options)
    model = GPT2()
    model.setup("cpu", options)
    assert "0.0 million" in model.facts["notes"][0]


def test_names_without_the_prefix_are_read_too(
    saved: tuple[Path, Any, Any], tmp_path: Path
) -> None:
    folder, network, _ = saved
    network.transformer.save_pretrained(tmp_path)  # as the hub's gpt2 has them
    shutil.copy(folder / "tokenizer.json", tmp_path)
    bare, whole = files.read(tmp_path), files.read(folder)
    assert bare.weights.keys() == whole.weights.keys()
    for name, array in bare.weights.items():
        np.testing.assert_array_equal(array, whole.weights[name])


def test_ours_is_one_file() -> None:
    found = files.read(TINY)
    assert found.sizes.n_positions == 24
    assert found.sizes.ends == {found.sizes.vocab_size - 1}
    assert catalog.choose(str(TINY)).family == "text"


def test_others_files_are_nobodys(tmp_path: Path) -> None:
    (tmp_path / "photo.txt").write_text("hello")
    assert not files.opens(str(tmp_path / "photo.txt"))
    assert not files.opens(str(tmp_path))
    assert not files.opens("http://127.0.0.1/model.safetensors")
    assert not files.opens(str(FIXTURES / "stylegan2-ada_32.pkl"))
    with pytest.raises(UnreadableCheckpoint, match="is no text model"):
        files.read(tmp_path / "photo.txt")


def copied(saved: tuple[Path, Any, Any], to: Path, **config: Any) -> Path:
    """The folder again, with another config."""
    shutil.copytree(saved[0], to, dirs_exist_ok=True)
    said = json.loads((to / "config.json").read_text())
    (to / "config.json").write_text(json.dumps({**said, **config}))
    return to


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"activation_function": "relu"}, "no plain GPT-2 but gpt2 with relu"),
        ({"n_layer": 3}, "has no tensor 'h.2"),
        ({"n_embd": 64}, "of shape"),
        ({"n_head": 5}, "sizes that no GPT-2 has"),
        ({"n_layer": 10**9}, "sizes that no GPT-2 has"),
        ({"vocab_size": "many"}, "not GPT-2's"),
        ({"scale_attn_by_inverse_layer_idx": True}, "no plain GPT-2"),
    ],
)
def test_another_network_is_refused_in_a_sentence(
    saved: tuple[Path, Any, Any], tmp_path: Path, config: dict[str, Any], said: str
) -> None:
    with pytest.raises(UnreadableCheckpoint, match=said) as refused:
        files.read(copied(saved, tmp_path, **config))
    assert str(refused.value).endswith(".")


def test_pickles_and_parts_are_named(saved: tuple[Path, Any, Any], tmp_path: Path) -> None:
    folder = copied(saved, tmp_path)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(TaxiwayError, match="a pickle, which is not read"):
        files.opens(str(folder))
    (folder / "model.safetensors.index.json").write_text("{}")
    with pytest.raises(TaxiwayError, match="in several files"):
        files.opens(str(folder))
    other = copied(saved, tmp_path / "other", model_type="llama")
    assert not files.opens(str(other))
    (other / "tokenizer.json").unlink()
    with pytest.raises(TaxiwayError, match="has no tokenizer.json"):
        files.opens(str(other))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damage_is_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    whole = bytearray(TINY.read_bytes())
    at = data.draw(st.integers(0, 6000))
    whole[at : at + 4] = data.draw(st.binary(max_size=8))
    path = tmp_path_factory.getbasetemp() / "damaged.safetensors"
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
    try:
        files.read(path)
    except TaxiwayError as error:
        assert str(error).endswith(".")
