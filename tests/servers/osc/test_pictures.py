"""Pictures made to fit into a datagram."""

import json

import numpy as np

from taxiway.core.images import from_data_uri, to_data_uri
from taxiway.servers.osc.packet import room
from taxiway.servers.osc.pictures import shrunk

LIMIT = room("/data")


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def test_quality_goes_before_size() -> None:
    text = shrunk({"image": to_data_uri(noise(256, 256, 3)), "name": "é"}, LIMIT)
    assert text is not None
    assert text.isascii()
    assert len(text) <= LIMIT
    outputs = json.loads(text)
    assert outputs["name"] == "é"
    assert from_data_uri(outputs["image"], "image").size == (256, 256)


def test_a_large_picture_is_halved_until_it_fits() -> None:
    text = shrunk({"image": to_data_uri(noise(700, 2000, 3))}, LIMIT)
    assert text is not None
    assert LIMIT / 8 < len(text) <= LIMIT
    assert from_data_uri(json.loads(text)["image"], "image").size == (500, 175)


def test_a_transparent_picture_stays_transparent() -> None:
    text = shrunk({"image": to_data_uri(noise(300, 300, 4), "PNG")}, LIMIT)
    assert text is not None
    assert from_data_uri(json.loads(text)["image"], "image").mode == "RGBA"


def test_what_cannot_fit_is_given_up() -> None:
    assert shrunk({"text": "x" * 70_000}, LIMIT) is None
    assert shrunk({"text": "x" * 70_000, "image": to_data_uri(noise(64, 64, 3))}, LIMIT) is None
