"""Pictures by OMT, from its own library on this machine."""

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import psutil
import pytest

from taxiway.core.errors import NotFound
from taxiway.live.inputs import sources
from taxiway.sources.omt import Omt

omt = pytest.importorskip("cyomtlib", reason="cyomtlib is not installed")
MEMBERS = sources()


@pytest.fixture
def sender() -> Iterator[Any]:
    with omt.Sender("A camera of the test") as sender:
        yield sender


def port() -> int:
    found = psutil.Process().net_connections("tcp")
    ports = {one.laddr.port for one in found if one.status == psutil.CONN_LISTEN}
    return max(ports & set(range(6400, 6601)))


def source(address: str) -> Omt:
    return Omt(MEMBERS.decode("omt", {"address": address}))


def test_pictures_come_with_their_colours_until_a_stop(sender: Any) -> None:
    reading = source(f"omt://127.0.0.1:{port()}")
    ended = threading.Event()

    def send() -> None:
        pixels = np.full((48, 64, 4), (20, 100, 200, 255), np.uint8)
        count = 0
        while not ended.wait(0.02):
            count += 1
            sender.send_video(pixels, omt.Codec.BGRA, frame_rate=30, timestamp=count * 200_000)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        pictures = reading.read()
        for _ in range(2):
            pixels = next(pictures)
            assert (pixels.shape, pixels.dtype) == ((48, 64, 3), np.uint8)
            assert np.abs(pixels.astype(int) - (200, 100, 20)).max() < 6
        reading.stopping.set()
        assert list(pictures) == []
    finally:
        ended.set()
        thread.join()


def test_a_stop_ends_it_where_nothing_comes(sender: Any) -> None:
    reading = source(f"omt://127.0.0.1:{port()}")
    threading.Timer(0.05, reading.stopping.set).start()
    assert list(reading.read()) == []


def test_a_name_that_nobody_has_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    there: list[str] = []
    monkeypatch.setattr(omt, "discover", lambda wait: there)
    with pytest.raises(NotFound, match=r"No OMT source is called 'Lamp'. None can be found here"):
        next(source("Lamp").read())
    there += ["BOX (Stage)", "BOX (Lobby)"]
    with pytest.raises(NotFound, match=r"There are: BOX \(Stage\), BOX \(Lobby\)\."):
        next(source("Lamp").read())
