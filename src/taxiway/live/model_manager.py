"""What the servers may do with running models: a protocol that the composition root fulfils."""

from typing import Any, Protocol

from msgspec import Struct

from taxiway.core.events import State


class RunningModel(Struct, kw_only=True, rename="camel"):
    """A running model and where to reach it; slot k is at HTTP 8000 + k and so on.

    `url` is its HTTP address, which is also a base of the Model SDK's routes; a port is None where
    that door is shut. `info` is its command as `/info` tells it, None before the first set-up.
    """

    name: str
    title: str
    card: dict[str, Any]
    slot: int
    state: State
    message: str
    url: str
    port: int
    path: str = ""
    """Below which path of a proxy it is, such as `/taxi`."""
    socketio_port: int | None
    osc_port: int | None
    osc_reply_port: int
    ports: dict[str, int | None] = {}
    """The port of its own of each server by name; None for one that has none."""
    info: dict[str, Any] | None = None


class ToFetch(Struct, kw_only=True, rename="camel"):
    """A model that is known now, by its name, and whose files are still to be fetched."""

    to_fetch: str


class ModelManager(Protocol):
    """Starts and stops models, each at ports of its own."""

    def models(self) -> list[dict[str, Any]]:
        """The cards of what can be started."""

    def running(self) -> list[RunningModel]:
        """Every model that was started and not stopped, by slot."""

    async def start(
        self, model: str, options: dict[str, Any] | None = None, command: str | None = None
    ) -> RunningModel:
        """Begin to start a model, by its card's name, at the lowest free slot.

        One that was started already keeps its ports, and starts again if it was stopped. Raises
        NotFound, InvalidArgument or PortInUse.
        """

    async def stop(self, name: str) -> None:
        """Stop a model and give its ports up, which the last one keeps. Raises NotFound."""
