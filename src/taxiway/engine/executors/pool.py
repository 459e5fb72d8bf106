"""A model on several machines at once: each call goes to the one with the least to do.

`on` of a model's spec names them, `ssh://a,ssh://b,here`, or a file with one on each line, which is
read again when it changes: a line that comes adds a machine, one that goes drains it.
"""

import asyncio
import contextlib
import re
from collections import Counter
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from taxiway.catalog.remotes import address_of
from taxiway.core import declaration, slots
from taxiway.core.errors import InvalidArgument, ModelFailed, NotFound, Unavailable
from taxiway.core.model import ModelSpec, Progress
from taxiway.engine.executor import (
    FILE,
    HERE,
    Died,
    Executor,
    OnPart,
    Result,
    Unreachable,
    kind_for,
)
from taxiway.engine.messages import News, Predict, Ready

AGAIN_SECONDS = (0.2, 20.0)
"""How soon a machine that was lost is tried again, at first and at most."""
LOOK_SECONDS = 0.5
"""How often the file is looked at."""
WAIT_SECONDS = 10.0
"""How long calls wait while no machine is there."""
HOLD_SECONDS = 2.0
"""How long a way that broke is mended before its calls go elsewhere, where they may."""
COMMENT = re.compile(r"(?:^|\s)#")  # a fingerprint has its # amid the word
_turn = count()


def addresses(on: str) -> list[str]:
    """The machines of a pool; a file's lines may have names. Raises InvalidArgument, NotFound."""
    text = on
    if on.startswith(FILE):
        try:
            lines = Path(on.removeprefix(FILE)).read_text("utf-8").splitlines()
        except (OSError, ValueError):
            path = on.removeprefix(FILE)
            raise InvalidArgument(f"'{path}' has no list of machines in it.") from None
        text = ",".join(COMMENT.split(line)[0] for line in lines)
    found = [each.strip() for each in text.split(",") if each.strip()]
    if not found:
        raise InvalidArgument("A pool needs a machine at least.")
    return [each if each == HERE else address_of(each) for each in found]


class Member:
    """A machine of the pool, and how it is."""

    def __init__(
        self, address: str, number: int, spec: ModelSpec, changed: Callable[[], None]
    ) -> None:
        name = address.partition("://")[2].partition("#")[0].rpartition("@")[2] or address
        self.name = name if number == 1 else f"{name} {number}"
        self.address = address
        self.spec = replace(spec, on="" if address == HERE else address)
        self.executor: Executor | None = None
        self.waiting = 0
        self.last = next(_turn)
        self.is_running = self.is_leaving = self.has_failed = False
        self.words = "is starting"
        self.facts: dict[str, Any] = {}
        self.died = asyncio.Event()
        self.task: asyncio.Task[None] | None = None
        self._changed = changed

    @property
    def is_well(self) -> bool:
        """Whether calls may go there."""
        return self.is_running and not self.is_leaving and not self.words

    @property
    def at_once(self) -> int:
        """How many batches it takes."""
        return self.executor.at_once if self.executor is not None and self.is_well else 0

    def say(self, words: str) -> None:
        """How it is now, as a sentence's end; "" where it is well."""
        self.words = words
        self._changed()

    def described(self) -> str:
        """It, and how it is."""
        if self.words:
            return f"{self.name} {self.words}"
        if self.is_leaving:
            return f"{self.name} is being drained"
        away, played = self.facts.get("away_ms"), self.facts.get("played_as")
        what = f", what moves comes as {played}" if played else ""
        return self.name if away is None else f"{self.name} ({away:.0f} ms away{what})"


