"""Files that lie about sizes or cost more than they are: refused before they cost anything."""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pickles import Call, Fill, Name, Raw, Writer, storage_bytes, tensor
from snapshots import nvidia_generator, persistent, small_stylegan2
from taxiway.checkpoint import read_checkpoint
from taxiway.checkpoint.limits import MAX_FILE, MAX_OPCODES
from taxiway.core.errors import UnreadableCheckpoint

FOUR = np.zeros(4, np.float32)
EMPTY: dict[str, Any] = {"_parameters": {}, "_buffers": {}, "_modules": {}}


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def put(index: int) -> bytes:
    return b"r" + struct.pack("<I", index)


def get(index: int) -> bytes:
    return b"j" + struct.pack("<I", index)


def pickled(code: bytes) -> bytes:
    return b"\x80\x04" + code + b"."


def snapshot(**state: Any) -> bytes:
    """A genuine generator with something else recorded beside its layers."""
    generator = nvidia_generator(small_stylegan2(blocks=2))
    generator.args[0]["state"].update(state)
    return Writer(4).dump({"G_ema": generator})


def viewed(**changes: Any) -> bytes:
    """A snapshot with a tensor whose description is changed."""
    return snapshot(extra=tensor(FOUR, **changes))


def stored(stream: bytes) -> bytes:
    return viewed(storage=Call(Name("torch.storage._load_from_bytes"), (stream,)))


def shared_lists(levels: int) -> Raw:
    """A list that holds one list twice, which holds one list twice ...: 2 ** levels values."""
    code = b"]" + put(1000)
    for index in range(1000, 1000 + levels):
        code += b"0](" + get(index) + get(index) + b"e" + put(index + 1)
    return Raw(code)


def shared_modules(levels: int) -> bytes:
    """Layers that each hold the next one twice."""
    code = Writer(4).write(persistent("Layer", dict(EMPTY))) + put(1000)
    for index in range(1000, 1000 + levels):
        twice = {"a": Raw(get(index)), "b": Raw(get(index))}
        layer = persistent("Layer", {**EMPTY, "_modules": twice})
        code += b"0" + Writer(4).write(layer) + put(index + 1)
    return Writer(4).dump({"G_ema": Raw(code)})


def looping_module() -> bytes:
    """A layer that holds itself."""
    layer = persistent("Layer", {**EMPTY, "_modules": Raw(get(1000))})
    code = b"}" + put(1000) + b"0" + Writer(4).write(layer) + put(1001)
    code += get(1000) + text("again") + get(1001) + b"s0"
    return Writer(4).dump({"G_ema": Raw(code)})


def array_bytes(shape: tuple[int, ...], data: bytes, code: str = "f8") -> bytes:
    kind = Call(Name("numpy.dtype"), (code, False, True))
    args = (Name("numpy.ndarray"), (0,), b"b")
    empty = Call(Name("numpy._core.multiarray._reconstruct"), args)
    return snapshot(size=Fill(empty, (1, shape, kind, False, data)))


def tensor_of(value: Any) -> bytes:
    """A genuine generator in which one parameter is something else."""
    state = nvidia_generator(small_stylegan2(blocks=2))
    synthesis = state.args[0]["state"]["_modules"]["synthesis"].args[0]["state"]
    synthesis["_modules"]["b4"].args[0]["state"]["_parameters"]["const"] = value
    return Writer(4).dump({"G_ema": state})


def shared_storage() -> bytes:
    """One stored tensor under a hundred names: more to hold than the file is long."""
    one = tensor(np.zeros(100_000, np.float32))
    return snapshot(_buffers={f"b{index}": one for index in range(100)})


def same_stream_twice() -> bytes:
    """Two tensors that refer to the same bytes."""
    stream = storage_bytes(FOUR)
    twice = [Call(Name("torch.storage._load_from_bytes"), (stream,)) for _ in range(2)]
    return snapshot(extra=[tensor(FOUR, storage=storage) for storage in twice])


