"""The frames by Spout, to other programs on this Windows machine: a texture that they share."""

import contextlib
import logging
import sys
from collections.abc import Mapping
from typing import Any, ClassVar

from taxiway.core.datatypes import AnyDataType, Boolean, Text
from taxiway.core.errors import Unavailable
from taxiway.core.extras import lacking, need
from taxiway.core.frame import Frame, with_opacity
from taxiway.core.sink import Sink
from taxiway.core.twins import Twin, leave, twin_of, want
from taxiway.sinks.spout.texture import Texture, what_is_missing

log = logging.getLogger("taxiway.sinks")

IS_WINDOWS = sys.platform == "win32"
RGBA, TEXTURE_2D = 0x1908, 0x0DE1
"""OpenGL's numbers."""
PROCESSOR = "Pictures go by way of the processor."
STRAIGHT = "Pictures go from the GPU to the texture."
THREAD = "Those that PyTorch makes on NVIDIA's GPU go straight with --executor thread."
MOST_LETTERS = 200
"""Of what is told of an error: OpenGL's tell every argument."""


class Spout(Sink):
    """A sender with a name; its window of OpenGL, which nobody sees, is of the sink's thread.

    A picture with a twin goes from the GPU's memory to the texture, any other as an image.
    """

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
    _texture: Texture | None = None
    _why_not = _failure = ""
    """Why no texture is tried, as a sentence; what was wrong with one that was."""
    _is_straight: bool | None = None
    """Whether the newest picture went from the GPU to the texture; None before the first."""

    @classmethod
    def probe(cls) -> str | None:
        if not IS_WINDOWS:
            return "Spout is for Windows; OMT, NDI or the page /output do the same elsewhere."
        return lacking("SpoutGL", "Spout") or None

    @property
    def address(self) -> str:
        return str(self.settings_given["name"])

    @property
    def note(self) -> str:
        if self._is_straight is None:
            return ""
        return STRAIGHT if self._is_straight else f"{PROCESSOR} {self._why_not or THREAD}"

    def open(self, width: int, height: int, fps: int) -> None:
        need("SpoutGL", "Spout")
        import SpoutGL

        self._sender = SpoutGL.SpoutSender()
        self._sender.createOpenGL()
        self._sender.setSenderName(self.settings_given["name"])
        self._why_not = self._failure or what_is_missing()
        if not self._why_not:
            want(self)

    def send(self, frame: Frame) -> None:
        twin = None if self._why_not else twin_of(frame.pixels)
        self._is_straight = twin is not None and self._sent_texture(frame, twin)
        if not self._is_straight:
            self._send_image(frame)
        self._sender.setFrameSync(self.settings_given["name"])

    def _send_image(self, frame: Frame) -> None:
        height, width, _ = frame.pixels.shape
        pixels = with_opacity(frame.pixels)  # without it receivers show black
        is_flipped = self.settings_given["flipped"]
        if not self._sender.sendImage(pixels, width, height, RGBA, is_flipped, 0):
            raise Unavailable("Spout took no picture; its own settings show whether it works here.")

    def _sent_texture(self, frame: Frame, twin: Twin) -> bool:
        """Whether a twin could be sent; if not, no other is tried."""
        height, width, _ = frame.pixels.shape
        try:
            if self._texture is None or self._texture.gpu != twin.gpu:
                self._give_back()
                self._texture = Texture(width, height, twin.gpu)
            number, is_flipped = self._texture.filled(twin), self.settings_given["flipped"]
            if not self._sender.sendTexture(number, TEXTURE_2D, width, height, is_flipped, 0):
                raise Unavailable("Spout took no texture.")
        except Exception as error:  # of a driver, or of one of three libraries
            log.debug("No texture could be sent", exc_info=True)
            words = " ".join(str(error).split())[:MOST_LETTERS].rstrip(". ")
            self._why_not = self._failure = f"The short way failed: {words or repr(error)}."
            self._give_back()
            leave(self)
            return False
        return True

    def _give_back(self) -> None:
        texture, self._texture = self._texture, None
        if texture is not None:
            with contextlib.suppress(Exception):
                texture.close()

    def close(self) -> None:
        self._give_back()
        leave(self)
        sender, self._sender = self._sender, None
        if sender is not None:
            sender.releaseSender()
            sender.closeOpenGL()


SLOT = Spout
