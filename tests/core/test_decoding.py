"""One decoder for every picture that comes in: what it understands, and what it refuses."""

import base64
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from paths import FIXTURES
from taxiway.core.datatypes import Image as ImageType
from taxiway.core.datatypes import Segmentation
from taxiway.core.errors import InvalidArgument
from taxiway.core.images import (
    MAX_PIXELS,
    READABLE,
    Unusable,
    decode,
    open_image,
    over_white,
    read_metadata,
    rgb_pixels,
)


def open_picture(data: bytes) -> Image.Image:
    return over_white(decode(data))


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def colour(image: Image.Image, at: tuple[int, int] = (0, 0)) -> tuple[int, ...]:
    found = image.getpixel(at)
    assert isinstance(found, tuple)
    return found


@pytest.mark.parametrize("kind", READABLE)
def test_common_kinds_become_rgb(kind) -> None:
    image = open_picture(saved(Image.new("RGB", (8, 6), (200, 40, 90)), kind))
    assert (image.mode, image.size) == ("RGB", (8, 6))
    np.testing.assert_allclose(colour(image), (200, 40, 90), atol=6)


@pytest.mark.parametrize(("mode", "white"), [("1", 1), ("L", 255), ("P", 1), ("CMYK", (0,) * 4)])
def test_other_modes_become_rgb(mode, white) -> None:
    image = Image.new(mode, (4, 4), white)
    if mode == "P":
        image.putpalette([0, 0, 0, 255, 255, 255])
    assert colour(open_picture(saved(image, "TIFF"))) == (255, 255, 255)


def test_sixteen_bits_keep_their_greys() -> None:
    levels = np.array([[0, 257 * 100, 65535]], np.uint16)
    image = open_picture(saved(Image.fromarray(levels), "PNG"))
    assert [colour(image, (x, 0)) for x in range(3)] == [(0,) * 3, (100,) * 3, (255,) * 3]


def test_transparent_parts_are_laid_over_white() -> None:
    image = Image.new("RGBA", (2, 1), (255, 0, 0, 255))
    image.putpixel((1, 0), (0, 0, 0, 0))
    opened = open_picture(saved(image, "PNG"))
    assert (colour(opened), colour(opened, (1, 0))) == ((255, 0, 0), (255, 255, 255))
    grey = Image.new("LA", (1, 1), (0, 0))
    assert colour(open_picture(saved(grey, "PNG"))) == (255, 255, 255)


def test_a_picture_lying_on_its_side_is_turned() -> None:
    image = Image.new("RGB", (40, 20), "white")
    exif = Image.Exif()
    exif[0x0112] = 6  # turn clockwise to see it upright
    assert open_picture(saved(image, "JPEG", exif=exif)).size == (20, 40)


def test_colours_follow_the_profile_in_the_file() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = Image.new("RGB", (4, 4), (200, 40, 90))
    same = open_picture(saved(image, "PNG", icc_profile=srgb))
    np.testing.assert_allclose(colour(same), (200, 40, 90), atol=1)
    in_lab = Image.new("LAB", (4, 4), (255, 128, 128))
    assert min(colour(open_picture(saved(in_lab, "TIFF", icc_profile=lab)))) > 200
    # a profile that does not fit, or is none, is passed over
    for odd in (lab, b"no profile at all"):
        assert colour(open_picture(saved(image, "PNG", icc_profile=odd))) == (200, 40, 90)


def test_a_profile_of_other_primaries_is_applied() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    other = srgb.replace(b"rXYZ", b"____").replace(b"bXYZ", b"rXYZ").replace(b"____", b"bXYZ")
    image = open_picture(saved(Image.new("RGB", (4, 4), (200, 40, 90)), "PNG", icc_profile=other))
    np.testing.assert_allclose(colour(image), (90, 40, 200), atol=2)


def test_an_animation_gives_its_first_picture() -> None:
    first, second = (Image.new("RGB", (4, 4), name) for name in ("red", "blue"))
    data = saved(first, "GIF", save_all=True, append_images=[second])
    np.testing.assert_allclose(colour(open_picture(data)), (255, 0, 0), atol=2)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "is empty"),
        (b"<html>not found</html>", "is no picture"),
        (b"\0\0\0\x18ftypheic" + bytes(90), "is HEIC, which is not read; save it as JPEG"),
        (saved(Image.new("RGB", (64, 64), "red"), "PNG")[:90], "cannot be decoded"),
        (saved(Image.new("F", (2, 2)), "TIFF"), "measurements"),
    ],
)
def test_what_cannot_be_used_says_why(data, why) -> None:
    with pytest.raises(Unusable, match=why):
        open_picture(data)


