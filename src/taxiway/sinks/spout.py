"""The frames by Spout, to other programs on this Windows machine: a texture that they share."""

import sys
from collections.abc import Mapping
from typing import Any, ClassVar

from taxiway.core.datatypes import AnyDataType, Boolean, Text
from taxiway.core.errors import Unavailable
from taxiway.core.extras import lacking, need
from taxiway.core.frame import Frame, with_opacity
from taxiway.core.sink import Sink

IS_WINDOWS = sys.platform == "win32"
RGBA = 0x1908
"""OpenGL's number."""


class Spout(Sink):
    """A sender with a name; its window of OpenGL, which nobody sees, is of the sink's thread."""

    title = "Spout"
    seen = (
        "In OBS (by its Spout plug-in), Resolume or TouchDesigner choose the Spout "
        "sender of this name."
    )
    alpha = True
    paths: ClassVar[tuple[str, ...]] = ()
    settings: ClassVar[Mapping[str, AnyDataType]] = {
        "name": Text(default="Taxiway", min_length=1, max_length=60),
        "flipped": Boolean(description="For receivers that see it upside down."),
    }

    _sender: Any = None

    @classmethod
    def probe(cls) -> str | None:
        if not IS_WINDOWS:
            return "Spout is for Windows; OMT, NDI or the page /output do the same elsewhere."
        return lacking("SpoutGL", "Spout") or None

    @property
    def address(self) -> str:
        return str(self.settings_given["name"])

    def open(self, width: int, height: int, fps: int) -> None:
        need("SpoutGL", "Spout")
        import SpoutGL

        self._sender = SpoutGL.SpoutSender()
        self._sender.createOpenGL()
        self._sender.setSenderName(self.settings_given["name"])

    def send(self, frame: Frame) -> None:
        height, width, _ = frame.pixels.shape
        pixels = with_opacity(frame.pixels)  # without it receivers show black
        is_flipped = self.settings_given["flipped"]
        if not self._sender.sendImage(pixels, width, height, RGBA, is_flipped, 0):
            raise Unavailable("Spout took no picture; its own settings show whether it works here.")
        self._sender.setFrameSync(self.settings_given["name"])

    def close(self) -> None:
        sender, self._sender = self._sender, None
        if sender is not None:
            sender.releaseSender()
            sender.closeOpenGL()


SLOT = Spout