def many_blocks() -> bytes:
    """Five thousand blocks, each of them empty."""
    checkpoint = small_stylegan2(blocks=2)
    generator = nvidia_generator(checkpoint)
    blocks = generator.args[0]["state"]["_modules"]["synthesis"].args[0]["state"]["_modules"]
    blocks.update({f"b{number}": persistent("Block", dict(EMPTY)) for number in range(100, 5100)})
    return Writer(4).dump({"G_ema": generator})


CASES = {
    "a storage that announces 2^40 numbers": (
        lambda: stored(storage_bytes(FOUR, count=1 << 40)),
        "cut short",
    ),
    "a storage smaller than its tensor": (
        lambda: stored(storage_bytes(FOUR[:2])),
        "outside of its 2 numbers",
    ),
    "counts that disagree": (
        lambda: stored(storage_bytes(FOUR)[:-24] + struct.pack("<Q", 3) + bytes(16)),
        "another count of numbers",
    ),
    "stride 0 to 2^60 numbers": (
        lambda: viewed(shape=(1 << 30, 1 << 30), strides=(0, 0)),
        "outside of its 4 numbers",
    ),
    "strides beyond the storage": (lambda: viewed(strides=(2,)), "outside of its 4 numbers"),
    "an offset beyond the storage": (lambda: viewed(offset=1), "outside of its 4 numbers"),
    "a huge offset": (lambda: viewed(offset=1 << 62), "outside of its 4 numbers"),
    "a negative offset": (lambda: viewed(offset=-1), "an offset"),
    "a negative stride": (lambda: viewed(strides=(-1,)), "short lists of sizes"),
    "a negative size": (lambda: viewed(shape=(-4,)), "short lists of sizes"),
    "a size that is True": (lambda: viewed(shape=(True,)), "short lists of sizes"),
    "nine dimensions": (lambda: viewed(shape=(1,) * 9, strides=(1,) * 9), "short lists of sizes"),
    "more sizes than strides": (lambda: viewed(shape=(2, 2), strides=(1,)), "short lists of sizes"),
    "a storage that is text": (lambda: viewed(storage="x"), "without a storage"),
    "one storage under many names": (lambda: shared_storage(), "more memory for its tensors"),
    "one stream opened twice": (lambda: same_stream_twice(), "opens one stored tensor twice"),
    "an array larger than its bytes": (
        lambda: array_bytes((1 << 40,), bytes(8)),
        "outside of its 1 numbers",
    ),
    "an array smaller than its bytes": (lambda: array_bytes((1,), bytes(16)), "holds 2 numbers"),
    "an array with a part of a number": (lambda: array_bytes((1,), bytes(12)), "holds 12 bytes"),
    "a parameter that is text": (lambda: tensor_of("x"), "something else than a tensor"),
    "a layer that is text": (
        lambda: snapshot(_modules={"synthesis": "x"}),
        "something else than a layer",
    ),
    "a layer without its parts": (
        lambda: snapshot(_modules={"a": persistent("L", {})}),
        "_parameters",
    ),
    "a member without a name": (
        lambda: snapshot(_parameters={"a.b": tensor(FOUR)}),
        "whose name is none",
    ),
    "an integer of a megabyte": (
        lambda: pickled(b"\x8b" + struct.pack("<I", 1 << 20) + b"\1" * (1 << 20)),
        "an integer of 1048576 bytes",
    ),
    "a number of 4000 digits": (lambda: b"\x80\x02L" + b"9" * 4000 + b"L\n.", "4000 digits"),
    "a number that is text": (lambda: b"\x80\x02Iabc\n.", "where a number belongs"),
    "a line without an end": (lambda: b"\x80\x02c" + b"a" * 5000, "a line of over"),
    "a name of 100 kB": (
        lambda: pickled(text("a" * 50_000) + text("b" * 50_000) + b"\x93"),
        "characters",
    ),
    "a name that is a number": (lambda: pickled(b"K\1K\1\x93"), "no text"),
    "text that is not UTF-8": (lambda: pickled(b"X\2\0\0\0\xff\xfe"), "not UTF-8"),
    "bytes written as letters that are none": (
        lambda: Writer(2).dump(Call(Name("_codecs.encode"), ("\u0100", "latin1"))),
        "not bytes",
    ),
    "text beyond the end": (lambda: pickled(b"X\xff\xff\xff\x7f"), "cut short"),
    "bytes beyond the end": (lambda: pickled(b"\x8e" + b"\xff" * 7 + b"\x7f"), "cut short"),
    "a buffer beyond the end": (lambda: pickled(b"\x96" + b"\xff" * 7 + b"\x7f"), "cut short"),
    "too many instructions": (
        lambda: pickled(b"N0" * (MAX_OPCODES // 2 + 1) + b"N"),
        "more instructions",
    ),
    "a thousand open marks": (lambda: pickled(b"(" * 1000 + b"t" * 1000), "nested more than"),
    "a memo number of 2^31": (lambda: pickled(b"N" + put(1 << 31)), "value number 2147483648"),
    "a memo number that is text": (lambda: b"\x80\x02Npx\n.", "no number"),
    "a value that was never stored": (lambda: pickled(b"h\7"), "never stored"),
    "an empty stack": (lambda: pickled(b""), "not there"),
    "a call of nothing": (lambda: pickled(b"R"), "not there"),
    "a missing mark": (lambda: pickled(b"t"), "never opened"),
    "items of a number": (lambda: pickled(b"K\1(NNu"), "no dictionary"),
    "an odd number of items": (lambda: pickled(b"}(Nu"), "a dictionary key"),
    "a list as a key": (lambda: pickled(b"}(]Nu"), "a dictionary key"),
    "a tuple as a key": (lambda: pickled(b"}()Nu"), "a dictionary key"),
    "a number made to collide as a key": (
        lambda: pickled(b"}(\x8a\x09" + (2**61 - 1).to_bytes(9, "little") + b"Nu"),
        "a dictionary key",
    ),
    "an item of a dictionary without a key": (lambda: pickled(b"}Na"), "no list"),
    "an unknown instruction": (lambda: pickled(b"\xff"), "no valid instruction at byte 2"),
    "lists that share lists": (lambda: Writer(4).dump(shared_lists(60)), "no network"),
    "settings that share lists": (lambda: snapshot(z_dim=shared_lists(60)), "'z_dim'"),
    "modules that share modules, deep": (lambda: shared_modules(60), "more than 16 deep"),
    "modules that share modules, wide": (lambda: shared_modules(16), "more than 50000 values"),
    "five thousand blocks": (lambda: many_blocks(), "no learned constant"),
    "a module that holds itself": (lambda: looping_module(), "more than 16 deep"),
}
"""What a file claims -> (what makes the file, the words that say what is wrong)."""


@pytest.mark.parametrize("case", CASES)
def test_what_cannot_be_is_refused(case: str, refusal: Callable[..., str]) -> None:
    data, words = CASES[case]
    assert words in refusal(data())


def test_a_file_of_gigabytes_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "file.pkl"
    with path.open("wb") as file:
        file.truncate(MAX_FILE + 1)  # sparse: it takes no place
    with pytest.raises(UnreadableCheckpoint, match="8 GB large"):
        read_checkpoint(path)


def test_a_number_stored_by_a_transposed_tensor_is_found(tmp_path: Path) -> None:
    checkpoint = small_stylegan2(blocks=2)
    weight = checkpoint.tensors["synthesis.b4.conv1.weight"]
    last = weight.transpose(0, 2, 3, 1).copy().transpose(0, 3, 1, 2)
    assert not last.flags.c_contiguous
    checkpoint.tensors["synthesis.b4.conv1.weight"] = last
    path = tmp_path / "file.pkl"
    path.write_bytes(Writer(4).dump({"G_ema": nvidia_generator(checkpoint)}))
    read = read_checkpoint(path).tensors["synthesis.b4.conv1.weight"]
    assert np.array_equal(read, weight)
    assert read.flags.c_contiguous
    assert read.flags.writeable
