"""The frames by Syphon, to other programs on this Mac: a texture that they share."""

import sys
from collections.abc import Mapping
from typing import Any, ClassVar

from taxiway.core.datatypes import AnyDataType, Boolean, Text
from taxiway.core.extras import lacking, need
from taxiway.core.frame import Frame, with_opacity
from taxiway.core.sink import Sink

IS_MAC = sys.platform == "darwin"


class Syphon(Sink):
    """A server of Metal textures with a name."""

    title = "Syphon"
    seen = (
        "In OBS (Syphon Client), Resolume or TouchDesigner choose the Syphon server of this name."
    )
    alpha = True
    paths: ClassVar[tuple[str, ...]] = ()
    settings: ClassVar[Mapping[str, AnyDataType]] = {
        "name": Text(default="Taxiway", min_length=1, max_length=60),
        "flipped": Boolean(description="For receivers that see it upside down."),
    }

    _server: Any = None
    _texture: Any = None

    @classmethod
    def probe(cls) -> str | None:
        if not IS_MAC:
            return "Syphon is for macOS; OMT, NDI or the page /output do the same elsewhere."
        return lacking("syphon", "Syphon") or None

    @property
    def address(self) -> str:
        return str(self.settings_given["name"])

    def open(self, width: int, height: int, fps: int) -> None:
        need("syphon", "Syphon")
        import syphon
        from syphon.utils.raw import create_mtl_texture

        self._server = syphon.SyphonMetalServer(self.settings_given["name"])
        self._texture = create_mtl_texture(self._server.device, width, height)

    def send(self, frame: Frame) -> None:
        from syphon.utils.numpy import copy_image_to_mtl_texture

        copy_image_to_mtl_texture(with_opacity(frame.pixels), self._texture)
        # Syphon counts lines from below.
        is_flipped = not self.settings_given["flipped"]
        self._server.publish_frame_texture(self._texture, is_flipped=is_flipped)

    def close(self) -> None:
        server, self._server, self._texture = self._server, None, None
        if server is not None:
            server.stop()


SLOT = Syphon
