"""One model under the engine: its state, its worker, its queue; restarts it when it dies."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Mapping
from functools import partial
from typing import Any

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import Wire
from taxiway.core.errors import Cancelled, ModelFailed, TaxiwayError, Unavailable
from taxiway.core.events import CommandsChanged, Events, State, StateChanged
from taxiway.core.memory import memory_of
from taxiway.core.model import ModelSpec
from taxiway.engine import executor as seam
from taxiway.engine.batch import Call, CallQueue, OnPart
from taxiway.engine.executor import (
    Away,
    Died,
    Executor,
    Gone,
    Hung,
    Result,
    StandIn,
    Unreachable,
)
from taxiway.engine.executors.process import ProcessExecutor
from taxiway.engine.messages import Formats, News, Predict
from taxiway.engine.pictures import PictureRoom
from taxiway.engine.timing import Times
from taxiway.engine.work import Work

log = logging.getLogger("taxiway.engine")

CRASHES = 5
CRASH_WINDOW = 60.0
LOOK_SECONDS = 1.0
"""Between two looks at how much memory a worker took."""
AGAIN_SECONDS = (0.2, 5.0)
"""How soon another machine is tried again, at first and at most."""


class Running:
    """A model that was started: asleep, starting, running or failed.

    `stand_in`, where one is set, answers what it can in the model's place, until it is gone.
    `last_output` and `last_error` are the model's current output and error, whoever asked;
    `restarts` counts the workers that died under it or had grown too large.
    """

    def __init__(
        self,
        spec: ModelSpec,
        events: Events,
        queue_limit: int,
        idle_seconds: float | None,
        executor: type[Executor] = ProcessExecutor,
        query_seconds: float | None = None,
        worker_bytes: int | None = None,
    ) -> None:
        self.spec = spec
        self.commands: dict[str, Command] = {}
        self.facts: dict[str, Any] = {}
        self.state: State = "asleep"
        self.message = ""
        self.last_output: Mapping[str, Wire] = {}
        self.last_error: str | None = None
        self.idle_seconds = idle_seconds
        self._query_seconds = query_seconds
        self._worker_bytes = worker_bytes
        self._look_at = 0.0
        self._first_bytes = 0
        self._events = events
        self.pictures = PictureRoom()
        self._queue = CallQueue(queue_limit)
        self._executor_kind = executor
        self._executor: Executor | None = None
        self.stand_in: StandIn | None = None
        self._in_work = set[Work]()
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._crashes: deque[float] = deque(maxlen=CRASHES)
        self._stopped = False
        self._tries = 0
        self._gone = set[str]()
        self.restarts = 0

    @property
    def waiting(self) -> int:
        """How many calls wait for the worker."""
        return len(self._queue)

    @property
    def pid(self) -> int | None:
        """The process id of what the model runs in, while it has a process."""
        return self._executor.pid if self._executor else None

    @property
    def live_at_once(self) -> int:
        """How many pictures of a live session can be in work."""
        return max(self._executor.live_at_once, 1) if self._executor else 1

    @property
    def is_far(self) -> bool:
        """Whether the way to it is longer than one of a local network."""
        return bool(self.facts.get("is_far"))

    @property
    def is_stopped(self) -> bool:
        """Whether someone stopped it: then calls do not wake it but are refused."""
        return self._stopped

    def start(self) -> None:
        """Begin to start; `ready` waits for the end of it."""
        self._stopped = False
        if self.state in ("asleep", "failed"):
            self._set("starting", self._starting())
            self._task = asyncio.get_running_loop().create_task(self._live())

    def wake(self) -> None:
        """Start if asleep and not stopped by someone."""
        if self.state == "asleep" and not self._stopped:
            self.start()

    async def stop(self) -> None:
        """End the worker; its memory is free when this returns. Calls are refused until `start`."""
        await self._end()
        self._set("asleep", f"{self.spec.name} is stopped.")

    async def sleep(self) -> None:
        """End the worker as `stop` does, but let any call wake the model again."""
        await self._end()
        self._stopped = False
        self._set("asleep", f"{self.spec.name} fell asleep; any request wakes it.")

    async def _end(self) -> None:
        self._stopped = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        self._queue.fail(Unavailable(f"'{self.spec.name}' was stopped."))

    async def ready(self) -> None:
        """Wait until the model runs; raises Unavailable if it failed or was stopped."""
        while self.state != "running":
            self._refuse_if_down()
            changed = self._changed
            await changed.wait()

    async def call(
        self,
        command: Command,
        inputs: Values,
        live: str | None = None,
        on_part: OnPart | None = None,
        formats: Formats | None = None,
        times: Times | None = None,
        rests: bool = False,
    ) -> Values:
        """Queue one call and wait for its outputs; wakes a model that sleeps.

        With `formats` pictures that are sent as JPEG come as `EncodedPicture`. `times` learns how
        long it waited and was worked on. `rests` is whether what is played live does.

        A caller that is cancelled leaves no work behind: a model that answers in parts stops at
        its next one, any other's answer is dropped.
        """
        self._refuse_if_down()
        call = Call(command, inputs, live, on_part, formats, rests=rests)
        self._queue.put(call)
        self.wake()
        try:
            return await call.future
        finally:
            call.future.cancel()
            self._queue.drop(call)
            if times is not None:
                times.queue, times.run = call.seconds()

    def forget(self, caller: str) -> None:
        """A caller has gone: what the model remembers of him goes before its next answer."""
        if any(command.by_caller for command in self.commands.values()):
            self._gone.add(caller)

    def cancel(self) -> None:
        """Stop what the model works on; those who wait for it get Cancelled."""
        for work in self._in_work:
            work.resolve(Cancelled("The work was stopped."))

    def _refuse_if_down(self) -> None:
        if self.state == "failed":
            raise Unavailable(self.message, retry_after=10)
        if self._stopped:
            raise Unavailable(f"'{self.spec.name}' is stopped; start it first.", retry_after=10)

    def _set(self, state: State, message: str) -> None:
        self.state, self.message = state, message
        self._changed.set()
        self._changed = asyncio.Event()
        self._events.emit(StateChanged(self.spec.name, state, message))

    async def _live(self) -> None:
        """Start, serve and restart until stopped, asleep or failed for good."""
        while True:
            failure = await self._once()
            if failure is not None:
                self._fail(failure)
                return
            if self.state == "running" and not len(self._queue):
                self._set("asleep", f"{self.spec.name} fell asleep; any request wakes it.")
                return

    async def _once(self) -> str | None:
        """One life of the model. Returns why there can be no other, if so."""
        executor = self._executor = self._executor_kind(self.spec, self._queue.wake)
        executor.on_news, executor.on_words = self._learn, self._say
        executor.on_facts = self._relearn
        try:
            ready = await executor.start()
            self.commands, self.facts = ready.commands, ready.facts
            self._set("running", self._running_words())
            self._tries = self._first_bytes = 0
            await self._serve(executor)
        except (Away, Unreachable) as error:
            return await self._away(error)
        except Died as death:
            return self._after(death)
        except ModelFailed as error:
            return f"{self.spec.name} could not start: {error}"
        except Exception as error:
            # Whatever it is, callers must hear of it: nobody serves them from here on.
            log.exception("The engine failed for '%s'", self.spec.name)
            return f"{self.spec.name} failed: {type(error).__name__}: {error}"
        finally:
            await executor.stop()
            self._executor = None
        return None

    def _learn(self, news: News) -> None:
        """The model found something out while nobody asked."""
        self.commands, self.facts = news.commands, news.facts
        self._events.emit(CommandsChanged(self.spec.name))

    def _relearn(self, facts: dict[str, Any]) -> None:
        """Where it runs, or how what it makes comes from there, has changed."""
        self.facts = {**self.facts, **facts}
        if self.state == "running":
            self._say("")

    def _say(self, words: str) -> None:
        """Where things are has changed, the state has not."""
        before = self.message
        if words:
            self.message = f"{self.spec.name} {words}."
        else:
            self.message = self._running_words() if self.state == "running" else self._starting()
        if self.message == before:
            return
        self._events.emit(StateChanged(self.spec.name, self.state, self.message))

    def _starting(self) -> str:
        where = f" on {self.spec.on.partition('#')[0]}" if self.spec.on else ""
        return f"Starting {self.spec.name}{where}."

    def _running_words(self) -> str:
        notes = "".join(f" Note: {note}." for note in self.facts.get("notes", ()))
        where = f" on {self.facts['on']}" if "on" in self.facts else ""
        return f"{self.spec.name} is running{where}.{notes}"

    async def _serve(self, executor: Executor) -> None:
        """Answer calls until nobody asked for `idle_seconds`; raises Died at once."""
        try:
            async with asyncio.TaskGroup() as group:
                while await self._has_work(executor):
                    if not (calls := self._queue.take()):
                        continue
                    work = Work(calls, self._query_seconds)
                    self._in_work.add(work)
                    if executor.at_once > 1:
                        group.create_task(self._do(work, executor))
                        continue
                    await self._do(work, executor)
                    if self._is_too_large(executor):
                        self.restarts += 1
                        words = "took much memory and is starting anew"
                        self._set("starting", f"{self.spec.name} {words}.")
                        return
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None

    def _is_too_large(self, executor: Executor) -> bool:
        """Whether the worker took more memory than it may; looks once a second.

        One that is as large from its first answer on would gain nothing by starting anew, so that
        it may have half as much again.
        """
        now = time.monotonic()
        if self._worker_bytes is None or executor.pid is None or now < self._look_at:
            return False
        self._look_at = now + LOOK_SECONDS
        size = memory_of(executor.pid) or 0
        self._first_bytes = self._first_bytes or size
        return size > max(self._worker_bytes, 1.5 * self._first_bytes)

    async def _do(self, work: Work, executor: Executor) -> None:
        try:
            await work.done(partial(self._predicted, executor), self._lost)
        finally:
            self._in_work.discard(work)
            self._queue.wake()

    async def _predicted(
        self, executor: Executor, request: Predict, on_part: seam.OnPart
    ) -> list[Result]:
        """The answers to a batch: by the stand-in, as long as it is there, where it can."""

        async def ask(own: Predict) -> list[Result]:
            return await executor.predict(own, lambda results, progress: True)

        request.gone, self._gone = [*self._gone], set()
        results, stand_in = None, self.stand_in
        if stand_in is not None:
            try:
                results = await stand_in.answer(request, ask)
            except Gone as error:
                if self.stand_in is stand_in:
                    self.stand_in = None
                log.warning("'%s' makes its pictures itself again: %s", self.spec.name, error)
        return results or await executor.predict(request, on_part)

    async def _has_work(self, executor: Executor) -> bool:
        """Wait for a call that can be taken (true), for sleep (false), or for death (Died)."""
        while not executor.died and not self._can_take(executor):
            if not await self._queue.woken(None if self._in_work else self.idle_seconds):
                return len(self._queue) > 0
        if executor.died:
            while self._in_work:  # which hear of it themselves
                await self._queue.woken()
            raise await executor.death()
        return True

    def _can_take(self, executor: Executor) -> bool:
        return len(self._queue) > 0 and len(self._in_work) < max(executor.at_once, 1)

    def _lost(self, error: BaseException) -> TaxiwayError:
        if isinstance(error, TaxiwayError):
            return error
        if isinstance(error, Hung):
            limit = f"{error}, the limit of --query-seconds"
            return Unavailable(f"'{self.spec.name}' gave {limit}, and is starting again.")
        if isinstance(error, Away):
            return Unavailable(f"'{self.spec.name}' was lost: {error}.", retry_after=5)
        what = "was stopped" if self._stopped else "died while it worked and is starting again"
        return Unavailable(f"'{self.spec.name}' {what}.")

    async def _away(self, error: Exception) -> str | None:
        """Wait before another machine is tried again, which does not count as a crash.

        One that was never reached is not: then somebody has to look at its address.
        """
        if not self.commands:
            return f"{self.spec.name} could not start: {error}"
        self._set("starting", f"{self.spec.name} is not reached ({error}); trying again.")
        self._queue.fail(Unavailable(self.message, retry_after=5))
        first, most = AGAIN_SECONDS
        await asyncio.sleep(min(first * 2**self._tries, most))
        self._tries = min(self._tries + 1, 10)
        return None

    def _after(self, death: Died) -> str | None:
        now = time.monotonic()
        self._crashes.append(now)
        self.restarts += 1
        log.warning("The worker of '%s' died (%s).", self.spec.name, death)
        if len(self._crashes) == CRASHES and now - self._crashes[0] < CRASH_WINDOW:
            self._crashes.clear()
            return (
                f"{self.spec.name} died {CRASHES} times within a minute "
                f"(last with {death}); start it again when the cause is gone."
            )
        what = f"gave {death}" if isinstance(death, Hung) else f"died ({death})"
        self._set("starting", f"{self.spec.name} {what} and is starting again.")
        return None

    def _fail(self, message: str) -> None:
        self.last_error = message
        self._set("failed", message)
        self._queue.fail(Unavailable(message, retry_after=10))
