"""What sinks share that send to receivers in the network by a library's sender."""

import threading
from collections.abc import Mapping
from typing import Any, ClassVar

from taxiway.core.command import Values
from taxiway.core.datatypes import AnyDataType, Text
from taxiway.core.frame import Frame, padded, with_opacity
from taxiway.core.images import Pixels
from taxiway.core.sink import Sink

LEAST = 16
"""Pixels: of less the codecs make nothing."""


class NetworkSink(Sink):
    """A source that receivers find by its name. `open` ends with `_use`."""

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

    @property
    def receivers(self) -> int | None:
        with self._lock:
            return None if self._sender is None else self._connected(self._sender)

    @property
    def address(self) -> str:
        with self._lock:
            sender = self._sender
            return str(self.settings_given["name"] if sender is None else self._found_at(sender))

    def close(self) -> None:
        with self._lock:
            sender, self._sender = self._sender, None
        if sender is not None:
            sender.close()

    def _use(self, sender: Any) -> None:
        with self._lock:
            self._sender = sender

    def _connected(self, sender: Any) -> int:
        """How many receivers a sender has."""
        raise NotImplementedError

    def _found_at(self, sender: Any) -> str:
        """Its name or address in the network."""
        raise NotImplementedError


def opaque(frame: Frame) -> Pixels:
    """A frame's picture as a sender takes it: uint8 [H, W, 4], even and large enough, RGBA."""
    return with_opacity(padded(frame.pixels, LEAST))
