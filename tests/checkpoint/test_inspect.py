import json
from pathlib import Path

import pytest

from paths import FIXTURES
from pickles import Call, Name, Writer
from snapshots import TEXT, nvidia_pickle, small_stylegan2
from taxiway.checkpoint import inspect_checkpoint, write_checkpoint
from taxiway.core.errors import NotFound

READABLE = sorted(path.name for path in FIXTURES.iterdir() if path.suffix in (".pkl", ".pt"))


@pytest.mark.parametrize("name", READABLE)
def test_a_report_is_plain_values_and_lines(name: str) -> None:
    report = inspect_checkpoint(FIXTURES / name)
    assert json.loads(json.dumps(report.to_dict(), allow_nan=False))["name"] == name
    assert report.problem is None
    beside = name.startswith(("projected-gan", "stylegan-xl")) and "lite" not in name
    assert bool(report.refused) is beside
    assert report.allowed
    assert all(line.isprintable() for line in report.text().split("\n"))


def test_networks_are_told_with_their_settings_and_texts() -> None:
    report = inspect_checkpoint(FIXTURES / "stylegan2-ada_32.pkl")
    networks = {network.name: network for network in report.networks}
    assert list(networks) == ["G", "D", "G_ema", "augment_pipe"]
    assert networks["D"].kind == "Discriminator"
    assert networks["G_ema"].settings["synthesis_kwargs"]["channel_base"] == 512
    assert networks["G_ema"].code[0]["bytes"] == len(TEXT)
    assert report.settings["training_set_kwargs"]["class_name"].endswith("ImageFolderDataset")
    assert report.generator is not None
    assert report.generator["family"] == "stylegan2"
    assert report.contents == "a dictionary of G, D, G_ema, augment_pipe, training_set_kwargs"


def test_the_text_says_what_matters() -> None:
    text = inspect_checkpoint(FIXTURES / "stylegan2-ada_32_labels5_mapping8.pkl").text()
    assert "Can be opened: stylegan2, 32 x 32 pixels, 3 channels" in text
    assert "5 labels" in text
    assert "embedded code, not run: 77 bytes, SHA-256 9f4597d438d7" in text
    assert "torch_utils.persistence._reconstruct_persistent_obj" in text


def test_tensorflow_and_torch_files_are_told_too() -> None:
    report = inspect_checkpoint(FIXTURES / "tensorflow-stylegan2_32.pkl")
    assert [len(network.tensors) for network in report.networks] == [76, 0, 76]
    report = inspect_checkpoint(FIXTURES / "rosinality_32.pt")
    assert [network.name for network in report.networks] == ["top", "g_ema"]
    assert report.settings["args"]["channel_multiplier"] == 2


def test_our_own_file_asks_for_nothing(tmp_path: Path) -> None:
    path = tmp_path / "own.safetensors"
    write_checkpoint(path, small_stylegan2())
    report = inspect_checkpoint(path)
    assert (report.format, report.refused, report.allowed) == ("Taxiway safetensors", {}, {})
    assert "Asks for nothing to be called." in report.text()
    assert "generator (stylegan2)" in report.text()


def test_a_foreign_file_is_told_in_short(tmp_path: Path) -> None:
    path = tmp_path / "picture.pkl"
    path.write_bytes(b"\x89PNG\r\n\x1a\n")
    report = inspect_checkpoint(path)
    assert report.format == "a PNG image"
    assert report.networks == []
    assert "nothing that can be told" in report.text()


def test_a_broken_file_is_told_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "cut.pkl"
    data = Writer(4).dump([Call(Name("os.system"), ("x",)), 1])
    path.write_bytes(data[:-3])
    report = inspect_checkpoint(path)
    assert report.problem is not None
    assert "os.system" in report.refused


def test_endless_settings_are_cut(tmp_path: Path) -> None:
    shared: list[object] = []
    for _ in range(30):
        shared = [shared] * 50
    path = tmp_path / "file.pkl"
    path.write_bytes(nvidia_pickle(small_stylegan2(), options={"a": shared}))
    report = inspect_checkpoint(path)
    assert report.problem is None
    assert len(report.text()) < 20_000


def test_no_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        inspect_checkpoint(tmp_path / "missing.pkl")
