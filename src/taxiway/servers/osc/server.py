"""Runway's OSC server (docs/osc.md), and OSC addresses for the live picture.

in   /server/connect   /server/disconnect   /query ,s (inputs as JSON)   /truncation ,f   /z ,ff...
     /job ,s (a tool and its inputs as JSON)   /subscribe ,i (a port, or nothing)   /unsubscribe
out  /data ,s (outputs as JSON)   /error ,s (message)   /info ,s (fields as JSON, after connect)
     /job ,s (how far it is, as JSON, to who began it)   what was moved, to who subscribed
"""

import asyncio
import contextlib
import errno
import logging
import socket
from collections import deque
from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Self

from taxiway.core.callers import caller
from taxiway.core.config import Config
from taxiway.core.datatypes import Wire
from taxiway.core.errors import InvalidArgument, NotFound, TaxiwayError
from taxiway.core.events import Event, MessageIgnored, OutputReady, QueryFailed
from taxiway.jobs.remote import RemoteJobs
from taxiway.live.messages.addresses import NoSuchAddress
from taxiway.live.messages.moves import Message
from taxiway.live.messages.patterns import is_pattern
from taxiway.live.session import LiveSession
from taxiway.servers.osc import packet as osc_packet
from taxiway.servers.osc.feedback import Feedback
from taxiway.servers.osc.monitor import Monitor, name_of
from taxiway.servers.osc.nothing import Nothing
from taxiway.servers.osc.packet import Malformed
from taxiway.servers.osc.pictures import shrunk
from taxiway.servers.osc.subscribers import Address, Audience, is_loopback, is_public
from taxiway.web import inputs
from taxiway.web.listen import CannotListen
from taxiway.web.powers import Power
from taxiway.web.rate_limit import FairLimit, RateLimit
from taxiway.web.responses import to_json

if TYPE_CHECKING:
    from taxiway.engine import Engine

log = logging.getLogger("taxiway.servers")

RATE, BURST = 5000, 1250
"""Messages a second that are heard, and at once; each holds up everybody else for some 0.02 ms."""
LONG, PATTERN = 1024, 3
"""Bytes that count as a message, as 512 numbers are as much work as two or three short ones; and
as how many a pattern counts beside."""
OWN_RATE, RESERVE = 250, 1000
"""Messages a second of one sender, and of all such, that are heard while others flood the port."""
TOO_MANY = f"A message was not heard: more than {RATE} a second came."
REPLIES = 50
"""Answers a second that go to a sender alone: errors, and /info."""
MOST_QUERIES = 32
MOST_NEWS = 16
POWERS = {
    "/server/connect": Power.ASK,
    "/connect": Power.ASK,
    "/server/disconnect": Power.ASK,
    "/disconnect": Power.ASK,
    "/query": Power.ASK,
    "/subscribe": Power.ASK,
    "/unsubscribe": Power.ASK,
    "/job": Power.OWN,
}
"""What Runway's addresses and `/job` take; whoever reaches the port may move those of the session.
`/job` takes a program on this machine, or the owner's token."""
PATTERNS = 20
"""New patterns a second that are heard, and thrice as many at once: each is compared with every
address, which takes milliseconds; what one means is then remembered."""
MOST_PATTERNS = 100
MOST_SIGNALS = 16
"""Numbers of a message that the mapping looks at."""
BUFFER_BYTES = 2**20
"""macOS sends no datagram that is larger than its buffer, 9 kB by default."""


