"""What one page of the studio is to be sent: bounded, the newest of everything, in good order."""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from typing import Any

import numpy as np
from msgspec import UNSET, UnsetType
from starlette.websockets import WebSocket

from taxiway.core.command import Values
from taxiway.core.events import (
    BlackoutChanged,
    CallEnded,
    CommandsChanged,
    Event,
    InputsIgnored,
    MessageIgnored,
    MovementChanged,
    MovementStopped,
    OutputReady,
    PartReady,
    PictureTested,
    PresetsChanged,
    QueryFailed,
    StateChanged,
    WalkChanged,
)
from taxiway.live.broadcast import EncodedFrame
from taxiway.live.controls import Entry, Mover, Origin, name_of
from taxiway.live.movement.tracks import Track
from taxiway.live.screens import Screen
from taxiway.live.session import LiveSession
from taxiway.live.tiles import Tile
from taxiway.servers.studio import binary_messages, json_messages
from taxiway.web.notices import MOST_NAMES, shortened

MOST_REPLIES = 32
MOST_NOTES = 32
MOST_TILES = 256
MOST_DRAWN = 200
"""Points of a track."""
VECTORS = ("z", "w")
MODULATED_SECONDS = 1 / 20
"""Between two marks of where modulators have moved a number to."""
Switch = (
    WalkChanged
    | BlackoutChanged
    | PictureTested
    | PresetsChanged
    | MovementChanged
    | MovementStopped
)


