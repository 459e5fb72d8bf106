"""The frames by Open Media Transport, for OBS, vMix and others, here and in the network."""

import threading
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from taxiway.core.command import Values
from taxiway.core.datatypes import AnyDataType, Text
from taxiway.core.extras import lacking, need
from taxiway.core.frame import Frame, padded
from taxiway.core.sink import Sink

LEAST = 16
"""Pixels: of less the codec makes nothing."""
TICKS = 10_000_000
"""OMT's units of time in a second."""


class Omt(Sink):
    """A source that receivers find by its name, or by `omt://HOST:6400`."""

    title = "OMT"
    seen = (
        "In OBS, vMix or another receiver choose the OMT source of this name; one that "
        "finds none connects to omt://127.0.0.1:6400."
    )
    alpha = True
    least_fps = 5
    paths: ClassVar[tuple[str, ...]] = ()
    settings: ClassVar[Mapping[str, AnyDataType]] = {
        "name": Text(default="Taxiway", min_length=1, max_length=60),
    }

    def __init__(self, settings: Values) -> None:
        super().__init__(settings)
        self._sender: Any = None
        self._lock = threading.Lock()
        """Held while the sender is asked or let go, and never while it sends."""

    @classmethod
    def probe(cls) -> str | None:
        return lacking("cyomtlib", "OMT") or None

    @property
    def receivers(self) -> int | None:
        with self._lock:
            # Each has one connection for pictures and one for sound.
            return None if self._sender is None else (self._sender.connections + 1) // 2

    @property
    def address(self) -> str:
        with self._lock:
            return str(
                self.settings_given["name"] if self._sender is None else self._sender.address
            )

    def open(self, width: int, height: int, fps: int) -> None:
        self._fps = fps
        need("cyomtlib", "OMT")
        import cyomtlib

        cyomtlib.settings.set_log_file(None)
        sender = cyomtlib.Sender(self.settings_given["name"])
        with self._lock:
            self._sender = sender

    def send(self, frame: Frame) -> None:
        from cyomtlib import Codec, VideoFlags

        pixels = padded(frame.pixels, LEAST)  # [H, W, 3 or 4]
        height, width, channels = pixels.shape
        colours = np.full((height, width, 4), 255, np.uint8)
        colours[:, :, :channels] = pixels
        colours[:, :, :3] = pixels[:, :, 2::-1]  # BGRA
        self._sender.send_video(
            colours,
            Codec.BGRA,
            frame_rate=self._fps,
            flags=VideoFlags.ALPHA if channels == 4 else VideoFlags.NONE,
            # A time of ours: with its own it would wait for the next frame's turn.
            timestamp=round(frame.time * TICKS),
        )

    def close(self) -> None:
        with self._lock:
            sender, self._sender = self._sender, None
        if sender is not None:
            sender.close()


SLOT = Omt
