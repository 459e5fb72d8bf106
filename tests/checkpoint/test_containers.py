"""A generator is found in whatever people keep it: alone, in dictionaries, tuples and wrappers."""

import bz2
import gzip
import json
import lzma
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from paths import FIXTURES
from pickles import Call, Fill, Name, New, Writer, ordered, tensor
from snapshots import nvidia_generator, small_stylegan2
from taxiway.checkpoint import Checkpoint, read_checkpoint
from taxiway.checkpoint.containers import find_generator
from taxiway.checkpoint.native import write_tensors
from taxiway.checkpoint.reader import holds_generator
from taxiway.core.errors import UnreadableCheckpoint

SMALL = small_stylegan2(blocks=2)
GENERATOR = nvidia_generator(SMALL)


def state(prefix: str = "") -> dict[str, Any]:
    return ordered(**{prefix + name: tensor(array) for name, array in SMALL.tensors.items()})


def wrapped(kind: str) -> Fill:
    parts = {"_modules": ordered(module=GENERATOR), "_parameters": ordered()}
    return New(Name(f"torch.nn.parallel.{kind}"), state=parts | {"_buffers": ordered()})


ADAM = New(Name("torch.optim.adam.Adam"), state={"param_groups": [{"lr": 0.1}]})
CONTAINERS: dict[str, tuple[Any, str]] = {
    "bare": (GENERATOR, ""),
    "only G": ({"G": GENERATOR}, "this is 'G'"),
    "only g_ema": ({"g_ema": GENERATOR}, ""),
    "a tuple": ((nvidia_generator(small_stylegan2(blocks=3)), GENERATOR), "this is one of 2"),
    "in a dictionary in a dictionary": ({"model": {"G_ema": GENERATOR}}, ""),
    "DataParallel": ({"G_ema": wrapped("data_parallel.DataParallel")}, ""),
    "DistributedDataParallel": (wrapped("distributed.DistributedDataParallel"), ""),
    "beside Adam": ({"G_ema": GENERATOR, "optimizer": ADAM}, "torch.optim.adam.Adam"),
    "beside a path": (
        {"G_ema": GENERATOR, "out": Call(Name("pathlib.PosixPath"), ("a", "b"))},
        "pathlib.PosixPath",
    ),
    "beside a device": ({"G_ema": GENERATOR, "on": Call(Name("torch.device"), ("cuda",))}, ""),
    "beside a layer of torch's": (
        {"G_ema": GENERATOR, "D": New(Name("torch.nn.modules.conv.Conv2d"), state={"bias": None})},
        "",
    ),
    "a state dictionary": (state(), "assumed"),
    "a state dictionary of a module": ({"state_dict": state("module.")}, "assumed"),
    "a state dictionary of a training": ({"state_dict": state("generator.")}, "assumed"),
    "params_ema": ({"params_ema": state()}, "assumed"),
}
"""What is at the top of the file -> a word of the note that it gets, or no note."""


def written(path: Path, top: Any, protocol: int = 4) -> Path:
    path.write_bytes(Writer(protocol).dump(top))
    return path


@pytest.mark.parametrize("case", CONTAINERS)
@pytest.mark.parametrize("name", ["network.pkl", "network", "NETWORK.PKL", "network.ckpt"])
def test_the_same_generator_is_read(case: str, name: str, tmp_path: Path) -> None:
    top, noted = CONTAINERS[case]
    path = written(tmp_path / name, top)
    assert holds_generator(path)
    found = read_checkpoint(path)
    assert_same(found, SMALL)
    notes = " ".join(found.source["notes"])
    assert (noted in notes) if noted else (notes == "")


def assert_same(found: Checkpoint, wanted: Checkpoint) -> None:
    assert found.family == wanted.family
    assert found.config["img_resolution"] == wanted.config["img_resolution"]
    for name, array in wanted.tensors.items():
        np.testing.assert_array_equal(found.tensors[name], array)


@pytest.mark.parametrize(
    "name",
    ["container_dataparallel.pkl", "container_tuple.pkl", "container_G-only.pkl",
     "container_state-dict_module.pt"],
)  # fmt: skip
def test_genuine_ones_hold_the_network_of_the_snapshot(name: str) -> None:
    assert_same(
        read_checkpoint(FIXTURES / name), read_checkpoint(FIXTURES / "stylegan2-ada_32.pkl")
    )


@pytest.mark.smoke
def test_a_discriminator_of_unknown_classes_is_passed_over() -> None:
    found = read_checkpoint(FIXTURES / "projected-gan_stylegan2_32_withD.pkl")
    [note] = found.source["notes"]
    assert note.startswith("passed over, and not run: pg_modules.discriminator")


def test_what_means_harm_is_refused_wherever_it_stands(
    refusal: Callable[..., str],
) -> None:
    evil = Call(Name("os.system"), ("true",))
    assert "os.system" in refusal(Writer(4).dump({"G_ema": GENERATOR, "D": evil}))


def test_what_is_not_understood_within_the_generator_is_refused(
    refusal: Callable[..., str],
) -> None:
    generator = nvidia_generator(SMALL)
    generator.args[0]["state"]["extra"] = Call(Name("their.module.thing"), (1,))
    assert "their.module.thing" in refusal(Writer(4).dump({"G_ema": generator}))


