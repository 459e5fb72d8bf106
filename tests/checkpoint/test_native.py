import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save

from paths import FIXTURES
from snapshots import nvidia_pickle, small_stylegan2
from taxiway.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from taxiway.core.errors import InvalidArgument, UnreadableCheckpoint

READABLE = sorted(path.name for path in FIXTURES.iterdir() if path.suffix in (".pkl", ".pt"))


def header_of(data: bytes) -> tuple[dict[str, Any], bytes]:
    length = int.from_bytes(data[:8], "little")
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def with_header(header: Any, numbers: bytes) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + numbers


@pytest.fixture
def native(tmp_path: Path) -> bytes:
    path = tmp_path / "small.safetensors"
    write_checkpoint(path, small_stylegan2(blocks=2))
    return path.read_bytes()


@pytest.mark.parametrize("name", READABLE)
def test_what_is_written_is_read_back_to_the_last_bit(name: str, tmp_path: Path) -> None:
    checkpoint = read_checkpoint(FIXTURES / name)
    path = tmp_path / "file.safetensors"
    write_checkpoint(path, checkpoint)
    read = read_checkpoint(path)
    assert (read.family, read.config) == (checkpoint.family, checkpoint.config)
    assert read.tensors.keys() == checkpoint.tensors.keys()
    for key, array in checkpoint.tensors.items():
        assert np.array_equal(read.tensors[key], array)
        assert read.tensors[key].flags.writeable
    assert read.source["made_from"] == checkpoint.source


def test_the_safetensors_library_reads_the_same_numbers(tmp_path: Path) -> None:
    checkpoint = read_checkpoint(FIXTURES / "stylegan3-r_32.pkl")
    path = tmp_path / "file.safetensors"
    write_checkpoint(path, checkpoint)
    found = load_file(path)
    assert found.keys() == checkpoint.tensors.keys()
    for key, array in checkpoint.tensors.items():
        assert np.array_equal(found[key], array)


def test_what_the_safetensors_library_writes_is_read(native: bytes, tmp_path: Path) -> None:
    checkpoint = small_stylegan2(blocks=2)
    header, _ = header_of(native)
    path = tmp_path / "file.safetensors"
    path.write_bytes(save(checkpoint.tensors, header["__metadata__"]))
    read = read_checkpoint(path)
    for key, array in checkpoint.tensors.items():
        assert np.array_equal(read.tensors[key], array)


def test_float16_halves_weights_and_keeps_what_matters(tmp_path: Path) -> None:
    checkpoint = read_checkpoint(FIXTURES / "stylegan3-t_32.pkl")
    whole, half = tmp_path / "whole.safetensors", tmp_path / "half.safetensors"
    write_checkpoint(whole, checkpoint)
    write_checkpoint(half, checkpoint, dtype="float16")
    assert half.stat().st_size < 0.6 * whole.stat().st_size
    tensors = read_checkpoint(half).tensors
    assert tensors["synthesis.L0_36_16.weight"].dtype == np.float16
    assert tensors["synthesis.input.phases"].dtype == np.float32
    assert tensors["synthesis.L0_36_16.up_filter"].dtype == np.float32
    for key, array in checkpoint.tensors.items():
        assert np.allclose(tensors[key], array, rtol=1e-3, atol=1e-6)


def test_weights_too_large_for_float16_stay_whole(tmp_path: Path) -> None:
    checkpoint = small_stylegan2(blocks=2)
    checkpoint.tensors["mapping.fc0.weight"][0, 0] = 1e6
    path = tmp_path / "file.safetensors"
    write_checkpoint(path, checkpoint, dtype="float16")
    assert read_checkpoint(path).tensors["mapping.fc0.weight"][0, 0] == 1e6


def test_tensors_lie_where_they_can_be_mapped(native: bytes) -> None:
    header, _ = header_of(native)
    length = int.from_bytes(native[:8], "little")
    assert length % 8 == 0
    del header["__metadata__"]
    assert all(entry["data_offsets"][0] % 4 == 0 for entry in header.values())


def test_another_type_of_numbers_is_an_invalid_argument(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="'dtype' takes float32 or float16, got 'int8'"):
        write_checkpoint(tmp_path / "x", small_stylegan2(), dtype="int8")


def test_what_does_not_belong_together_is_not_written(tmp_path: Path) -> None:
    checkpoint = small_stylegan2()
    del checkpoint.tensors["mapping.w_avg"]
    with pytest.raises(UnreadableCheckpoint, match=r"lacks the tensor 'mapping.w_avg'"):
        write_checkpoint(tmp_path / "x", checkpoint)
    with pytest.raises(UnreadableCheckpoint, match="of the family 'gpt2'"):
        write_checkpoint(tmp_path / "x", Checkpoint("gpt2", {}, {}, {}))
    assert not list(tmp_path.iterdir())


