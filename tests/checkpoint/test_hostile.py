"""Files that ask for something to be done: refused, named when looked at, and never done."""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pickles import MAGIC, Call, Fill, Name, Writer, storage_bytes, tensor
from snapshots import nvidia_generator, nvidia_pickle, small_stylegan2
from taxiway.checkpoint import inspect_checkpoint
from watch import nothing_done

CANARY = "canary-that-must-not-appear"
COMMAND = f"touch {CANARY}"
PYTHON = f"open({CANARY!r}, 'w')"
FOUR = np.zeros(4, np.float32)


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def pickled(code: bytes) -> bytes:
    return b"\x80\x04" + code + b"."


def called(name: str, *args: Any) -> bytes:
    return Writer(4).dump(Call(Name(name), args))


def snapshot(**state: Any) -> bytes:
    """A genuine generator with something else recorded beside its layers."""
    generator = nvidia_generator(small_stylegan2(blocks=2))
    generator.args[0]["state"].update(state)
    return Writer(4).dump({"G_ema": generator})


def inner(stream: bytes) -> bytes:
    """A snapshot that holds `stream` in the place of a stored tensor."""
    storage = Call(Name("torch.storage._load_from_bytes"), (stream,))
    return snapshot(extra=tensor(FOUR, storage=storage))


def scalar(kind: Any) -> bytes:
    return snapshot(gain=Call(Name("numpy._core.multiarray.scalar"), (kind, b"\0" * 8)))


def dtype(code: str, *state: Any) -> Fill:
    made = Call(Name("numpy.dtype"), (code, False, True))
    return Fill(made, state or (3, "<", None, None, None, -1, -1, 0))


def array_of(*state: Any) -> bytes:
    args = (Name("numpy.ndarray"), (0,), b"b")
    return snapshot(size=Fill(Call(Name("numpy._core.multiarray._reconstruct"), args), state))


NESTED = Writer(2).dump(Call(Name("torch.storage._load_from_bytes"), ("x",)))