@pytest.mark.parametrize("side", [7_000, 30_000])
def test_a_picture_of_too_many_pixels_is_never_decoded(monkeypatch, side) -> None:
    data = saved(Image.new("1", (8, 8)), "PNG")
    head = data[:16] + side.to_bytes(4, "big") * 2 + data[24:29]
    bomb = head + __import__("zlib").crc32(head[12:]).to_bytes(4, "big") + data[33:]
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded"))
    assert side * side > MAX_PIXELS
    with pytest.raises(Unusable, match="pixels"):
        open_picture(bomb)


GOOD = [saved(Image.effect_noise((12, 9), 50).convert("RGB"), kind) for kind in
        ("PNG", "JPEG", "GIF", "TIFF", "WEBP")]  # fmt: skip


@given(st.sampled_from(GOOD), st.data())
def test_a_damaged_file_is_a_picture_or_says_why_not(data, draw) -> None:
    place = draw.draw(st.integers(0, len(data) - 1))
    damage = draw.draw(st.binary(min_size=1, max_size=8))
    try:
        image = open_picture(data[:place] + damage + data[place + len(damage) :])
    except Unusable as reason:
        assert str(reason)
    else:
        assert image.mode == "RGB"


def test_transparency_is_kept_where_it_is_asked_for_and_colours_below_it_never_show() -> None:
    hidden = Image.new("RGBA", (2, 1), (255, 0, 0, 0))
    hidden.putpixel((1, 0), (0, 0, 255, 255))
    uri = "data:image/png;base64," + base64.b64encode(saved(hidden, "PNG")).decode()
    assert ImageType(channels=4).decode("it", uri).tolist() == [[[255, 0, 0, 0], [0, 0, 255, 255]]]
    assert ImageType(channels=3).decode("it", uri).tolist() == [[[255, 255, 255], [0, 0, 255]]]
    assert ImageType(channels=1).decode("it", uri).tolist() == [[255, 29]]


@pytest.mark.parametrize(("mode", "key"), [("RGB", (200, 40, 90)), ("L", 7), ("P", 0)])
def test_one_transparent_colour_is_transparency_too(mode, key) -> None:
    data = saved(Image.new(mode, (2, 2), key), "PNG", transparency=key)
    assert decode(data).mode == "RGBA"
    assert colour(open_picture(data)) == (255, 255, 255)


def test_the_numbers_of_a_label_map_are_kept_as_they_are() -> None:
    field = Segmentation(labels=("ground", "sky", "tree"))
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    for levels in (np.array([[0, 1, 2]], np.uint8), np.array([[0, 1, 2]], np.uint16)):
        data = saved(Image.fromarray(levels), "PNG", icc_profile=lab)
        uri = "data:image/png;base64," + base64.b64encode(data).decode()
        assert field.decode("map", uri).tolist() == [[0, 1, 2]]


EXPECTED = {
    "16-bit-grey": ((96, 96, 3), [[81] * 3, [130] * 3, [49] * 3, [209] * 3]),
    "deep-json-chunk": (
        (32, 32, 3),
        [[94, 129, 193], [178, 239, 244], [20, 105, 212], [209, 156, 137]],
    ),
    "transparent": ((96, 96, 3), [[255] * 3, [30, 200, 30], [30, 30, 200], [220, 220, 120]]),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_pictures_that_came_in_wrongly_once(name) -> None:
    data = (FIXTURES / "pictures" / f"{name}.png").read_bytes()
    pixels = rgb_pixels(data, "it")
    corners = pixels[[0, 0, -1, -1], [0, -1, 0, -1]].tolist()
    assert (pixels.shape, corners) == EXPECTED[name]
    assert read_metadata(data) is None


def test_what_cannot_be_read_is_one_sentence_with_the_reason() -> None:
    heic = b"\0\0\0\x18ftypheic" + bytes(90)
    with pytest.raises(InvalidArgument) as refused:
        open_image(heic, "photo")
    assert str(refused.value) == (
        "'photo' is not a readable picture: it is HEIC, which is not read; save it as JPEG."
    )