def test_where_a_network_came_from_is_kept_through_copies(tmp_path: Path) -> None:
    first, second = tmp_path / "1.safetensors", tmp_path / "2.safetensors"
    checkpoint = read_checkpoint(FIXTURES / "stylegan2-ada_32.pkl")
    write_checkpoint(first, checkpoint)
    write_checkpoint(second, read_checkpoint(first))
    assert read_checkpoint(second).source["made_from"] == checkpoint.source


def test_metadata_is_one_json_text(native: bytes) -> None:
    header, _ = header_of(native)
    assert list(header["__metadata__"]) == ["taxiway"]
    assert json.loads(header["__metadata__"]["taxiway"])["family"] == "stylegan2"


def test_safetensors_of_others_are_named(refusal: Callable[..., str]) -> None:
    problem = refusal(save({"conv.weight": np.zeros(3, np.float32)}))
    assert "holds no network that is known" in problem


def test_a_pickle_within_is_not_opened(refusal: Callable[..., str]) -> None:
    pickled = nvidia_pickle(small_stylegan2(blocks=2))
    assert "holds no network that is known" in refusal(with_header({}, pickled))


def test_every_cut_is_noticed(native: bytes, refusal: Callable[..., str]) -> None:
    for part in range(64):
        assert "file.pkl" in refusal(native[: len(native) * part // 64])


def change(native: bytes, **entry: Any) -> bytes:
    """The file with the entry of one tensor changed."""
    header, numbers = header_of(native)
    header["mapping.w_avg"] |= entry
    return with_header(header, numbers)


LIES: dict[str, tuple[dict[str, Any], str]] = {
    "a negative size": ({"shape": [-8]}, "of type 'F32' and shape"),
    "a huge size": ({"shape": [1 << 60]}, "announces"),
    "nine dimensions": ({"shape": [1] * 8 + [8]}, "and shape"),
    "another type": ({"dtype": "I64"}, "of type 'I64'"),
    "a type of half the size": ({"dtype": "F16"}, "announces 8 numbers of 2 bytes"),
    "offsets that overlap": ({"data_offsets": [32, 64]}, "gaps between its tensors"),
    "offsets that go back": ({"data_offsets": [64, 32]}, "gaps between its tensors"),
    "offsets beyond the end": ({"data_offsets": [0, 1 << 60]}, "gaps between its tensors"),
    "offsets that are text": ({"data_offsets": ["0", "8"]}, "not understood"),
}


@pytest.mark.parametrize("case", LIES)
def test_lies_about_a_tensor_are_refused(
    case: str, native: bytes, refusal: Callable[..., str]
) -> None:
    entry, words = LIES[case]
    assert words in refusal(change(native, **entry))


def test_broken_headers_are_refused(native: bytes, refusal: Callable[..., str]) -> None:
    header, numbers = header_of(native)
    assert "a header of" in refusal((1 << 40).to_bytes(8, "little") + b"{" + bytes(100))
    assert "not understood" in refusal(with_header(b"{" * 100_000, numbers))
    assert "not understood" in refusal(with_header(b'{"a": ' + b"[" * 100_000, numbers))
    assert "not understood" in refusal(with_header(b'{"\xff": 1}', numbers))
    assert "not understood" in refusal(with_header({**header, "__metadata__": {"a": 1}}, numbers))
    assert "instead of" in refusal(with_header(header, numbers + b"x"))


def test_a_description_that_is_none_is_refused(native: bytes, refusal: Callable[..., str]) -> None:
    header, numbers = header_of(native)
    description = json.loads(header["__metadata__"]["taxiway"])

    def described(**changes: Any) -> bytes:
        text = json.dumps({**description, **changes})
        return with_header({**header, "__metadata__": {"taxiway": text}}, numbers)

    config = description["config"]
    assert "family 'gpt2'" in refusal(described(family="gpt2"))
    assert "not understood" in refusal(described(version=2))
    assert "`z_dim`" in refusal(described(config={}))
    assert "cannot be" in refusal(described(config={**config, "num_ws": 10**30}))
    assert "w for 2 blocks" in refusal(described(config={**config, "num_ws": 6}))
    assert "other layers" in refusal(described(config={**config, "architecture": "orig"}))
    assert "not symmetric" in refusal(described(config={**config, "resample_filter": [1, 2, 3, 4]}))
    assert "where [4, 3, 3] fits" in refusal(described(config={**config, "img_resolution": [6, 6]}))
    assert "cannot be" in refusal(described(config={**config, "img_resolution": [1 << 20, 4]}))
