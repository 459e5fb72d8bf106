"""Picture files that unpack to more than they seem, in every format that is taken."""

import base64
import io
import json
import struct
import zlib
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from servers.sockets import POST, ask
from servers.toy import Toy, linux, serving
from taxiway.core.errors import InvalidArgument
from taxiway.core.images import MAX_PIXELS, READABLE, from_data_uri, open_image

SIDE = 16_000
FRAMES = 60


def saved(format: str, frames: int = 1) -> bytes:
    """A file of 64 x 64 pixels, or as many pictures of which the first is red, the rest noise."""
    red = Image.new("RGB", (64, 64), (255, 0, 0))
    draw = np.random.default_rng(0)
    rest = [
        Image.fromarray(draw.integers(0, 256, (64, 64, 3), np.uint8)) for _ in range(frames - 1)
    ]
    buffer = io.BytesIO()
    more = {"save_all": True, "append_images": rest} if rest else {}
    red.save(buffer, format, **more)
    return buffer.getvalue()


PLACES = {
    "PNG": (b"IHDR", 4, ">II"),
    "GIF": (b"GIF89a", 6, "<HH"),
    "BMP": (b"BM", 18, "<ii"),
    "JPEG": (b"\xff\xc0", 5, ">HH"),
    "WEBP": (b"VP8X", 12, ""),
    "TIFF": (struct.pack("<HHI", 256, 4, 1), 8, "<I"),
    "AVIF": (b"ispe", 8, ">II"),
    "PPM": (b"64 64", 0, ""),
    "JPEG2000": (b"ihdr", 4, ">II"),
}
"""Where a header has width and height: after which bytes, how far, in which form."""


def promised(format: str) -> bytes:
    """The same, whose header promises SIDE x SIDE pixels."""
    mark, skipped, form = PLACES[format]
    data = bytearray(saved(format, 2 if format == "WEBP" else 1))
    if format == "GIF":
        data[:6] = mark
    start = data.index(mark) + skipped
    if format == "PPM":
        return bytes(data.replace(mark, b"%d %d" % (SIDE, SIDE)))
    if format == "WEBP":
        data[start : start + 6] = (SIDE - 1).to_bytes(3, "little") * 2
    elif format == "TIFF":
        for place in (start, start + 12):
            struct.pack_into(form, data, place, SIDE)
    else:
        struct.pack_into(form, data, start, SIDE, SIDE)
    if format == "PNG":
        struct.pack_into(">I", data, 29, zlib.crc32(data[12:29]))
    return bytes(data)


def with_chunk(kind: bytes, body: bytes) -> bytes:
    """A PNG with one more chunk after its header."""
    data = saved("PNG")
    crc = struct.pack(">I", zlib.crc32(kind + body))
    return data[:33] + struct.pack(">I", len(body)) + kind + body + crc + data[33:]


@pytest.mark.parametrize("format", READABLE)
def test_a_picture_that_promises_too_much_is_refused_unread(format: str) -> None:
    assert MAX_PIXELS < SIDE * SIDE
    with pytest.raises(InvalidArgument, match="'it' is a picture of more than 40 million pixels"):
        open_image(promised(format), "it")
    assert open_image(saved(format), "it").size == (64, 64)


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
def test_of_a_film_only_the_first_picture_is_unpacked(
    format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = saved(format, FRAMES)
    seen: list[int] = []
    for name in ("GIF", "WEBP", "PNG"):
        kind = type(Image.open(io.BytesIO(saved(name, 2))))
        monkeypatch.setattr(kind, "seek", lambda self, to: seen.append(to))
    picture = open_image(film, "it")
    assert seen == []
    red, green, blue = np.asarray(picture.convert("RGB"))[32, 32]
    assert red > 200
    assert max(green, blue) < 50


@pytest.mark.parametrize(
    ("kind", "start"),
    [(b"zTXt", b"a\0\0"), (b"iTXt", b"a\0\1\0\0\0"), (b"iCCP", b"a\0\0")],
)
def test_text_and_profiles_that_unpack_to_much_are_not_kept(kind: bytes, start: bytes) -> None:
    bomb = with_chunk(kind, start + zlib.compress(bytes(10 * PngImagePlugin.MAX_TEXT_CHUNK)))
    assert len(bomb) < 30_000
    try:
        picture = open_image(bomb, "it")
    except InvalidArgument as error:
        assert error.name == "it"
    else:
        assert all(len(str(value)) < 2**20 for value in picture.info.values())


@pytest.mark.parametrize(
    "uri",
    [
        "data:image/png;base64",
        "data:image/png;base64,",
        "data:image/png;base64,%%%%",
        "data:image/png;base64,iVBOR",
        "data:image/png;base64,_-_-",
        "data:image/svg+xml;base64,PHN2Zy8+",
        "data:image/png," + "a" * 10_000,
        "data:," + "," * 1000,
        "data:image/png;base64,\ud800",
        "data:image/png;base64,\0\0\0\0",
        "ＤＡＴＡ:image/png;base64,AAAA",
        "",
        ",",
    ],
)
def test_a_data_uri_that_is_none_is_refused_in_a_sentence(uri: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        from_data_uri(uri, "it")
    assert caught.value.name == "it"
    assert str(caught.value).endswith(".")
    assert len(str(caught.value)) < 200


@pytest.fixture(scope="module")
def toy() -> Iterator[Toy]:
    with serving("Looker") as toy:
        yield toy


@linux
async def test_no_picture_takes_more_memory_than_it_may(toy: Toy) -> None:
    files = [promised(format) for format in READABLE]
    files += [saved(format, FRAMES) for format in ("GIF", "WEBP", "PNG")]
    files += [with_chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(2**26)))]
    assert (await ask(toy.port, looking_at(saved("PNG")))).status == 200
    with toy.grows_at_most(30):
        statuses = [(await ask(toy.port, looking_at(file))).status for file in files]
    assert statuses[: len(READABLE)] == [400] * len(READABLE)
    assert set(statuses) == {200, 400}


def looking_at(file: bytes) -> bytes:
    uri = "data:image/png;base64," + base64.b64encode(file).decode()
    body = json.dumps({"picture": uri}).encode()
    return POST + b"Content-Length: %d\r\n\r\n" % len(body) + body
