"""Pictures that come by NDI: from OBS, a camera, a phone, or another Taxiway.

NDI is a registered trademark of Vizrt NDI AB. Its library is not free, and comes with cyndilib.
"""

import time
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np

from taxiway.core.datatypes import AnyDataType, Text
from taxiway.core.errors import NotFound
from taxiway.core.extras import lacking, need
from taxiway.core.images import Pixels
from taxiway.core.source import Source

LOOK_SECONDS = 5.0
WAIT_SECONDS = 1 / 120
"""Between two looks at whether a picture came."""


class Ndi(Source):
    """The newest picture of one source, for as long as it sends; it may go and come back."""

    title = "NDI"
    frames = True
    paths: ClassVar[tuple[str, ...]] = ()
    settings: ClassVar[Mapping[str, AnyDataType]] = {
        "name": Text(default="", description="A part of the source's name; the first, if empty."),
    }

    @classmethod
    def probe(cls) -> str | None:
        return lacking("cyndilib", "NDI") or None

    def read(self) -> Iterator[Pixels]:
        need("cyndilib", "NDI")
        from cyndilib.finder import Finder
        from cyndilib.receiver import Receiver
        from cyndilib.video_frame import VideoFrameSync
        from cyndilib.wrapper.ndi_recv import RecvBandwidth, RecvColorFormat

        receiver = Receiver(color_format=RecvColorFormat.RGBX_RGBA, bandwidth=RecvBandwidth.highest)
        newest = VideoFrameSync()
        receiver.frame_sync.set_video_frame(newest)
        shown = None
        with Finder() as finder:
            source = self._found(finder)
            if source is None:
                return
            receiver.set_source(source)
            try:
                while not self.wait(WAIT_SECONDS):
                    receiver.frame_sync.capture_video()
                    if newest.xres and newest.get_timestamp_posix() != shown:
                        shown = newest.get_timestamp_posix()
                        # [H, W, RGBA], rows without gaps
                        pixels = newest.get_array().reshape(newest.yres, newest.xres, 4)
                        yield np.ascontiguousarray(pixels[:, :, :3])
            finally:
                receiver.disconnect()

    def _found(self, finder: Any) -> Any:
        """The source of that name, None after a stop. Raises NotFound."""
        wanted, until = self.settings_given["name"], time.monotonic() + LOOK_SECONDS
        there: list[Any] = []
        while time.monotonic() < until:
            if self.stopping.is_set():
                return None
            finder.wait_for_sources(0.1)
            there = list(finder.iter_sources())
            for source in there:
                if wanted in source.name:
                    return source
        names = ", ".join(source.name for source in there)
        there_are = f"There are: {names}." if names else "None can be found here."
        raise NotFound(f"No NDI source is called '{wanted}'. {there_are}")


SLOT = Ndi