def test_numbers_in_bfloat16_are_read(tmp_path: Path) -> None:
    array = np.array([1.0, -2.5, 3.0e38, 0.0], np.float32)
    halves = (array.view(np.uint32) >> 16).astype("<u2")
    rounded = (halves.astype(np.uint32) << 16).view(np.float32)
    from taxiway.checkpoint.limits import Budget
    from taxiway.checkpoint.source import Source
    from taxiway.checkpoint.tensors import BFLOAT16, Storage, view

    storage = Storage(BFLOAT16, 4)
    storage.place(Source.of(halves.tobytes()).whole())
    read = view(storage, 0, (2, 2), (2, 1)).read(Budget(8))
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, rounded.reshape(2, 2))


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": lambda data: gzip.compress(data, 1),
    "bz2": lambda data: bz2.compress(data, 1),
    "xz": lambda data: lzma.compress(data, preset=0),
    "gz.gz": lambda data: gzip.compress(gzip.compress(data, 1), 1),
}


@pytest.mark.parametrize("kind", [*PACKERS, "zip"])
def test_packed_ones_are_unpacked(kind: str, tmp_path: Path) -> None:
    data = (FIXTURES / "stylegan2-ada_32.pkl").read_bytes()
    path = tmp_path / f"network.{kind}"
    if kind in PACKERS:
        path.write_bytes(PACKERS[kind](data))
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a folder/network.pkl", data)
            archive.writestr("__MACOSX/a folder/._network.pkl", b"")
            archive.writestr("read me.txt", "hello")
    assert holds_generator(path)
    assert_same(read_checkpoint(path), read_checkpoint(FIXTURES / "stylegan2-ada_32.pkl"))


@pytest.mark.parametrize("kind", ["gz", "zip"])
def test_a_bomb_is_refused(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"network.{kind}"
    if kind == "gz":
        path.write_bytes(gzip.compress(bytes(8 << 20)))
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("network.pkl", bytes(8 << 20))
    with pytest.raises(UnreadableCheckpoint, match="unpacks to more than 20 times its size"):
        read_checkpoint(path)


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz"])
def test_a_packed_one_that_was_cut_short_is_said_to_be(kind: str, tmp_path: Path) -> None:
    packed = PACKERS[kind]((FIXTURES / "rosinality_32.pt").read_bytes())
    path = tmp_path / f"network.{kind}"
    path.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(UnreadableCheckpoint, match=r"ends in the middle of what is packed in it"):
        read_checkpoint(path)


def test_of_several_in_a_zip_none_is_guessed(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a.pkl", b"")
        archive.writestr("b.pkl.gz", b"")
    with pytest.raises(UnreadableCheckpoint, match=r"holds 2 checkpoints \('a.pkl', 'b.pkl.gz'\)"):
        read_checkpoint(tmp_path / "two.zip")


TENSORS = torch.load(FIXTURES / "rosinality_32.pt", weights_only=False)["g_ema"]
DICTIONARIES: dict[str, tuple[dict[str, Any], str]] = {
    "a prefix": ({f"_orig_mod.module.{name}": each for name, each in TENSORS.items()}, ""),
    "lightning": ({"state_dict": {f"generator_ema.{n}": each for n, each in TENSORS.items()}
                   | {f"generator.{n}": each + 1 for n, each in TENSORS.items()}}, ""),
    "deep": ({"models": {"generator": {"ema": TENSORS, "D": {"x": torch.zeros(2)}}}}, ""),
    "model_ema": ({"G": {n: each + 1 for n, each in TENSORS.items()}, "model_ema": TENSORS}, ""),
    "a name": ({"generator_state_dict": TENSORS},
               "this is 'generator_state_dict': whether it is the averaged generator is not said"),
    "two prefixes": ({f"netG_A.{n}": each for n, each in TENSORS.items()}
                     | {f"netG_B.{n}": each + 1 for n, each in TENSORS.items()},
                     "this is 'netG_A': whether it is the averaged generator is not said"),
}  # fmt: skip
"""Where rosinality's tensors are found, and what is noted."""


@pytest.mark.parametrize("case", DICTIONARIES)
def test_tensors_are_found_under_any_name(case: str, tmp_path: Path) -> None:
    top, note = DICTIONARIES[case]
    torch.save(top, tmp_path / "a.pt")
    found, wanted = read_checkpoint(tmp_path / "a.pt"), torch_tensors(tmp_path)
    assert_same(found, wanted)
    notes = [each for each in found.source["notes"] if each not in wanted.source["notes"]]
    assert notes == ([note] if note else [])


def torch_tensors(folder: Path) -> Checkpoint:
    """The tensors alone, as `torch.save` writes them."""
    torch.save(TENSORS, folder / "bare.pt")
    return read_checkpoint(folder / "bare.pt")


def test_tensors_in_safetensors_and_numpy_are_found(tmp_path: Path) -> None:
    arrays = {name: each.numpy() for name, each in TENSORS.items()}
    floats = {f"g_ema.{n}": each for n, each in arrays.items() if each.dtype == np.float32}
    write_tensors(tmp_path / "a.safetensors", floats, "float32", {})
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(arrays))
    for name in ("a.safetensors", "a.pkl"):
        assert holds_generator(tmp_path / name)
        assert_same(read_checkpoint(tmp_path / name), torch_tensors(tmp_path))


def test_a_dictionary_that_holds_itself_ends(tmp_path: Path) -> None:
    top: dict[str, Any] = {}
    inner: dict[str, Any] = {f"k{i}": top for i in range(1000)}
    top |= {f"k{i}": inner for i in range(1000)}
    assert find_generator(top) is None


def test_a_network_of_another_family_is_none_of_ours(tmp_path: Path) -> None:
    about = json.dumps({"version": 1, "family": "colour", "config": {}})
    write_tensors(tmp_path / "a.safetensors", {}, "float32", {"taxiway": about})
    assert not holds_generator(tmp_path / "a.safetensors")
    with pytest.raises(UnreadableCheckpoint, match="the family 'colour'"):
        read_checkpoint(tmp_path / "a.safetensors")
