"""Pictures in and out; nothing that is decoded may grow without bound."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from taxiway.core import images
from taxiway.core.errors import InvalidArgument

PIXELS = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)


def png_of(width: int, height: int) -> bytes:
    """A PNG whose header promises that many pixels of zeros."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * 100_000)
    start = b"\x89PNG\r\n\x1a\n"
    return start + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_a_png_carries_its_metadata() -> None:
    data = images.encode_png(PIXELS, {"seed": 3, "z": [0.25, -1.5]})
    assert images.read_metadata(data) == {"seed": 3, "z": [0.25, -1.5]}
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(data))), PIXELS)


@pytest.mark.parametrize("data", [images.encode_png(PIXELS), images.encode_jpeg(PIXELS)])
def test_other_pictures_have_no_metadata(data: bytes) -> None:
    assert images.read_metadata(data) is None


@pytest.mark.parametrize("text", ["[1]", "{", "null"])
def test_metadata_of_another_shape_is_none(text: str) -> None:
    info = images.PngImagePlugin.PngInfo()
    info.add_text(images.METADATA_KEY, text)
    buffer = io.BytesIO()
    Image.fromarray(PIXELS).save(buffer, "PNG", pnginfo=info)
    assert images.read_metadata(buffer.getvalue()) is None


@pytest.mark.parametrize("side", [7_000, 12_000, 50_000])
def test_a_bomb_is_refused_by_its_header(side: int) -> None:
    with pytest.raises(InvalidArgument, match="'it' is a picture of more than 40 million pixels"):
        images.open_image(png_of(side, side), "it")


@given(st.binary(max_size=200))
def test_bytes_that_are_no_picture_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidArgument, match="'it' is not a readable picture"):
        images.open_image(data, "it")


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_damaged_picture_is_read_or_refused(place: int, value: int) -> None:
    data = bytearray(images.encode_png(PIXELS, {"a": 1}))
    data[place % len(data)] = value
    try:
        images.open_image(bytes(data), "it")
    except InvalidArgument as error:
        assert error.name == "it"


def test_a_cut_picture_is_refused() -> None:
    data = images.encode_jpeg(np.zeros((64, 64, 3), np.uint8))
    with pytest.raises(InvalidArgument):
        images.open_image(data[: len(data) // 2], "it")
