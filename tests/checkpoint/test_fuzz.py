"""Files that nobody wrote: whatever the bytes, a checkpoint or one sentence, and nothing done."""

import json
import random
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz import examples
from mutations import mutated
from paths import FIXTURES
from pickles import Name, Writer, storage_bytes, tensor
from snapshots import module, nvidia_pickle, recorded, small_stylegan2
from taxiway.checkpoint import inspect_checkpoint, read_checkpoint, write_checkpoint
from taxiway.checkpoint.records import NAMES
from taxiway.core.errors import UnreadableCheckpoint
from watch import nothing_done

FORMATS = [
    "own", "protocol 2", "protocol 3", "protocol 4", "protocol 5", "stylegan3-t_32.pkl",
    "stylegan2-ada_32_resnet.pkl", "tensorflow-stylegan2_32.pkl", "rosinality_32.pt",
    "rosinality_32_legacy-stream.pt",
]  # fmt: skip
WORDS = [
    "_parameters", "_buffers", "_modules", "G_ema", "g_ema", "state", "type", "class", "version",
    "module_src", "class_name", "synthesis", "input.input", "style.1.weight", "storage", "0", "cpu",
    "latin1", "f4", "O8", "<", "components", "variables", "static_kwargs",
]  # fmt: skip
fuzzing = settings(
    max_examples=examples(200),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def survive(path: Path, data: bytes) -> None:
    """Read and look at a file; all else than a checkpoint or UnreadableCheckpoint fails."""
    path.write_bytes(data)
    with nothing_done():
        try:
            read_checkpoint(path)
        except UnreadableCheckpoint as error:
            assert str(error).isprintable()
        assert inspect_checkpoint(path).text()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A file of every format, some with tiny networks, so that damage hits structure."""
    path = tmp_path_factory.mktemp("files") / "own.safetensors"
    small = small_stylegan2(blocks=2, channels=2, width=2)
    write_checkpoint(path, small)
    made = {name: (FIXTURES / name).read_bytes() for name in FORMATS if "_32" in name}
    made |= {f"protocol {number}": nvidia_pickle(small, number) for number in (2, 3, 4, 5)}
    return made | {"own": path.read_bytes()}


@fuzzing
@given(start=st.sampled_from([b"\x80\x04", b"\x80\x02", b"PK", b""]), data=st.binary(max_size=999))
def test_random_bytes(tmp_path: Path, start: bytes, data: bytes) -> None:
    survive(tmp_path / "file", start + data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
STYLEGAN3 = read_checkpoint(FIXTURES / "stylegan3-t_32.pkl")
FOUR = np.zeros(4, np.float32)
FRAGMENTS = [
    *(bytes([code]) for code in b"(.012NRabdelostu}])Q" + bytes(range(0x81, 0x95))),
    *(Writer(2).write_Name(Name(name)) for name in sorted(NAMES)),
    *(b"X" + struct.pack("<I", len(word)) + word.encode() for word in WORDS),
    *(b"h" + bytes([index]) for index in range(6)),
    *(b"q" + bytes([index]) for index in range(6)),
    *(b"K" + bytes([number]) for number in (0, 1, 2, 4, 255)),
    *(b"B" + struct.pack("<I", len(data)) + data for data in (b"", b"abcd", storage_bytes(FOUR))),
]


@fuzzing
@given(codes=st.lists(st.sampled_from(FRAGMENTS), max_size=80))
def test_random_instructions(tmp_path: Path, codes: list[bytes]) -> None:
    survive(tmp_path / "file", b"\x80\x04" + b"".join(codes) + b".")


@pytest.mark.parametrize("name", FORMATS)
@settings(fuzzing, max_examples=examples(60))
@given(seed=st.integers(0, 1 << 32))
def test_damaged_files(name: str, seed: int, files: dict[str, bytes], tmp_path: Path) -> None:
    damaged = mutated(files[name], random.Random(seed), list(files.values()))
    survive(tmp_path / "file", damaged)


@pytest.mark.parametrize("name", FORMATS)
def test_files_cut_at_every_64th(name: str, files: dict[str, bytes], tmp_path: Path) -> None:
    path = tmp_path / "file"
    for part in range(0, 64, 64 // examples(64)):
        path.write_bytes(files[name][: len(files[name]) * part // 64])
        with pytest.raises(UnreadableCheckpoint):
            read_checkpoint(path)


ODD: list[Any] = [
    None, True, -1, 0, 2**31, 2**70, -(2**70), 0.0, -1.5, 1e300, float("nan"), float("inf"), "",
    "x", [], [1] * 4, (), {}, {"a": 1}, np.zeros(2), np.zeros((0, 2)), np.array(["a"]), [2**40] * 2,
    b"bytes", Name("torch.FloatStorage"),
]  # fmt: skip


def odd_tensor(draw: random.Random) -> np.ndarray[Any, Any]:
    shape = [draw.choice([0, 1, 2, 3, 4, 7]) for _ in range(draw.randrange(6))]
    number = draw.choice([np.float32(0), np.float32("nan"), np.float32(1e38), np.float16("inf"), 7])
    return np.full(shape, number)


@pytest.mark.parametrize("family", ["stylegan2", "stylegan3"])
@settings(fuzzing, max_examples=examples(80))
@given(seed=st.integers(0, 1 << 32))
def test_odd_attributes_and_tensors(family: str, seed: int, tmp_path: Path) -> None:
    draw = random.Random(seed)
    checkpoint = small_stylegan2(blocks=2) if family == "stylegan2" else STYLEGAN3
    tensors, attributes = dict(checkpoint.tensors), recorded(checkpoint)
    for _ in range(draw.randrange(3)):
        tensors[draw.choice(list(tensors))] = odd_tensor(draw)
    for _ in range(draw.randrange(1, 4)):
        layer = attributes[draw.choice([path for path in attributes if attributes[path]])]
        layer[draw.choice(list(layer))] = draw.choice(ODD)
    if draw.random() < 0.3:
        del tensors[draw.choice(list(tensors))]
    survive(tmp_path / "file", Writer(4).dump({"G_ema": module("", tensors, attributes, tensor)}))


@fuzzing
@given(data=st.data())
def test_odd_descriptions(data: st.DataObject, files: dict[str, bytes], tmp_path: Path) -> None:
    own = files["own"]
    end = 8 + int.from_bytes(own[:8], "little")
    header = json.loads(own[8:end])
    description = json.loads(header["__metadata__"]["taxiway"])
    place = description["config"]
    while isinstance(place, dict) and place and data.draw(st.booleans()):
        key = data.draw(st.sampled_from(list(place)))
        if isinstance(place[key], dict) and data.draw(st.booleans()):
            place = place[key]
        elif data.draw(st.booleans()):
            place[key] = data.draw(JSON)
        else:
            del place[key]
    header["__metadata__"]["taxiway"] = json.dumps(description)
    if data.draw(st.booleans()):
        name = data.draw(st.sampled_from(list(header)))
        header[name] = data.draw(JSON)
    text = json.dumps(header).encode()
    survive(tmp_path / "file", len(text).to_bytes(8, "little") + text + own[end:])
