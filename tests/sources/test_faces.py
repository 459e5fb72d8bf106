"""A face as a source: what a model of faces saw last, or a camera, as numbers from 0 to 1."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import islice
from typing import Any, ClassVar

import numpy as np
import pytest
from skimage import data

from taxiway.core.datatypes import Wire
from taxiway.core.errors import NotFound, TaxiwayError, Unavailable
from taxiway.live.mapping.mapping import STREAMS
from taxiway.sources import faces
from taxiway.sources.faces import PARTS, Faces, parts_of
from taxiway.vision.face_points import by_proportion

FACE = by_proportion([0.4, 0.4], [0.6, 0.4])


class Answers(BaseHTTPRequestHandler):
    """A model's /data, as it stands."""

    said: ClassVar[Wire] = {}

    def do_GET(self) -> None:
        assert self.path == "/data"
        body = self.said if isinstance(self.said, bytes) else json.dumps(self.said).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def source(**given: Any) -> Faces:
    values = {name: field.fallback for name, field in Faces.settings.items()}
    return Faces({**values, "fps": 60, "part": "nose:x", **given})


def test_a_models_newest_face_comes_as_signals(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    size = {"width": 200, "height": 100}
    monkeypatch.setattr(Answers, "said", {"points": FACE.tolist(), "size": size})
    [signals] = islice(source(port=port).read(), 1)
    told = dict(signals)
    assert list(told) == [f"face:{part}" for part in PARTS]
    assert told["face:nose:x"] == pytest.approx(0.5)
    assert told["face:turn"] == told["face:tilt"] == pytest.approx(0.5)
    assert told["face:size"] == 1  # of a picture twice as wide as high
    assert all(name.startswith(STREAMS) for name in told)


def test_a_part_moves_an_input_between_two_values(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Answers, "said", {"points": (FACE * [0.5, 1]).tolist()})
    [given] = islice(source(port=port, input="truncation", low=-1, high=3).read(), 1)
    assert given == {"truncation": pytest.approx(0)}


@pytest.mark.parametrize("said", [{}, {"points": []}, {"error": "none yet"}], ids=str)
def test_before_a_face_is_seen_nothing_comes(said: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faces, "PATIENCE_SECONDS", 0)
    monkeypatch.setattr(Answers, "said", said)
    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        asked = source(port=server.server_port).read()
        server.timeout = 5
        closing = threading.Thread(target=lambda: (thread.join(), server.server_close()))
        closing.start()
        with pytest.raises(Unavailable, match="No model answers at port"):
            next(asked)
        closing.join()


@pytest.mark.parametrize(
    "said",
    [b"<html>", [1], {"image": "data:"}, {"points": "no"}, {"points": [[0.1, 0.2]]},
     {"points": FACE.tolist(), "size": {"width": 1, "height": 0}}],
    ids=["page", "list", "picture", "text", "one", "flat"],
)  # fmt: skip
def test_what_has_no_faces_points_is_told(
    port: int, said: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Answers, "said", said)
    with pytest.raises(NotFound, match="gives no face's points"):
        next(source(port=port).read())


def test_a_camera_is_looked_at_as_a_mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    class Camera:
        is_open = True

        def __init__(self, number: int) -> None:
            self.number = number

        def isOpened(self) -> bool:
            return self.number == 0

        def read(self) -> tuple[bool, Any]:
            was, Camera.is_open = Camera.is_open, False
            return was, data.astronaut()[:, :, ::-1]

        def release(self) -> None:
            Camera.number = -1

    cv2 = faces.opencv("a test")
    monkeypatch.setattr(cv2, "VideoCapture", Camera)
    looks = source().read()
    told = dict(next(looks))
    assert told["face:nose:x"] == pytest.approx(1 - 0.44, abs=0.03)
    assert not {"face:turn", "face:mouth:open"} & set(told)
    with pytest.raises(TaxiwayError, match="gives no more pictures"):
        next(looks)
    with pytest.raises(NotFound, match="no camera 1 here"):
        next(source(camera=1).read())


def test_a_mouth_opens_a_head_turns_and_tilts() -> None:
    plain = parts_of(FACE, 1.0)
    opened = FACE.copy()
    opened[66, 1] += 0.05
    assert parts_of(opened, 1.0)["mouth:open"] > plain["mouth:open"] + 0.5
    turned = FACE.copy()
    turned[31:36, 0] += 0.05
    assert parts_of(turned, 1.0)["turn"] > plain["turn"] + 0.3
    assert parts_of(by_proportion([0.4, 0.4], [0.6, 0.5]), 1.0)["tilt"] > 0.9
    for part in parts_of(np.zeros((68, 2)), 1.0).values():
        assert 0 <= part <= 1
