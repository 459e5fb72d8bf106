"""Zip files of anybody: what they hold, or one exception."""

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taxiway.core import zips


def packed(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


@settings(max_examples=200)
@given(place=st.integers(0, 10_000), piece=st.binary(min_size=1, max_size=4))
def test_a_damaged_one_is_read_or_unreadable(place: int, piece: bytes) -> None:
    data = bytearray(packed(a=b"some text " * 20, b=b"x"))
    data[place % len(data) : place % len(data) + len(piece)] = piece
    try:
        with zips.opened(io.BytesIO(data)) as archive:
            for info in archive.infolist():
                zips.contents(archive, info, 1000)
    except zips.Unreadable as reason:
        assert "\n" not in str(reason)


def test_no_more_is_unpacked_than_is_taken() -> None:
    with zips.opened(io.BytesIO(packed(a=bytes(2_000_000)))) as archive:
        with pytest.raises(zips.Unreadable, match="is larger than 1 MB"):
            zips.contents(archive, "a", 1_000_000)
        assert zips.contents(archive, "a", 2_000_000) == bytes(2_000_000)
        with pytest.raises(KeyError):
            zips.contents(archive, "b", 10)


def test_an_encrypted_one_is_told() -> None:
    data = bytearray(packed(a=b"secret"))
    for place in (6, data.index(b"PK\1\2") + 8):
        data[place] |= 1
    with (
        zips.opened(io.BytesIO(data)) as archive,
        pytest.raises(zips.Unreadable, match="encrypted"),
    ):
        zips.contents(archive, "a", 10)