class OscServer:
    """Speaks OSC for the model on `session`, from `start` to `stop`; `port` is the one taken."""

    def __init__(
        self, engine: "Engine", session: LiveSession, config: Config, jobs: RemoteJobs | None = None
    ) -> None:
        self._jobs = jobs
        self.port = config.osc_port or 0
        self._engine = engine
        self._session = session
        self._config = config
        self._loop = asyncio.get_running_loop()
        self._clock = self._loop.time
        self._audience = Audience(config.osc_reply_port, config.osc_target, self._clock)
        self._budget = FairLimit(RATE, OWN_RATE, RESERVE, self._clock, burst=BURST)
        line = print_line if config.osc_log else None
        self._monitor = Monitor(self._report, self._clock, line, self._loop.call_later)
        self._nothing = Nothing(session, self._clock)
        self._patterns = RateLimit(PATTERNS, 3 * PATTERNS, self._clock)
        self._known_patterns: dict[str, None] = {}
        self._feedback = Feedback(session, self._put, sender)
        self._replies = RateLimit(REPLIES, REPLIES, self._clock)
        self._queries: set[asyncio.Task[None]] = set()
        self._errands: set[asyncio.Task[None]] = set()
        self._news: deque[tuple[str, Mapping[str, Wire] | str]] = deque(maxlen=MOST_NEWS)
        self._filled = asyncio.Event()
        self._transport: asyncio.DatagramTransport | None = None

    async def start(self) -> None:
        """Listen. Raises CannotListen."""
        bound = bind(self._config.host, self.port)
        self.port = bound.getsockname()[1]
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: Ear(self), sock=bound)
        self._stop_listening = self._engine.events.listen(self._on_event)
        self._stop_reading = self._session.readers.add(lambda: bool(self._audience.everyone()))
        self._send_on(self._errands, self._tell())
        self._send_on(self._errands, self._feedback.run())

    async def stop(self) -> None:
        """Stop listening; what waits is dropped."""
        if self._transport is None:
            return
        self._stop_listening()
        self._stop_reading()
        self._transport.abort()
        self._transport = None
        tasks = [*self._queries, *self._errands]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def receive(self, datagram: bytes, source: Address) -> None:
        """Do what a datagram says, or tell its sender why not."""
        if is_public(source[0]) or not self._is_read(datagram, source):
            return
        self._audience.spoke(source)
        try:
            messages = osc_packet.read(datagram)
        except Malformed as error:
            self._monitor.say(f"What came is no OSC: {error}", source)
            return
        self._budget.owe(source, weight(messages, len(datagram)) - 1)
        self._monitor.received(messages, source)
        ours = []
        for message in messages:
            if message.address in POWERS and self._obey(message, source):
                continue
            if self._signal(message, source):
                continue
            if not is_pattern(message.address) or self._knows(message.address):
                ours.append(message)
        self._move(ours, source)

    def _is_read(self, datagram: bytes, source: Address) -> bool:
        """Whether there is time to read it, and more in it than what was told a moment ago."""
        if not self._budget.spend(source):
            self._monitor.say(TOO_MANY, source)
            return False
        address = self._nothing.of(datagram, source)
        return address is None or not self._monitor.again(address, source)

    def _knows(self, pattern: str) -> bool:
        """Whether a pattern was heard before, or may be heard now."""
        if pattern not in self._known_patterns and not self._patterns.spend():
            return False
        self._known_patterns[pattern] = None
        if len(self._known_patterns) > MOST_PATTERNS:
            del self._known_patterns[next(iter(self._known_patterns))]
        return True

    def _signal(self, message: Message, source: Address) -> bool:
        """Whether a message is one that a binding of the mapping takes, or is to be learnt."""
        mapping = self._session.mapping
        is_wanted = bool(mapping.bindings or mapping.learning)
        signals = signals_of(message, MOST_SIGNALS if is_wanted else 1)
        found = [each for each in signals if mapping.takes(each[0])] if is_wanted else []
        if found:
            mapping.hear(found, sender(source))
        elif signals:
            mapping.notice(*signals[0], sender(source))
        return bool(found)

    def _obey(self, message: Message, source: Address) -> bool:
        """Do what one of Runway's messages says; False if it is none of them."""
        match message.address:
            case "/server/connect" | "/connect":
                self._audience.add(source)
                self._session.readers.come()
                if len(self._errands) < MOST_QUERIES:
                    self._send_on(self._errands, self._introduce(source))
            case "/server/disconnect" | "/disconnect":
                self._audience.remove(source)
            case "/query":
                self._query(message.arguments, source)
            case "/subscribe" | "/unsubscribe":
                self._follow(message, source)
            case "/job" if self._jobs is not None:
                self._begin(self._jobs, message.arguments, source)
            case _:
                return False
        return True

    def _follow(self, message: Message, source: Address) -> None:
        """Begin or end telling a sender what others move."""
        port = message.arguments[0] if message.arguments else None
        if message.address == "/unsubscribe":
            self._feedback.remove(source)
        elif port is None or (isinstance(port, int) and 0 < port < 2**16):
            self._feedback.add(source, port)
        else:
            self._complain(f"'/subscribe' takes a port, or nothing, got {port!r:.40}.", source)

    def _begin(self, jobs: RemoteJobs, arguments: list[Any], source: Address) -> None:
        """Begin a job, or stop one, for a program on this machine: pages send no datagrams."""
        if len(self._errands) < MOST_QUERIES:
            self._send_on(self._errands, self._order(jobs, arguments, source))

    async def _order(self, jobs: RemoteJobs, arguments: list[Any], source: Address) -> None:
        def notify(record: Mapping[str, Wire]) -> None:
            self._reply("/job", to_json(record).decode("ascii"), source)

        try:
            wire = inputs.from_body(_text(arguments).encode())
            is_local = is_loopback(source[0])
            await jobs.ask(self._session.spec.name, wire, notify, is_trusted=is_local)
        except TaxiwayError as error:
            self._complain(str(error), source)

    def _move(self, messages: list[Message], source: Address) -> None:
        """Do what the messages of a datagram say to the session."""
        addresses = self._session.addresses
        refused = addresses.perform(messages, sender(source))
        self._feedback.moved(source, messages)
        for error in refused:
            if not isinstance(error, NoSuchAddress):
                self._complain(str(error), source)
            elif self._session.command is None:
                words = "The model has not been started yet, so nothing moves it."
                self._monitor.say(words, source)
            else:
                self._monitor.unknown(error.address, source, self._known)
                self._nothing.add(error.address, source)

    def _known(self) -> list[str]:
        """Every address there is."""
        return [*POWERS, *self._session.addresses.names()]

    def _query(self, arguments: list[Any], source: Address) -> None:
        try:
            if len(arguments) != 1 or not isinstance(arguments[0], str):
                raise InvalidArgument("/query takes one string, the inputs as JSON.")
            wire = inputs.from_body(arguments[0].encode())
        except InvalidArgument as error:
            self._complain(str(error), source)
            return
        if len(self._queries) < MOST_QUERIES:
            self._send_on(self._queries, self._ask(wire, source))
        else:
            self._complain(f"{MOST_QUERIES} queries by OSC wait already.", source)

    async def _ask(self, wire: Mapping[str, Wire], source: Address) -> None:
        """The answer goes to everyone, by `_on_event`."""
        caller.set(sender(source))
        try:
            await self._engine.query(self._session.spec.name, wire)
        except NotFound as error:
            self._complain(str(error), source)
        except TaxiwayError:
            pass
        except Exception:
            log.exception("A query by OSC failed")
            self._complain("The server failed at this query; its log says why.", source)

    async def _introduce(self, source: Address) -> None:
        try:
            fields = (await self._engine.command_of(self._session.spec.name)).describe()
        except TaxiwayError as error:
            self._complain(str(error), source)
            return
        self._reply("/info", to_json(fields).decode("ascii"), source)

    def _complain(self, message: str, source: Address) -> None:
        """Tell one sender what is wrong, and the people who watch."""
        self._monitor.say(message, source)
        self._reply("/error", message, source)

    def _report(self, sender: str, reason: str, times: int) -> None:
        name = self._session.spec.name
        self._engine.events.emit(MessageIgnored(name, "OSC", sender, reason, times))

    def _reply(self, address: str, text: str, source: Address) -> None:
        """Answer one sender, but not without end."""
        if self._replies.spend():
            self._send(address, text, self._audience.of(source))

    def _on_event(self, event: Event) -> None:
        if event.model != self._session.spec.name:
            return
        match event:
            case OutputReady(outputs=outputs):
                self._announce("/data", outputs)
            case QueryFailed(error=error):
                self._announce("/error", error)

    def _announce(self, address: str, value: Mapping[str, Wire] | str) -> None:
        if self._audience.everyone():
            self._news.append((address, value))
            self._filled.set()

    async def _tell(self) -> None:
        """Send outputs and errors to everyone, for ever."""
        while True:
            await self._filled.wait()
            self._filled.clear()
            while self._news:
                address, value = self._news.popleft()
                try:
                    await self._tell_one(address, value)
                except Exception:
                    log.exception("An output could not be sent by OSC")

    async def _tell_one(self, address: str, value: Mapping[str, Wire] | str) -> None:
        everyone = self._audience.everyone()
        if not everyone:
            return
        if isinstance(value, str):
            self._send(address, value, everyone)
            return
        text: str | None = to_json(value).decode("ascii")
        limit = osc_packet.room(address)
        if text is not None and len(text) > limit:
            if any(later == address for later, _ in self._news):
                return
            text = await asyncio.to_thread(shrunk, value, limit)
        if text is not None:
            self._send(address, text, everyone)
        else:
            words = f"The output does not fit into a datagram of {osc_packet.LARGEST} bytes."
            self._send("/error", words, everyone)

    def _send(self, address: str, text: str, targets: list[Address]) -> None:
        # A message that does not fit says so itself; only /info and /error come here unmeasured.
        datagram = osc_packet.write(address, text[: osc_packet.room(address)])
        for target in targets:
            self._put(datagram, target)

    def _put(self, datagram: bytes, target: Address) -> None:
        # A target of the other family of addresses is out of reach.
        with contextlib.suppress(ValueError):
            if self._transport is not None:
                self._transport.sendto(datagram, target)

    def _send_on(self, tasks: set[asyncio.Task[None]], errand: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(errand)
        tasks.add(task)
        task.add_done_callback(tasks.discard)


def sender(source: Address) -> str:
    """Who moves things by messages from there."""
    return f"OSC {name_of(source)}"


def weight(messages: list[Message], size: int) -> int:
    """As how many messages the work of a datagram of `size` bytes counts."""
    patterns = sum(is_pattern(message.address) for message in messages)
    return len(messages) + PATTERN * patterns + size // LONG


def signals_of(message: Message, most: int = MOST_SIGNALS) -> list[tuple[str, float]]:
    """The first numbers of a message, by name: `osc:/xy` and `osc:/xy:1`; a bare one is a press."""
    name = f"osc:{message.address}"
    # TouchDesigner tells its rate with every message.
    if message.address.startswith("/_"):
        return []
    if not message.arguments:
        return [(name, 1.0), (name, 0.0)]
    return [
        (f"{name}:{place}" if place else name, float(value))
        for place, value in enumerate(message.arguments[:most])
        if isinstance(value, (int, float))
    ]


def _text(arguments: list[Any]) -> str:
    """The one string of a message; an empty object if it brings nothing."""
    return arguments[0] if arguments and isinstance(arguments[0], str) else "{}"


class Ear(asyncio.DatagramProtocol):
    """Passes datagrams on. That a client has gone, which some systems notify, is no news."""

    def __init__(self, server: OscServer) -> None:
        self._server = server

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        try:
            self._server.receive(data, (addr[0], addr[1]))
        except Exception:
            log.exception("A datagram could not be heard")

    def error_received(self, exc: Exception) -> None:
        log.debug("A datagram did not arrive: %s", exc)


def print_line(line: str) -> None:
    """A line in the terminal, which may be closed."""
    with contextlib.suppress(OSError):
        print(line, flush=True)


def bind(host: str, port: int) -> socket.socket:
    """A UDP socket with room for a few pictures. Raises CannotListen."""
    address = host.replace("localhost", "127.0.0.1")
    try:
        family = socket.getaddrinfo(address, port, type=socket.SOCK_DGRAM)[0][0]
        bound = socket.socket(family, socket.SOCK_DGRAM)
    except OSError as error:
        raise CannotListen(f"Cannot listen for OSC at {host}: {error.strerror}.") from None
    try:
        for buffer in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            bound.setsockopt(socket.SOL_SOCKET, buffer, BUFFER_BYTES)
        bound.bind((address, port))
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            raise CannotListen(
                f"UDP port {port} is in use: stop what takes OSC there, or choose another."
            ) from None
        raise CannotListen(f"Cannot listen for OSC at port {port}: {error.strerror}.") from None
    bound.setblocking(False)
    return bound


SLOT: Any = OscServer
