"""Pictures that come by Open Media Transport: from OBS, vMix, a camera, or another Taxiway."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np

from taxiway.core.datatypes import AnyDataType, Text
from taxiway.core.errors import NotFound
from taxiway.core.extras import lacking, need
from taxiway.core.images import Pixels
from taxiway.core.source import Source

LOOK_SECONDS = 1.5
WAIT_MS = 200
"""Between two looks at whether to stop."""


class Omt(Source):
    """The newest picture of one source, for as long as it sends; it may come, go, and come back."""

    title = "OMT"
    frames = True
    paths: ClassVar[tuple[str, ...]] = ()
    settings: ClassVar[Mapping[str, AnyDataType]] = {
        "address": Text(
            default="omt://127.0.0.1:6400", description="Such as this, or the name of a source."
        ),
    }

    @classmethod
    def probe(cls) -> str | None:
        return lacking("cyomtlib", "OMT") or None

    def read(self) -> Iterator[Pixels]:
        need("cyomtlib", "OMT")
        from cyomtlib import FrameType, PreferredVideoFormat, Receiver, VideoFrame

        wanted = PreferredVideoFormat.BGRA
        with Receiver(address_of(self.settings_given["address"]), video_format=wanted) as receiver:
            while not self.wait(0):
                frame = receiver.receive(FrameType.VIDEO, timeout_ms=WAIT_MS)
                if isinstance(frame, VideoFrame):
                    yield np.ascontiguousarray(frame.packed()[:, :, 2::-1])  # [H, W, RGB]


def address_of(name: str) -> str:
    """An address as it is; of a name, that of the source which has it. Raises NotFound."""
    if name.startswith("omt://"):
        return name
    from cyomtlib import discover

    found = discover(wait=LOOK_SECONDS)
    chosen = [source for source in found if name and name in source]
    if not chosen:
        there_are = f"There are: {', '.join(found)}." if found else "None can be found here."
        raise NotFound(f"No OMT source is called '{name}'. {there_are}")
    return str(chosen[0])


SLOT = Omt
