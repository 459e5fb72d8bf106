"""What stands in for the libraries and devices that sinks need and this machine lacks."""

import fcntl
import struct
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from taxiway.core.images import Pixels
from taxiway.film.push import FORM
from taxiway.film.stream import FilmStream
from taxiway.sinks import camera, rtmp, spout, syphon

Notes = list[Any]


def module(monkeypatch: pytest.MonkeyPatch, name: str, **parts: Any) -> ModuleType:
    """A module that can be imported, and found without being imported."""
    made = ModuleType(name)
    made.__spec__ = ModuleSpec(name, None)
    vars(made).update(parts)
    monkeypatch.setitem(sys.modules, name, made)
    return made


def fake_spout(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Notes:
    notes: Notes = []

    class SpoutSender:
        takes = True

        def __getattr__(self, name: str) -> Any:
            return lambda *given: notes.append((name, *given))

        def sendImage(self, pixels: Any, width: int, height: int, *given: Any) -> bool:
            assert memoryview(pixels).nbytes == 4 * width * height
            notes.append(("sendImage", np.array(pixels), *given))
            return self.takes

        def sendTexture(self, number: int, kind: int, width: int, height: int, *given: Any) -> bool:
            assert kind == 0x0DE1
            assert len(given) == 2  # none has a default
            notes.append(("sendTexture", number, width, height, *given))
            return self.takes

    module(monkeypatch, "SpoutGL", SpoutSender=SpoutSender)
    monkeypatch.setattr(spout, "IS_WINDOWS", True)
    return notes


def fake_syphon(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Notes:
    notes: Notes = []

    class SyphonMetalServer:
        device = "metal"

        def __init__(self, name: str) -> None:
            notes.append(("start", name))

        def publish_frame_texture(self, texture: Pixels, is_flipped: bool) -> None:
            notes.append(("publish", texture.copy(), is_flipped))

        def stop(self) -> None:
            notes.append(("stop",))

    def create_mtl_texture(device: str, width: int, height: int) -> Pixels:
        return np.zeros((height, width, 4), np.uint8)

    def copy_image_to_mtl_texture(pixels: Pixels, texture: Pixels) -> None:
        assert pixels.shape == texture.shape
        texture[:] = pixels

    module(monkeypatch, "syphon", SyphonMetalServer=SyphonMetalServer)
    module(monkeypatch, "syphon.utils")
    module(monkeypatch, "syphon.utils.raw", create_mtl_texture=create_mtl_texture)
    module(monkeypatch, "syphon.utils.numpy", copy_image_to_mtl_texture=copy_image_to_mtl_texture)
    monkeypatch.setattr(syphon, "IS_MAC", True)
    return notes


def fake_loopback(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Notes:
    """Files for devices: `video3` is another camera, `video10` the one of v4l2loopback."""
    notes: Notes = []
    devices = folder / "dev"
    devices.mkdir()
    for name in ("video3", "video10"):
        (devices / name).write_bytes(b"")

    def ioctl(file: int, call: int, data: bytes) -> bytes:
        name = Path(f"/proc/self/fd/{file}").readlink().name
        if call == camera.QUERYCAP:
            assert len(data) == 104
            driver = b"v4l2 loopback" if name == "video10" else b"uvcvideo"
            return struct.pack(camera.CAPABILITIES, driver, b"", b"", 0, 0, 0) + bytes(12)
        assert call == camera.S_FMT
        assert len(data) == 208
        notes.append((name, *struct.unpack_from(camera.FORMAT, data)))
        return data

    monkeypatch.setattr(fcntl, "ioctl", ioctl)
    monkeypatch.setattr(camera, "DEVICES", devices)
    monkeypatch.setattr(camera, "IS_LINUX", True)
    return notes


def fake_virtual_camera(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Notes:
    notes: Notes = []

    class FakeCamera:
        device = "OBS Virtual Camera"

        def __init__(self, width: int, height: int, fps: int, device: str | None = None) -> None:
            if device == "missing":
                raise RuntimeError("tried:\n'obs' backend: it is not installed")
            notes.append((width, height, fps))

        def send(self, pixels: Pixels) -> None:
            assert pixels.flags.c_contiguous
            notes.append(pixels.copy())

        def close(self) -> None:
            notes.append("closed")

    module(monkeypatch, "pyvirtualcam", Camera=FakeCamera)
    monkeypatch.setattr(camera, "IS_LINUX", False)
    return notes


def fake_server(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Notes:
    """A file in the place of a server of RTMP."""
    notes: Notes = []

    class FilePush:
        film: FilmStream | None = None

        def __init__(self, url: str, fps: int, bitrate: int) -> None:
            self.fps, self.bitrate = fps, bitrate

        def send(self, pixels: Pixels) -> None:
            path = str(folder / f"{len(notes)}.flv")
            self.film = self.film or FilmStream(path, FORM, pixels, self.fps, self.bitrate)
            self.film.write(pixels)

        def close(self) -> None:
            if self.film is not None:
                self.film.close()
                notes.append(self.film.count)

        def kill(self) -> None:
            pass

    monkeypatch.setattr(rtmp, "Push", FilePush)
    return notes


FAKES = {
    "camera": fake_loopback,
    "rtmp": fake_server,
    "spout": fake_spout,
    "syphon": fake_syphon,
}
"""By the sink that it is for."""
EXAMPLES = {
    "record": {"path": "film.mp4"},
    "session": {"path": "take.jsonl"},
    "rtmp": {"url": "rtmp://127.0.0.1/live/key", "width": 64, "height": 48},
    "camera": {"width": 64, "height": 48},
}
"""Settings for tests, where a word will not do."""
