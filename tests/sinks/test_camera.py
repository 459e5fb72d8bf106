"""The virtual camera, against stand-ins for the kernel's module and for pyvirtualcam."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sinks.fakes import fake_loopback, fake_virtual_camera
from taxiway.core.errors import InvalidArgument, Unavailable
from taxiway.core.frame import Frame
from taxiway.sinks import camera
from taxiway.sinks.camera import Camera, yuyv

HALVES = np.zeros((40, 40, 3), np.uint8)
HALVES[:, :20] = (250, 10, 10)
HALVES[:, 20:] = (10, 10, 250)
FRAME = Frame(pixels=HALVES, index=1, time=0.0)


def sink(**settings: Any) -> Camera:
    given = {"device": "", "width": 64, "height": 48, "mirrored": False, "fps": 30}
    return Camera({**given, **settings})


def shown(data: bytes, width: int, height: int) -> np.ndarray:
    """A picture of YUYV, uint8 [H, W, 3]."""
    packed = np.frombuffer(data, np.uint8).reshape(height, width // 2, 4).astype(float)
    luma = packed[:, :, ::2].reshape(height, width) - 16
    blue, red = (np.repeat(packed[:, :, place] - 128, 2, axis=1) for place in (1, 3))
    channels = (
        1.164 * luma + 1.596 * red,
        1.164 * luma - 0.392 * blue - 0.813 * red,
        1.164 * luma + 2.017 * blue,
    )
    return np.clip(np.stack(channels, -1), 0, 255)


def test_colours_are_as_cameras_send_them() -> None:
    colours = np.array([[0, 0, 0], [255, 255, 255], [255, 0, 0], [0, 255, 0], [20, 90, 200]])
    pixels = np.repeat(colours.astype(np.uint8)[None], 8, axis=1).reshape(1, 40, 3)
    found = shown(yuyv(pixels).tobytes(), 40, 1)
    assert np.abs(found - pixels).max() < 6


def test_a_loopback_device_gets_the_picture_whole(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    notes = fake_loopback(monkeypatch, tmp_path)
    assert Camera.probe() is None
    opened = sink(width=63)
    opened.open(40, 40, 30)
    device = tmp_path / "dev" / "video10"
    assert opened.address == str(device)
    [(name, kind, *size, pixels, fields, line, whole, _, _)] = notes
    assert (name, kind, size, fields) == ("video10", 2, [64, 48], 1)
    assert pixels.to_bytes(4, "little") == b"YUYV"
    assert (line, whole) == (128, 6144)
    opened.send(FRAME)
    opened.close()
    found = shown(device.read_bytes(), 64, 48)
    assert found[:, :6].max() < 6
    assert np.abs(found[24, 12] - (250, 10, 10)).max() < 8
    assert np.abs(found[24, 50] - (10, 10, 250)).max() < 8


def test_another_device_is_refused_and_none_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake_loopback(monkeypatch, tmp_path)
    other = str(tmp_path / "dev" / "video3")
    with pytest.raises(InvalidArgument, match=r"'device' takes one of .*video10, got .*video3\."):
        sink(device=other).open(40, 40, 30)
    (tmp_path / "dev" / "video10").unlink()
    assert "modprobe v4l2loopback" in (Camera.probe() or "")
    with pytest.raises(Unavailable, match=r"There is no virtual camera"):
        sink().open(40, 40, 30)


def test_elsewhere_pyvirtualcam_sends(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    notes = fake_virtual_camera(monkeypatch, tmp_path)
    assert Camera.probe() is None
    opened = sink(mirrored=True)
    opened.open(40, 40, 30)
    assert opened.address == "OBS Virtual Camera"
    opened.send(FRAME)
    opened.close()
    size, pixels, closed = notes
    assert (size, pixels.shape, closed) == ((64, 48, 30), (48, 64, 3), "closed")
    assert pixels[24, 50].tolist() == [250, 10, 10]
    Image.fromarray(pixels)


def test_elsewhere_what_is_missing_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake_virtual_camera(monkeypatch, tmp_path)
    with pytest.raises(Unavailable, match=r"OBS brings one\. \('obs' backend: it is not inst"):
        sink(device="missing").open(40, 40, 30)
    monkeypatch.undo()
    monkeypatch.setattr(camera, "IS_LINUX", False)
    monkeypatch.setitem(__import__("sys").modules, "pyvirtualcam", None)
    assert "taxiway install" in (Camera.probe() or "")
    assert "GPL" in (Camera.probe() or "")
