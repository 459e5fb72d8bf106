"""One open socket of the studio: what its page says is done."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Mapping
from itertools import count
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from taxiway.core.errors import InvalidArgument, TaxiwayError
from taxiway.core.frame import Mark
from taxiway.live.messages import actions
from taxiway.live.session import LiveSession
from taxiway.live.tiles import Wanted
from taxiway.servers.studio import binary_messages, json_messages
from taxiway.servers.studio.send_queue import SendQueue
from taxiway.web.powers import NOT_OWNER, Power
from taxiway.web.rate_limit import RateLimit

log = logging.getLogger("taxiway.servers")

RATE = 500
BURST = 1000
PATIENCE_SECONDS = 30.0

Change = (
    binary_messages.SetVector
    | json_messages.Set
    | json_messages.Seed
    | json_messages.Pick
    | json_messages.Signals
)
Said = (
    Change
    | binary_messages.Acknowledged
    | Wanted
    | json_messages.CancelTiles
    | json_messages.StopWalk
    | json_messages.SetBlackout
    | json_messages.ShowSignals
    | json_messages.Cancel
    | json_messages.ModelAction
    | json_messages.Perform
)

POWERS = {
    binary_messages.SetVector: Power.PLAY,
    binary_messages.Acknowledged: Power.PLAY,
    Wanted: Power.PLAY,
    json_messages.Set: Power.PLAY,
    json_messages.Seed: Power.PLAY,
    json_messages.Pick: Power.PLAY,
    json_messages.CancelTiles: Power.PLAY,
    json_messages.StopWalk: Power.PLAY,
    json_messages.SetBlackout: Power.PLAY,
    json_messages.Signals: Power.PLAY,
    json_messages.ShowSignals: Power.PLAY,
    json_messages.Cancel: Power.PLAY,
    json_messages.Perform: Power.PLAY,
    json_messages.ModelAction: Power.OWN,
}
"""What each message takes."""

MOST_TABS, MOST_EARLIER = 256, 16
"""Tabs of browsers that are remembered, and of each the last pages."""

_pages = count(1)
_tabs: dict[str, list[int]] = {}
_errands: set[asyncio.Task[None]] = set()


class Closed(Exception):
    """The server ends the socket, with a close code and a reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Session:
    """Reads, writes and watches one accepted socket until the page or the server closes it."""

    def __init__(
        self,
        socket: WebSocket,
        session: LiveSession,
        card: Callable[[], Mapping[str, Any]],
        owns: bool = False,
        patience: float = PATIENCE_SECONDS,
        tab: str = "",
        is_screen: bool = False,
    ) -> None:
        self._page, earlier = _numbered(tab)
        self._socket = socket
        self._session = session
        self._owns = owns
        self._patience = patience
        self._budget = RateLimit(RATE, BURST, session.clock)
        self._send_queue = SendQueue(socket, session, card, self._page, owns, earlier, is_screen)

    async def serve(self) -> None:
        """Serve the socket to its end; never raises."""
        try:
            async with asyncio.TaskGroup() as group:
                for part in (self._read(), self._send_queue.run(), self._watch()):
                    group.create_task(part)
        except* WebSocketDisconnect:
            pass
        except* Closed as closings:
            await self._close(_first(closings))
        except* Exception:
            log.exception("A studio socket failed")
            await self._close(Closed(1011, "The server failed; its log says why."))
        finally:
            self._send_queue.close()
            self._session.tiles.cancel(self._page)
            self._session.controls.forget(self._page)

    async def _close(self, closing: Closed) -> None:
        # A page that does not read would otherwise keep us here for ever.
        with contextlib.suppress(Exception):
            async with asyncio.timeout(1):
                await self._socket.close(closing.code, closing.reason[:120])

    async def _watch(self) -> None:
        """Give up on a page that has not drawn, or not read, for 30 seconds."""
        while True:
            await asyncio.sleep(self._patience / 10)
            if self._send_queue.stalled() > self._patience:
                raise Closed(1013, f"No frame was acknowledged for {self._patience:g} seconds.")

    async def _read(self) -> None:
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code", 1005))
            if not self._budget.spend():
                raise Closed(1008, "Too many messages.")
            self._hear(message.get("text"), message.get("bytes"))

    def _hear(self, text: str | None, data: bytes | None) -> None:
        if max(len(text or ""), len(data or b"")) > binary_messages.LARGEST_MESSAGE:
            raise Closed(1009, f"A message is at most {binary_messages.LARGEST_MESSAGE} bytes.")
        try:
            said: Said = (
                binary_messages.read(data or b"") if text is None else json_messages.read(text)
            )
        except binary_messages.Malformed as error:
            raise Closed(1003, str(error)) from None
        try:
            if POWERS[type(said)] is Power.OWN and not self._owns:
                raise InvalidArgument(NOT_OWNER)
            self._handle(said)
        except TaxiwayError as error:
            self._report(error, getattr(said, "mark", None))

    def _handle(self, said: Said) -> None:
        match said:
            case binary_messages.Acknowledged(number):
                self._send_queue.viewer.acknowledge(number)
            case Wanted():
                self._session.tiles.ask(self._page, said, self._send_queue.put_tile)
            case json_messages.CancelTiles():
                self._session.tiles.cancel(self._page)
                self._send_queue.forget_tiles()
            case json_messages.ShowSignals(on):
                self._send_queue.show_signals(on)
            case json_messages.Cancel():
                self._session.cancel()
            case json_messages.StopWalk() | json_messages.SetBlackout() | json_messages.Perform():
                self._act(said)
            case json_messages.ModelAction(action):
                self._send_on(self._session.start() if action == "start" else self._session.stop())
            case _:
                self._change(said)

    def _act(
        self, said: json_messages.StopWalk | json_messages.SetBlackout | json_messages.Perform
    ) -> None:
        match said:
            case json_messages.StopWalk():
                self._session.live_walk.end()
            case json_messages.SetBlackout(on):
                self._session.black_out(on)
            case json_messages.Perform(action, inputs):
                actions.perform(self._session, action, inputs, self._page)

    def _change(self, said: Change) -> None:
        session, page, mark = self._session, self._page, said.mark
        match said:
            case binary_messages.SetVector(space=space, numbers=numbers):
                session.set_vector(space, numbers, page, mark)
            case json_messages.Set(values=values):
                session.set(values, page, mark)
            case json_messages.Signals(signals=signals):
                session.mapping.hear(signals, f"page {page}")
            case json_messages.Seed(seed=seed):
                z = session.go_to_seed(seed, page, mark)
                self._send_queue.reply(binary_messages.vector_message("z", z, mark))
            case json_messages.Pick(field_seed=field_seed, x=x, y=y):
                z = session.go_to_place(field_seed, x, y, page, mark)
                self._send_queue.reply(binary_messages.vector_message("z", z, mark))

    def _send_on(self, errand: Coroutine[Any, Any, None]) -> None:
        """Have something done that takes its time and must not end with the socket."""

        async def run() -> None:
            try:
                await errand
            except TaxiwayError as error:
                self._report(error)

        task = asyncio.create_task(run())
        _errands.add(task)
        task.add_done_callback(_errands.discard)

    def _report(self, error: TaxiwayError, mark: Mark | None = None) -> None:
        name = getattr(error, "name", None)
        self._send_queue.reply(
            json_messages.write(json_messages.Error(str(error), name, mark.seq if mark else None))
        )


def _numbered(tab: str) -> tuple[int, list[int]]:
    """The number of a page that opens its socket, and those that its tab had before."""
    page = next(_pages)
    earlier = _tabs.pop(tab, [])
    if tab:
        _tabs[tab] = [*earlier, page][-MOST_EARLIER:]
    if len(_tabs) > MOST_TABS:
        del _tabs[next(iter(_tabs))]
    return page, earlier


def _first(group: BaseExceptionGroup[Closed]) -> Closed:
    first = group.exceptions[0]
    return first if isinstance(first, Closed) else _first(first)