CASES = {
    "os.system": (called("os.system", COMMAND), "os.system"),
    "posix.system": (called("posix.system", COMMAND), "posix.system"),
    "eval in protocol 0": (b"cbuiltins\neval\n(S'" + PYTHON.encode() + b"'\ntR.", "builtins.eval"),
    "exec in protocol 0": (b"cbuiltins\nexec\n(V" + PYTHON.encode() + b"\ntR.", "builtins.exec"),
    "eval of Python 2": (called("__builtin__.eval", PYTHON), "__builtin__.eval"),
    "a chain of getattr": (
        called("builtins.getattr", Call(Name("builtins.__import__"), ("os",)), "system"),
        "builtins.getattr",
    ),
    "subprocess.Popen": (called("subprocess.Popen", ["touch", CANARY]), "subprocess.Popen"),
    "a dotted name": (
        pickled(text("os") + text("path.os.system") + b"\x93" + text(COMMAND) + b"\x85R"),
        "os.path.os.system",
    ),
    "a dotted name of an allowed one": (
        pickled(text("collections") + text("OrderedDict.__init__.__globals__") + b"\x93"),
        "collections.OrderedDict.__init__",
    ),
    "INST": (b"(S'" + COMMAND.encode() + b"'\nios\nsystem\n.", "os.system"),
    "OBJ": (b"(cos\nsystem\nS'" + COMMAND.encode() + b"'\no.", "os.system"),
    "NEWOBJ": (pickled(b"csubprocess\nPopen\n" + text("x") + b"\x85\x81"), "subprocess.Popen"),
    "NEWOBJ with arguments": (
        pickled(b"cdnnlib.util\nEasyDict\n" + text("x") + b"\x85\x81"),
        "an object of dnnlib.util.EasyDict",
    ),
    "NEWOBJ_EX": (pickled(b"cdnnlib.util\nEasyDict\n)}\x92"), "keywords"),
    "PERSID": (b"Phttp://127.0.0.1/x\n.", "persistent object"),
    "BINPERSID": (pickled(text("x") + b"Q"), "outside of the file"),
    "EXT1": (pickled(b"\x82\x01"), "extension 1"),
    "EXT2": (pickled(b"\x83\x01\0"), "extension 1"),
    "EXT4": (pickled(b"\x84\x01\0\0\0"), "extension 1"),
    "NEXT_BUFFER": (pickled(b"\x97\x98"), "buffer"),
    "BUILD on a function": (
        pickled(b"ctorch._utils\n_rebuild_parameter\n}" + text("__defaults__") + b")sb"),
        "attributes of torch._utils._rebuild_parameter",
    ),
    "BUILD on a class": (
        pickled(b"cdnnlib.util\nEasyDict\n}" + text("__init__") + b"Nsb"),
        "attributes of dnnlib.util.EasyDict",
    ),
    "BUILD with slot state": (
        pickled(b"cdnnlib.util\nEasyDict\n)\x81N}" + text("keys") + b"Ns\x86b"),
        "attributes",
    ),
    "a call of text": (pickled(text("x") + text("y") + b"\x85R"), "a call of no name"),
    "a call of a class": (called("numpy.ndarray", (1,)), "a call of numpy.ndarray"),
    "a call without a tuple": (pickled(b"ccollections\nOrderedDict\nNR"), "OrderedDict"),
    "an OrderedDict of pairs": (called("collections.OrderedDict", [["a", 1]]), "arguments"),
    "a set of a dictionary": (called("builtins.set", {"a": 1}), "a set"),
    "bytes of a size": (called("__builtin__.bytes", 1 << 60), "bytes made from arguments"),
    "text in a compressed encoding": (called("_codecs.encode", "x", "zlib_codec"), "encoding"),
    "decoding": (called("_codecs.decode", "x", "latin1"), "_codecs.decode"),
    "a pickle within a tensor": (
        inner(Writer(2).dump(Call(Name("os.system"), (COMMAND,)))),
        "os.system",
    ),
    "a zip file within a tensor": (inner(b"PK\3\4\n" + b"\0" * 40), "persistent object"),
    "a stream within a tensor's stream": (
        inner(b"\x80\x02" + MAGIC + b"." + NESTED),
        "_load_from_bytes",
    ),
    "a function as persistent id": (
        inner(storage_bytes(FOUR).replace(b"ctorch\nFloatStorage", b"cos\nsystem")),
        "os.system",
    ),
    "a module as persistent id": (
        inner(storage_bytes(FOUR).replace(b"storage", b"module_")),
        "no tensor",
    ),
    "another first number": (inner(Writer(2).dump(7)), "a stored tensor that is not one"),
    "a stored tensor of text": (called("torch.storage._load_from_bytes", "x"), "something else"),
    "numbers that are objects": (scalar(dtype("O8")), "no plain one"),
    "numbers that are records": (
        scalar(dtype("f8", 3, "<", None, ("a",), {"a": 1}, 8, 1, 0)),
        "structured",
    ),
    "numbers that are bytes": (scalar(dtype("V8")), "no plain one"),
    "an array of objects": (array_of(1, (2,), dtype("f8"), False, ["a", "b"]), "of objects"),
    "code beside the generator": (
        nvidia_pickle(small_stylegan2(blocks=2), D=Call(Name("os.system"), (COMMAND,))),
        "os.system",
    ),
}
"""What is asked -> (the file, the words by which the refusal names it)."""


@pytest.mark.parametrize("case", CASES)
def test_what_a_file_asks_for_is_refused(case: str, refusal: Callable[..., str]) -> None:
    data, named = CASES[case]
    problem = refusal(data)
    assert named in problem
    assert "nothing in it was run" in problem


@pytest.mark.parametrize("case", CASES)
def test_looking_names_what_a_file_asks_for(case: str, tmp_path: Path) -> None:
    data, named = CASES[case]
    path = tmp_path / "file.pkl"
    path.write_bytes(data)
    report = inspect_checkpoint(path)
    assert any(named in wanted for wanted in report.refused)
    assert "nothing of it was done" in report.text()


def test_the_watch_over_these_tests_is_awake() -> None:
    with pytest.raises(AssertionError), nothing_done():
        compile("1", "<here>", "eval")


def test_looking_goes_on_after_the_first_refusal(tmp_path: Path) -> None:
    path = tmp_path / "file.pkl"
    evil = [Call(Name("os.system"), (COMMAND,)), Call(Name("builtins.eval"), (PYTHON,))]
    path.write_bytes(nvidia_pickle(small_stylegan2(blocks=2), first=evil[0], then=evil[1]))
    report = inspect_checkpoint(path)
    assert {"os.system", "a call of os.system", "builtins.eval"} <= report.refused.keys()
    assert [network.name for network in report.networks] == ["G_ema"]


def test_a_name_that_would_steer_a_terminal_is_shown_harmlessly(
    refusal: Callable[..., str], tmp_path: Path
) -> None:
    data = called("os.\x1b[31mred\n")
    assert "\ufffd[31mred" in refusal(data)
    assert "\x1b" not in inspect_checkpoint(tmp_path / "file.pkl").text()
