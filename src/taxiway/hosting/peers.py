"""Servers that share a store: which of them live, and which of them has a model.

Nobody's clock is asked: a server counts its beats in the store, and one whose count stands still
for so many looks of another is dead to it.
"""

import asyncio
import hashlib
import logging
import secrets
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from msgspec import structs

from taxiway.core.locks import held, is_held
from taxiway.hosting.database import StoreError
from taxiway.hosting.records import Hosted, Server
from taxiway.hosting.store import Ledger, Store

log = logging.getLogger("taxiway.servers")

BEAT_SECONDS = 1.0
DEAD_AFTER = 5
"""Looks without a beat between them."""
LOOK_SECONDS = 1.0


class Peers:
    """What a server knows of the others. Until it has joined them it is alone."""

    def __init__(self, ledger: Ledger) -> None:
        self.here = Server(id=secrets.token_hex(8), url="", secret=secrets.token_urlsafe(32))
        self._ledger = ledger
        self._has_joined = False
        self._knows = asyncio.Event()
        self._beats: dict[str, int] = {}
        self._missed: Counter[str] = Counter()
        self._lively: set[str] = set()
        self._died: dict[str, asyncio.Event] = {}

    async def join(self, url: str) -> None:
        """Be among the servers, reached by the others at `url`, or at none where it is empty."""
        self.here = structs.replace(self.here, url=url)
        await self._ledger(self._ledger.store.join, self.here)
        await self.look()
        self._has_joined = True

    async def watch(self) -> None:
        """Beat and look, for ever."""
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                await self.look()
            except StoreError as error:
                log.error("%s", error)
            self._knows.set()

    async def look(self) -> None:
        """Beat once, note who has beaten since the last look, and bury who has died."""
        store = self._ledger.store
        servers = await self._ledger(store.beat)
        others = {server.id: server.beat for server in servers if server.id != self.here.id}
        for id, beat in others.items():
            if self._beats.get(id) == beat:
                self._missed[id] += 1
            else:
                self._missed[id] = 0
                if id in self._beats:
                    self._lively.add(id)
        self._beats = others
        for id in [id for id in others if self._missed[id] >= DEAD_AFTER]:
            await self._ledger(store.bury, id)
            del self._beats[id]
        self._forget()
        if not self._beats:
            self._knows.set()

    async def elsewhere(
        self, hosted: Hosted, places: Sequence[Server], who: bytes, wakes: bool = True
    ) -> Server | None:
        """The other server that answers `who` for a model; None for this one.

        Where a model is at several, each caller has one that stays the same. Who has not been seen
        to beat is not asked: what is in the store may be a copy of another's.
        """
        if not self._has_joined:
            return None
        await self._knows.wait()
        living = self._lively | {self.here.id}
        known = [place for place in places if place.id in living]
        if wakes and len(known) < min(hosted.copies, len(living)):
            store = self._ledger.store
            silent = tuple(set(self._beats) - self._lively)
            known = await self._ledger(store.place, hosted.name, silent)
        if not known:
            return None
        place = max(known, key=lambda place: hashlib.sha256(place.id.encode() + who).digest())
        return None if place.id == self.here.id else place

    async def others(self) -> list[Server]:
        """The other servers that live and can be asked."""
        known = await self._ledger(self._ledger.store.servers)
        return [server for server in known if server.id in self._lively and server.url]

    async def shun(self, server: Server, model: str) -> None:
        """Ask a server no more, until it beats, that could not be reached or died at a question."""
        self._lively.discard(server.id)
        await self._ledger(self._ledger.store.leave_place, model, server.id)

    def died(self, server: Server) -> asyncio.Event:
        """Set once a server is dead."""
        event = self._died.setdefault(server.id, asyncio.Event())
        if server.id not in self._beats:
            event.set()
        return event

    def _forget(self) -> None:
        for id in set(self._died) - set(self._beats):
            self._died.pop(id).set()
        self._lively &= set(self._beats)
        self._missed = Counter({id: self._missed[id] for id in self._beats})


LOCK = "serving-{}.lock"


@contextmanager
def present(folder: Path) -> Iterator[None]:
    """Be known as a server of that folder within the block, however its process ends."""
    for number in count():
        with held(folder / LOCK.format(number)) as ours:
            if ours:
                yield
                return


def is_used(folder: Path) -> bool:
    """Whether a server works with that folder."""
    return any(is_held(lock) for lock in folder.glob(LOCK.format("*")))


def is_serving(store: Store) -> bool:
    """Whether a server works with the store: of a database, whether one answers."""
    if store.address is None:
        return is_used(store.path.parent)
    return any(_answers(server.url) for server in store.servers())


def _answers(url: str) -> bool:
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            f"{url}/healthz", timeout=LOOK_SECONDS
        ):
            return True
    except urllib.error.HTTPError:
        return True
    except (OSError, ValueError):
        return False
