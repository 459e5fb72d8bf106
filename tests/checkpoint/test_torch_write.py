"""What is written as `.pt` is loaded by torch without code, and read back as the same network."""

import argparse
from pathlib import Path

import numpy as np
import pytest
import torch

from paths import FIXTURES
from snapshots import small_stylegan2
from taxiway.checkpoint import Checkpoint, read_checkpoint
from taxiway.checkpoint.rosinality import nvidia_name
from taxiway.checkpoint.torch_write import rosinality_name, write_state

NAMES = [
    "stylegan2-ada_32.pkl",
    "stylegan2-ada_32_labels5_mapping8.pkl",
    "stylegan2-ada_32_resnet.pkl",
    "stylegan3-t_32.pkl",
    "stylegan1_32_growing.pkl",
    "stylegan-xl_32-stem_labels10.pkl",
    "projected-gan_fastgan_128_cond.pkl",
    "rosinality_32.pt",
]


def same(found: Checkpoint, wanted: Checkpoint) -> None:
    assert (found.family, found.config) == (wanted.family, wanted.config)
    assert found.tensors.keys() == wanted.tensors.keys()
    for name, array in wanted.tensors.items():
        np.testing.assert_array_equal(found.tensors[name], array, err_msg=name)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_read_back_as_the_same_network(name: str, tmp_path: Path) -> None:
    wanted = read_checkpoint(FIXTURES / name)
    assert write_state(tmp_path / "out.pt", wanted)
    found = read_checkpoint(tmp_path / "out.pt")
    same(found, wanted)
    assert found.source["notes"] == []
    loaded = torch.load(tmp_path / "out.pt", weights_only=True)
    assert all(torch.is_tensor(each) for each in loaded.get("g_ema", loaded.get("G_ema")).values())


def test_rosinalitys_own_file_is_written_as_it_was(tmp_path: Path) -> None:
    with torch.serialization.safe_globals([argparse.Namespace]):
        original = torch.load(FIXTURES / "rosinality_32.pt", weights_only=True)
    told = write_state(tmp_path / "out.pt", read_checkpoint(FIXTURES / "rosinality_32.pt"))
    assert told == ["It has the layout of rosinality's stylegan2-pytorch."]
    written = torch.load(tmp_path / "out.pt", weights_only=True)
    assert written["g_ema"].keys() == original["g_ema"].keys()
    for name, tensor in original["g_ema"].items():
        assert written["g_ema"][name].shape == tensor.shape, name
        torch.testing.assert_close(written["g_ema"][name], tensor, msg=name)
    torch.testing.assert_close(written["latent_avg"].ravel(), original["latent_avg"].ravel())


def test_nvidias_layout_has_all_of_a_snapshots_tensors(tmp_path: Path) -> None:
    write_state(tmp_path / "out.pt", read_checkpoint(FIXTURES / "stylegan2-ada_32_resnet.pkl"))
    state = torch.load(tmp_path / "out.pt", weights_only=True)["G_ema"]
    assert state["synthesis.b8.conv0.resample_filter"].shape == (4, 4)
    assert state["synthesis.b4.resample_filter"].sum().item() == pytest.approx(1)


def test_what_other_tools_cannot_do_is_said(tmp_path: Path) -> None:
    def told(checkpoint: Checkpoint) -> str:
        return " ".join(write_state(tmp_path / "out.pt", checkpoint))

    assert "will not clamp features at 256" in told(small_stylegan2())
    assert "NVIDIA's own .pkl needs their source text" in told(small_stylegan2(labels=3))
    assert "only Taxiway reads" in told(read_checkpoint(FIXTURES / "stylegan1_64.pkl"))


def test_names_go_both_ways() -> None:
    for name in small_stylegan2(blocks=5).tensors:
        if name != "mapping.w_avg":
            new = rosinality_name(name)
            assert new is not None
            assert nvidia_name(new) == name


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("stylegan-xl_32-stem_labels10", "no classes like this network's: only Taxiway"),
        ("tensorflow-stylegan2_32_labels-before-ada", "no classes like this network's: only Taxi"),
        ("stylegan-xl_32-stem", "It has NVIDIA's names"),
        ("stylegan2-ada_32_labels5_mapping8", "It has NVIDIA's names"),
        ("stylegan1_64", "only Taxiway reads them"),
    ],
)
def test_what_others_cannot_load_is_said(name: str, said: str, tmp_path: Path) -> None:
    [told] = write_state(tmp_path / "a.pt", read_checkpoint(FIXTURES / f"{name}.pkl"))
    assert said in told
