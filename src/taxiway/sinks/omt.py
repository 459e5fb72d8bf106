"""The frames by Open Media Transport, for OBS, vMix and others, here and in the network."""

from typing import Any

import numpy as np

from taxiway.core.extras import lacking, need
from taxiway.core.frame import Frame
from taxiway.core.network_sink import NetworkSink, opaque

TICKS = 10_000_000
"""OMT's units of time in a second."""
BGRA = (2, 1, 0, 3)


class Omt(NetworkSink):
    """A source that receivers find by its name, or by `omt://HOST:6400`."""

    title = "OMT"
    seen = (
        "In OBS, vMix or another receiver choose the OMT source of this name; one that "
        "finds none connects to omt://127.0.0.1:6400."
    )

    @classmethod
    def probe(cls) -> str | None:
        return lacking("cyomtlib", "OMT") or None

    def open(self, width: int, height: int, fps: int) -> None:
        self._fps = fps
        need("cyomtlib", "OMT")
        import cyomtlib

        cyomtlib.settings.set_log_file(None)
        self._use(cyomtlib.Sender(self.settings_given["name"]))

    def send(self, frame: Frame) -> None:
        from cyomtlib import Codec, VideoFlags

        self._sender.send_video(
            np.ascontiguousarray(opaque(frame)[:, :, BGRA]),
            Codec.BGRA,
            frame_rate=self._fps,
            flags=VideoFlags.ALPHA if frame.pixels.shape[2] == 4 else VideoFlags.NONE,
            # A time of ours: with its own it would wait for the next frame's turn.
            timestamp=round(frame.time * TICKS),
        )

    def _connected(self, sender: Any) -> int:
        # Each has one connection for pictures and one for sound.
        return (int(sender.connections) + 1) // 2

    def _found_at(self, sender: Any) -> str:
        return str(sender.address)


SLOT = Omt