class PoolExecutor:
    """Members, each an executor of its own; an `engine.executor.Executor`.

    A member that dies is started again; a batch that it had is asked once more elsewhere, if
    repeating it is safe: the family is `deterministic`, and nobody has seen a part of the answer.
    What is played live stays on one member, and moves when that is lost: all that it is made of
    comes with each call.
    """

    pid: int | None = None
    hold_seconds = 0.0
    on_news: Callable[[News], None] = staticmethod(lambda news: None)
    on_words: Callable[[str], None] = staticmethod(lambda words: None)
    on_facts: Callable[[dict[str, Any]], None] = staticmethod(lambda facts: None)

    def __init__(self, spec: ModelSpec, on_death: Callable[[], None]) -> None:
        self.spec = spec
        self.died = False
        self.members: list[Member] = []
        self._ready: Ready | None = None
        self._changed = asyncio.Event()
        self._played: Member | None = None
        self._watching: asyncio.Task[None] | None = None
        self._told: dict[str, Any] = {}
        self._repeats = getattr(declaration.family(spec.family), "deterministic", False)

    @property
    def at_once(self) -> int:
        return max(sum(member.at_once for member in self.members), 1)

    @property
    def live_at_once(self) -> int:
        played = self._played
        return played.executor.live_at_once if played is not None and played.executor else 1

    async def start(self) -> Ready:
        """Start all, and wait for the first. Raises ModelFailed with what every one says."""
        try:
            self._become(addresses(self.spec.on))
        except (InvalidArgument, NotFound) as error:
            raise ModelFailed(str(error)) from None
        self._watching = asyncio.create_task(self._watch())
        while self._ready is None:
            if all(member.has_failed for member in self.members):
                raise Unreachable(self._described())
            await self._next_change()
        facts = {**self._ready.facts, **self._facts()}
        facts.pop("away_ms", None)
        return Ready(self._ready.commands, facts)

    def _facts(self) -> dict[str, Any]:
        """Where it runs, and how what is made there comes here."""
        played = self._played.facts if self._played is not None else {}
        return {
            "on": self._described(),
            "is_far": any(member.facts.get("is_far") for member in self.members),
            "played_as": played.get("played_as", ""),
        }

    async def predict(self, request: Predict, on_part: OnPart) -> list[Result]:
        """Ask the member that has the least to do; another one, once, if that one is lost."""
        is_seen = False

        def give(results: list[Result | None], progress: Progress | None) -> bool:
            nonlocal is_seen
            is_seen = is_seen or any(result is not None for result in results)
            return on_part(results, progress)

        lost: Member | None = None
        while True:
            try:
                member = await self._chosen(request.live, lost)
                return await self._asked(member, request, give)
            except (Unavailable, ModelFailed) as error:
                return [error] * len(request.batch)
            except Died as death:
                member.is_running = False
                if lost is not None or is_seen or not self._repeats:
                    words = f"'{self.spec.name}' was lost on {member.name} ({death})."
                    return [Unavailable(words, retry_after=1)] * len(request.batch)
                lost = member

    async def death(self) -> Died:
        """A pool does not end by itself."""
        return Died("its machines ended")

    async def stop(self) -> None:
        """End all of them."""
        tasks = [self._watching, *(member.task for member in self.members)]
        running = [task for task in tasks if task is not None]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _asked(self, member: Member, request: Predict, give: OnPart) -> list[Result]:
        assert member.executor is not None
        member.waiting += 1
        member.last = next(_turn)
        try:
            return await member.executor.predict(replace(request), give)
        finally:
            member.waiting -= 1
            self._change()

    async def _chosen(self, is_live: bool, but: Member | None) -> Member:
        """The one with the least to do that has room. Raises Unavailable if none comes."""
        try:
            async with asyncio.timeout(WAIT_SECONDS) as limit:
                while (member := self._best(is_live, but)) is None:
                    if any(each.is_well for each in self.members):
                        limit.reschedule(asyncio.get_running_loop().time() + WAIT_SECONDS)
                    await self._next_change()
        except TimeoutError:
            words = f"No machine of '{self.spec.name}' is there: {self._described()}."
            raise Unavailable(words, retry_after=5) from None
        if is_live and self._played is not member:
            self._played = member
            self._tell()
        return member

    def _best(self, is_live: bool, but: Member | None) -> Member | None:
        if is_live and self._played is not None and self._played.is_well:
            return self._played
        well = [each for each in self.members if each.is_well]
        others = [each for each in well if each is not but] or well
        free = [each for each in others if is_live or each.waiting < each.at_once]
        return min(free, key=lambda each: (each.waiting, each.last), default=None)

    def _become(self, wanted: list[str]) -> None:
        """Add the members that are new, and drain those that are gone."""
        lacking = Counter(wanted)
        for member in self.members:
            if member.is_leaving:
                continue
            if lacking[member.address] > 0:
                lacking[member.address] -= 1
            else:
                member.is_leaving = True
        for address in lacking.elements():
            number = 1 + sum(member.address == address for member in self.members)
            member = Member(address, number, self.spec, self._change)
            self.members.append(member)
            member.task = asyncio.create_task(self._keep(member))
        self._change()

    async def _watch(self) -> None:
        """Follow the file."""
        before = addresses(self.spec.on)
        while self.spec.on.startswith(FILE):
            await asyncio.sleep(LOOK_SECONDS)
            try:
                wanted = await asyncio.to_thread(addresses, self.spec.on)
            except (InvalidArgument, NotFound) as error:
                self.on_words(f"is running on {self._described()}; its list is not read: {error}")
                continue
            if wanted != before:
                before = wanted
                self._become(wanted)

    async def _keep(self, member: Member) -> None:
        """Start a member, and start it again where it dies, until it is drained."""
        wait, most = AGAIN_SECONDS
        try:
            while not member.is_leaving:
                try:
                    await self._one_life(member)
                    wait = AGAIN_SECONDS[0]
                except (Died, ModelFailed, InvalidArgument) as error:
                    was_running, member.is_running = member.executor is not None, False
                    member.executor, member.has_failed = None, True
                    words = str(error).removesuffix(".")
                    own = words.removeprefix(f"{member.name} ")
                    member.say(own if own != words else f"is not there: {words}")
                    wait = AGAIN_SECONDS[0] if was_running else min(wait * 2, most)
                    await asyncio.sleep(wait)
        finally:
            if member.is_leaving:
                self.members.remove(member)
                self._change()

    async def _one_life(self, member: Member) -> None:
        """Until it is drained and has nothing to do. Raises Died or ModelFailed."""
        kind = slots.load("engine.executors", kind_for(member.spec.on, "process"))
        executor: Executor = kind(member.spec, lambda: self._change())
        executor.on_words = member.say
        executor.on_facts = lambda facts: self._relearn(member, facts)
        if self._repeats:
            executor.hold_seconds = HOLD_SECONDS
        try:
            self._joins(member, executor, await executor.start())
            while not (member.is_leaving and member.waiting == 0):
                if executor.died and member.waiting == 0:  # all have heard of it themselves
                    raise await executor.death()
                member.is_running = not executor.died
                await self._next_change()
        finally:
            await executor.stop()

    def _joins(self, member: Member, executor: Executor, ready: Ready) -> None:
        if self._ready is None:
            self._ready = ready
        elif ready.commands != self._ready.commands:
            raise ModelFailed("it has other commands there; bring all to the same version")
        member.executor, member.facts, member.is_running = executor, ready.facts, True
        member.say("")

    def _relearn(self, member: Member, facts: dict[str, Any]) -> None:
        member.facts = {**member.facts, **facts}
        self._change()

    def _change(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
        if self._ready is not None:
            self._tell()

    def _tell(self) -> None:
        facts = self._facts()
        if facts != self._told:
            self._told = facts
            self.on_facts(facts)

    def _described(self) -> str:
        """Each member, and how it is; those that work before the others."""
        well = ", ".join(member.described() for member in self.members if member.is_well)
        others = [member.described() for member in self.members if not member.is_well]
        return "; ".join([well or "no machine just now", *others])

    async def _next_change(self) -> None:
        changed = self._changed
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await changed.wait()


SLOT = PoolExecutor