class SendQueue:
    """Sends to the page that is the controls' source `page`; the only one who sends on its socket.

    `earlier` are what it was before its socket was opened anew; `is_screen` says that it shows the
    picture and nothing else.

    Whatever has news leaves it in its place here and wakes `run`. What matters most goes first:
    greeting, state, replies, the newest output and error, the live picture, tiles.
    """

    def __init__(
        self,
        socket: WebSocket,
        session: LiveSession,
        card: Callable[[], Mapping[str, Any]],
        page: int,
        owns: bool = False,
        earlier: Collection[int] = (),
        is_screen: bool = False,
    ) -> None:
        self._socket = socket
        self._session = session
        self._card = card
        self._page = page
        self._pages = {page, *earlier}
        self._owns = owns
        self._wake = asyncio.Event()
        self._wake.set()
        self._greet = True
        self._state_changed = False
        self._replies: deque[str | bytes] = deque(maxlen=MOST_REPLIES)
        self._newest: dict[str, json_messages.Said] = {}
        self._notes: deque[str | bytes] = deque(maxlen=MOST_NOTES)
        self._tiles: deque[Tile] = deque(maxlen=MOST_TILES)
        self._synced = 0
        self._marks: Values = {}
        self._modulated_at = 0.0
        self._sending_since: float | None = None
        self._screen = Screen(session.broadcast.screens) if is_screen else None
        self.viewer = session.broadcast.join(self._wake.set)
        self._stop_listening = session.events.listen(self._on_event)
        self._stop_showing: Callable[[], None] = lambda: None

    def close(self) -> None:
        """Stop watching."""
        self._stop_listening()
        self._stop_showing()
        self._session.broadcast.leave(self.viewer)
        if self._screen is not None:
            self._screen.close()

    def reply(self, message: str | bytes) -> None:
        """Send an answer to something the page said."""
        self._replies.append(message)
        self._wake.set()

    def put_tile(self, tile: Tile) -> None:
        """Send a tile when nothing more urgent waits; of over 256 the oldest is lost."""
        self._tiles.append(tile)
        self._wake.set()

    def show_signals(self, on: bool) -> None:
        """Tell the page's hardware how the controls stand, or no more."""
        self._stop_showing()
        feedback = self._session.mapping.feedback
        self._stop_showing = feedback.listen(self._put_shown) if on else lambda: None

    def _put_shown(self, signals: Sequence[tuple[str, float]]) -> None:
        waiting = self._newest.get("shown")
        before = waiting.signals if isinstance(waiting, json_messages.Shown) else ()
        self._newest["shown"] = json_messages.Shown(list(dict([*before, *signals]).items()))
        self._wake.set()

    def forget_tiles(self) -> None:
        self._tiles.clear()

    def stalled(self) -> float:
        """For how many seconds the page has not read, or has not drawn."""
        since = self._sending_since
        sending = 0.0 if since is None else self._session.clock() - since
        return max(sending, self.viewer.owing())

    async def run(self) -> None:
        """Send for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while await self._send_something():
                pass

    def _on_event(self, event: Event) -> None:
        if isinstance(event, StateChanged | CommandsChanged):
            self._state_changed = True
            is_other = isinstance(event, CommandsChanged) or event.state == "running"
            self._greet = self._greet or is_other
        elif isinstance(event, QueryFailed):
            self._newest["error"] = json_messages.Error(event.error)
        elif isinstance(event, Switch):
            self._put_switch(event)
        elif isinstance(event, PartReady):
            self._put_part(event)
        elif isinstance(event, CallEnded):
            self._newest.pop("part", None)
            self._newest["ended"] = json_messages.Ended(event.call)
        elif isinstance(event, OutputReady) and not self._session.is_live:
            self._newest["output"] = json_messages.Output(event.outputs)
        elif isinstance(event, InputsIgnored | MessageIgnored):
            self._notes.append(json_messages.write(note(event)))
        self._wake.set()

    def _put_switch(self, event: Switch) -> None:
        if isinstance(event, WalkChanged):
            self._newest["walk"] = json_messages.Walk(event.goes_on)
        elif isinstance(event, PresetsChanged):
            self._newest["presets"] = presets(self._session)
        elif isinstance(event, MovementChanged):
            self._newest["movement"] = movement(self._session)
        elif isinstance(event, PictureTested):
            self._newest["test"] = json_messages.Test(event.seconds)
        elif isinstance(event, MovementStopped):
            self._newest["stopped"] = json_messages.Stopped()
        else:
            self._newest["blackout"] = json_messages.Blackout(event.is_black)

    def _put_part(self, event: PartReady) -> None:
        # An instrument's picture is seen as a frame.
        self._newest["part"] = json_messages.Part(
            call=event.call,
            outputs={} if self._session.is_live else event.outputs,
            progress=event.progress.done if event.progress else None,
            message=event.progress.message if event.progress else "",
        )

    async def _send_something(self) -> bool:
        """Send what matters most now; False if there is nothing."""
        if self._greet:
            self._greet = self._state_changed = False
            for message in self._greeting():
                await self._send(message)
        elif self._state_changed:
            self._state_changed = False
            await self._send(
                json_messages.write(json_messages.State(self._session.state, self._session.message))
            )
        elif waiting := self._replies or self._notes:
            await self._send(waiting.popleft())
        elif self._newest:
            await self._send(json_messages.write(self._newest.pop(next(iter(self._newest)))))
        elif (encoded_frame := self.viewer.take()) is not None:
            await self._send_shot(encoded_frame)
        elif self._tiles:
            await self._send(binary_messages.tile_message(self._tiles.popleft()))
        else:
            return False
        return True

    async def _send_shot(self, encoded_frame: EncodedFrame) -> None:
        if self._screen is not None:
            self._screen.sent(encoded_frame.frame)
        if not self._session.is_live:
            # Its outputs are sent as a whole, with this picture among them.
            self.viewer.acknowledge(encoded_frame.frame.index)
            return
        encoded = await encoded_frame.encoded()
        for message in [*self._news(), *self._modulated()]:
            await self._send(message)
        mark = encoded_frame.frame.marks.get(self._page, binary_messages.NOBODY)
        await self._send(binary_messages.frame_message(encoded_frame, encoded, mark))

    async def _send(self, message: str | bytes) -> None:
        self._sending_since = self._session.clock()
        if isinstance(message, str):
            await self._socket.send_text(message)
        else:
            await self._socket.send_bytes(message)
        self._sending_since = None

    def _greeting(self) -> list[str | bytes]:
        """Hello, and the vector that the session has."""
        session = self._session
        self._synced = session.controls.version
        running = session.engine.running.get(session.spec.name)
        facts = running.facts if running else {}
        # The inputs of a form may be photos; its page has its own.
        entries = session.controls.entries if session.is_live else {}
        values, origin, vectors = _parted(entries)
        if not session.is_live and session.last_output:
            self._newest["output"] = json_messages.Output(session.last_output)
        hello = json_messages.Hello(
            model=self._card(),
            info=session.command.describe() if session.command else None,
            live=session.is_live,
            owns=self._owns,
            state=session.state,
            message=session.message,
            device=facts.get("device"),
            facts=facts,
            values={name: value for name, value in values.items() if value is not None},
            origin=origin or None,
            theirs=[name for name, entry in entries.items() if self._is_theirs(entry.source)],
            walk=session.live_walk.goes_on,
            blackout=session.is_black,
        )
        if session.kept.is_in_use:
            self._newest["presets"] = presets(session)
        if session.movement.is_set_up:
            self._newest["movement"] = movement(session)
        return [json_messages.write(hello), *vectors]

    def _modulated(self) -> list[str]:
        """Where numbers are that modulators move, not at every frame but always at last."""
        overlay = self._session.controls.overlay
        values = {name: value for name, value in overlay.items() if name not in VECTORS}
        now = self._session.clock()
        is_early = now - self._modulated_at < MODULATED_SECONDS
        if values == self._marks or (is_early and values):
            return []
        self._marks, self._modulated_at = values, now
        return [json_messages.write(json_messages.Modulated(values))]

    def _news(self) -> list[str | bytes]:
        """What others changed since we last said so."""
        controls = self._session.controls
        entries = controls.since(self._synced, self._page)
        self._synced = controls.version
        if not entries:
            return []
        values, origin, vectors = _parted(entries)
        sources = {name: entry.source for name, entry in entries.items()}
        yours = [name for name, source in sources.items() if self._began(source)]
        movers = {name: self._called(source) for name, source in sources.items()}
        told = json_messages.Values(values, origin, movers, yours)
        return [json_messages.write(told), *vectors]

    def _began(self, source: Hashable) -> bool:
        """Whether it is something that this page began."""
        return isinstance(source, Mover) and source.player in self._pages

    def _is_theirs(self, source: Hashable) -> bool:
        """Whether it is somebody, and neither this page nor what it, or one before it, began."""
        return not (source is None or source in self._pages or self._began(source))

    def _called(self, source: Hashable) -> str:
        return source.what if isinstance(source, Mover) and self._began(source) else name_of(source)


def movement(session: LiveSession) -> json_messages.Movement:
    """What moves by itself, for a page."""
    moves = session.movement
    found = [
        json_messages.Modulator(number, each.kind, each.settings, each.targets, each.on)
        for number, each in sorted(moves.modulators.items())
    ]
    return json_messages.Movement(found, moves.tempo.bpm, moves.tempo.when, moves.held)


def presets(session: LiveSession) -> json_messages.Presets:
    """What can be gone back to, for a page."""
    kept = session.kept
    found = [
        json_messages.Preset(number, state.name, state.picture)
        for number, state in sorted(kept.presets.items())
    ]
    history = [state.picture for state in kept.history if state.picture]
    return json_messages.Presets(
        presets=found,
        history=history,
        seconds=session.fade.seconds,
        curve=session.fade.curve,
        fade=session.fade.goes_on,
        said=kept.said,
        timeline=json_messages.Timeline(
            keys=[
                json_messages.Key(key.state.picture, key.seconds, key.curve)
                for key in session.timeline.keys
            ],
            tracks=[drawn(name, track) for name, track in session.timeline.tracks.items()],
            seconds=session.timeline.seconds,
            at=session.timeline.at,
            loops=session.timeline.loops,
            plays=session.timeline.goes_on,
            armed=session.timeline.armed,
        ),
    )


def drawn(name: str, track: Track) -> json_messages.Track:
    """A track, for a page: every so many points of a number's, and when a vector was moved."""
    points = track.points[:: 1 + len(track.points) // MOST_DRAWN]
    numbers = [value for _, value in points if isinstance(value, int | float)]
    times = [round(at, 3) for at, _ in points]
    return json_messages.Track(name, times, numbers if len(numbers) == len(times) else [])


def note(event: InputsIgnored | MessageIgnored) -> json_messages.Note:
    """What was ignored, for a page."""
    if isinstance(event, MessageIgnored):
        return json_messages.Note(
            protocol=event.protocol,
            sender=event.sender,
            message=event.reason,
            times=event.times,
        )
    listed = ", ".join(f"'{shortened(name)}'" for name in event.names[:MOST_NAMES])
    return json_messages.Note(
        protocol="query", message=f"The model has no input {listed}, so what was sent is ignored."
    )


def _parted(
    entries: Mapping[str, Entry],
) -> tuple[Values, Origin | UnsetType | None, list[bytes]]:
    """Controls as they are told: plain values, and vectors with the place they come from."""
    values: Values = {}
    origin: Origin | UnsetType | None = UNSET
    vectors = []
    for name, entry in entries.items():
        if name not in VECTORS:
            plain = isinstance(entry.value, np.ndarray)
            values[name] = entry.value.tolist() if plain else entry.value
        elif entry.value is not None:
            origin = entry.origin
            vectors.append(binary_messages.vector_message(name, entry.value))
    return values, origin, vectors
