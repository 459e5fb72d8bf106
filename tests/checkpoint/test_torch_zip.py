import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from paths import FIXTURES
from pickles import Call, Name, Writer

FIXTURE = FIXTURES / "rosinality_32.pt"


def entries() -> dict[str, bytes]:
    with zipfile.ZipFile(FIXTURE) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def archive(contents: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as made:
        for name, data in contents.items():
            made.writestr(name, data)
    return file.getvalue()


def test_compressed_entries_are_refused(refusal: Callable[..., str]) -> None:
    bomb = entries() | {"rosinality_32/data/0": bytes(50 << 20)}
    data = archive(bomb, zipfile.ZIP_DEFLATED)
    assert len(data) < 2 << 20
    assert "compressed entry" in refusal(data)


def test_two_entries_of_one_name_are_refused(refusal: Callable[..., str]) -> None:
    data = archive({"x/data.pkl": b"", "x/data/0": b"", "x/data/1": b""})
    assert "two entries of the name 'x/data/0'" in refusal(data.replace(b"x/data/1", b"x/data/0"))


def test_another_file_than_a_checkpoint_is_named(refusal: Callable[..., str]) -> None:
    assert "a zip file without one torch checkpoint" in refusal(archive({"a.txt": b"hello"}))
    two = archive({"a/data.pkl": b"", "b/data.pkl": b""})
    assert "a zip file without one torch checkpoint" in refusal(two)


def test_no_entry_becomes_a_path(refusal: Callable[..., str], tmp_path: Path) -> None:
    inside = entries()
    inside["rosinality_32/data/../../../0"] = inside.pop("rosinality_32/data/0")
    assert "has no entry 'rosinality_32/data/0'" in refusal(archive(inside))
    assert [path.name for path in tmp_path.iterdir()] == ["file.pkl"]


def test_a_changed_number_is_noticed(refusal: Callable[..., str]) -> None:
    data = bytearray(FIXTURE.read_bytes())
    start = data.index(entries()["rosinality_32/data/0"])
    data[start + 100] ^= 1
    assert "is damaged: the bytes of its entry 'rosinality_32/data/0'" in refusal(bytes(data))


def test_a_storage_of_another_size_is_refused(refusal: Callable[..., str]) -> None:
    inside = entries()
    inside["rosinality_32/data/0"] += bytes(4)
    assert "announces 4096 numbers of 4 bytes and holds 16388 bytes" in refusal(archive(inside))


def test_another_byte_order_is_refused(refusal: Callable[..., str]) -> None:
    assert "byte order" in refusal(archive(entries() | {"rosinality_32/byteorder": b"big"}))


def test_code_in_the_pickle_is_refused(refusal: Callable[..., str]) -> None:
    evil = Writer(2).dump(Call(Name("os.system"), ("touch canary-that-must-not-appear",)))
    assert "os.system" in refusal(archive(entries() | {"rosinality_32/data.pkl": evil}))


def test_an_entry_called_pickle_is_no_way_in(refusal: Callable[..., str]) -> None:
    """Only `data.pkl` is a stream; a nested archive or stream is never opened."""
    inner = Call(Name("torch.storage._load_from_bytes"), (b"PK",))
    assert "_load_from_bytes" in refusal(archive({"x/data.pkl": Writer(2).dump(inner)}))


def test_torchscript_is_named(refusal: Callable[..., str]) -> None:
    made = Writer(2).dump(Call(Name("__torch__.model.Model"), ()))
    assert "a TorchScript program" in refusal(archive({"x/data.pkl": made}))


END = struct.Struct("<4s4H2IH")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        (0, b"PK\5\7", "no table of contents"),
        (4, 60_000, "cut short"),
        (4, 0xFFFF, "does not fit"),
        (5, 1 << 31, "does not fit"),
        (6, 1 << 31, "does not fit"),
        (6, 0, "a broken table of contents"),
    ],
)
def test_a_broken_end_is_refused(
    field: int, value: int | bytes, words: str, refusal: Callable[..., str]
) -> None:
    data = archive(entries())
    fields: list[int | bytes] = list(END.unpack(data[-END.size :]))
    fields[field] = value
    changed = data[: -END.size] + END.pack(*fields)
    assert words in refusal(changed)


def test_an_entry_that_points_elsewhere_is_refused(refusal: Callable[..., str]) -> None:
    data = bytearray(archive(entries()))
    directory = END.unpack(bytes(data[-END.size :]))[6]
    for offset, words in ((1 << 31, "cut short"), (5, "not where it is said to be")):
        data[directory + 42 : directory + 46] = struct.pack("<I", offset)
        assert words in refusal(bytes(data))


def test_an_entry_into_the_directory_is_refused(refusal: Callable[..., str]) -> None:
    data = bytearray(archive({"x/data.pkl": b"\x80\x02N."}))
    directory = END.unpack(bytes(data[-END.size :]))[6]
    for position in (directory + 20, directory + 24):
        data[position : position + 4] = struct.pack("<I", 30)
    data[directory + 16 : directory + 20] = struct.pack("<I", zlib.crc32(b""))
    assert "reaches beyond its end" in refusal(bytes(data))
