"""Pictures by NDI, from our own sink on this machine."""

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from taxiway.core.errors import NotFound
from taxiway.core.frame import Frame
from taxiway.live.inputs import sources
from taxiway.sinks.ndi import Ndi as Sink
from taxiway.sources import ndi
from taxiway.sources.ndi import Ndi

pytest.importorskip("cyndilib", reason="cyndilib is not installed")
MEMBERS = sources()
COLOURS = [(200, 100, 20), (20, 200, 100)]


@pytest.fixture
def sent() -> Iterator[list[int]]:
    """A sink that sends the colour whose number is there."""
    sink, ended, colour = Sink({"name": "A lamp of the test", "fps": 30}), threading.Event(), [0]
    sink.open(64, 48, 30)

    def send() -> None:
        while not ended.wait(0.01):
            pixels = np.full((48, 64, 3), COLOURS[colour[0]], np.uint8)
            sink.send(Frame(pixels=pixels, index=1, time=0.0))

    thread = threading.Thread(target=send)
    thread.start()
    yield colour
    ended.set()
    thread.join()
    sink.close()


def test_pictures_come_with_their_colours_until_a_stop(sent: list[int]) -> None:
    reading = Ndi(MEMBERS.decode("ndi", {"name": "A lamp of the test"}))
    pictures = reading.read()
    for number, wanted in enumerate(COLOURS):
        sent[0] = number
        for pixels in pictures:
            assert (pixels.shape, pixels.dtype) == ((48, 64, 3), np.uint8)
            if np.abs(pixels.astype(int) - wanted).max() < 8:
                break
    reading.stopping.set()
    assert list(pictures) == []


def test_a_name_that_nobody_has_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ndi, "LOOK_SECONDS", 0.2)
    with pytest.raises(NotFound, match="No NDI source is called 'Nobody'"):
        next(Ndi(MEMBERS.decode("ndi", {"name": "Nobody"})).read())
