"""The frames by NDI, for OBS, Resolume, TouchDesigner and others, here and in the network.

NDI is a registered trademark of Vizrt NDI AB. Its library is not free, and comes with cyndilib.
"""

import threading
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from taxiway.core.command import Values
from taxiway.core.datatypes import AnyDataType, Text
from taxiway.core.extras import lacking, need
from taxiway.core.frame import Frame, padded
from taxiway.core.sink import Sink

LEAST = 16


class Ndi(Sink):
    """A source that receivers find by its name."""

    title = "NDI"
    seen = "In OBS, Resolume or TouchDesigner choose the NDI source of this name."
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
        return lacking("cyndilib", "NDI") or None

    @property
    def receivers(self) -> int | None:
        with self._lock:
            return None if self._sender is None else self._sender.get_num_connections(0)

    @property
    def address(self) -> str:
        with self._lock:
            return str(self.settings_given["name"] if self._sender is None else self._sender.name)

    def open(self, width: int, height: int, fps: int) -> None:
        need("cyndilib", "NDI")
        from cyndilib.sender import Sender
        from cyndilib.video_frame import VideoSendFrame
        from cyndilib.wrapper.ndi_structs import FourCC

        size = padded(np.empty((height, width, 1), np.uint8), LEAST).shape
        video = VideoSendFrame()
        video.set_resolution(size[1], size[0])
        video.set_frame_rate(Fraction(fps))
        video.set_fourcc(FourCC.RGBA)
        # Otherwise each call would wait for the next frame's turn.
        sender = Sender(self.settings_given["name"], clock_video=False, clock_audio=False)
        sender.set_video_frame(video)
        sender.open()
        with self._lock:
            self._sender = sender

    def send(self, frame: Frame) -> None:
        pixels = padded(frame.pixels, LEAST)  # [H, W, 3 or 4]
        height, width, channels = pixels.shape
        colours = np.full((height, width, 4), 255, np.uint8)  # RGBA
        colours[:, :, :channels] = pixels
        self._sender.write_video(colours.reshape(-1))

    def close(self) -> None:
        with self._lock:
            sender, self._sender = self._sender, None
        if sender is not None:
            sender.close()


SLOT = Ndi
