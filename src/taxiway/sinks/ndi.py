"""The frames by NDI, for OBS, Resolume, TouchDesigner and others, here and in the network.

NDI is a registered trademark of Vizrt NDI AB. Its library is not free, and comes with cyndilib.
"""

from fractions import Fraction
from typing import Any

import numpy as np

from taxiway.core.extras import lacking, need
from taxiway.core.frame import Frame, padded
from taxiway.core.network_sink import LEAST, NetworkSink, opaque


class Ndi(NetworkSink):
    """A source that receivers find by its name."""

    title = "NDI"
    seen = "In OBS, Resolume or TouchDesigner choose the NDI source of this name."

    @classmethod
    def probe(cls) -> str | None:
        return lacking("cyndilib", "NDI") or None

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
        self._use(sender)

    def send(self, frame: Frame) -> None:
        self._sender.write_video(opaque(frame).reshape(-1))

    def _connected(self, sender: Any) -> int:
        return int(sender.get_num_connections(0))

    def _found_at(self, sender: Any) -> str:
        return str(sender.name)


SLOT = Ndi
