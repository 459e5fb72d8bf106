"""Jobs: tools that run for a while, one at a time, in a process each; stopped and resumed."""

import asyncio
import contextlib
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from taxiway.core.command import Command
from taxiway.core.datatypes import Wire
from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.core.files import write_whole
from taxiway.core.tool import OTHER
from taxiway.engine.process import CONTEXT
from taxiway.jobs import worker as job_worker
from taxiway.jobs.worker import Assignment, Broken, Done, Halted, News, Progress

RECORD = "job.json"
ENDED = ("done", "stopped", "failed")
"""The states from which a job does not go on by itself."""

JobState = Literal["waiting", "running", "done", "stopped", "failed"]


class JobRecord(Struct, kw_only=True, rename="camel"):
    """One job as its folder keeps it; `done` of `total`, `seconds_left` while it runs.

    `checkpoint` and `other` are files: of its model and of a second one, if it takes one.
    """

    id: str
    tool: str
    model: str
    checkpoint: str
    inputs: dict[str, Wire]
    state: JobState = "waiting"
    done: float = 0
    total: float = 0
    message: str = ""
    seconds_left: float | None = None
    outputs: dict[str, Wire] | None = None
    files: list[str] = []
    other: str = ""

    @property
    def has_ended(self) -> bool:
        """Whether it goes on only when resumed."""
        return self.state in ENDED


class Jobs:
    """Every job in `folder`, each in a folder of its own name; lives on one event loop.

    Jobs that a server left behind running are stopped ones for the next, and can be resumed.
    `tools` names what there is to do, the whole slot for None.
    """

    def __init__(self, folder: Path, tools: Sequence[str] | None = None) -> None:
        self.folder = folder
        self._names = tools
        self.records = {record.id: record for record in _kept(folder)}
        self._tools: dict[str, Command] = {}
        self._runner: JobProcess | None = None
        self._task: asyncio.Task[None] | None = None
        self._listeners: list[Callable[[JobRecord], None]] = []

    def listen(self, listener: Callable[[JobRecord], None]) -> Callable[[], None]:
        """Call `listener` with every job that has changed; the result stops it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def tools(self) -> dict[str, Command]:
        """What there is to do, by name; the first to ask waits for a process that knows."""
        if not self._tools:
            self._tools = await asyncio.to_thread(_ask_for_tools, self._names)
        return self._tools

    async def start(
        self, tool: str, model: str, checkpoint_of: Callable[[str], str], inputs: dict[str, Wire]
    ) -> JobRecord:
        """A new job, which runs when those before it have ended.

        `checkpoint_of` gives the file of a model by its name, or raises NotFound. Raises NotFound
        for the tool, InvalidArgument for an input.
        """
        checkpoint = checkpoint_of(model)
        known = await self.tools()
        if tool not in known:
            raise NotFound(f"No tool named '{tool}'. There are: {', '.join(sorted(known))}.")
        decoded = await asyncio.to_thread(known[tool].decode, inputs)
        other = decoded.get(OTHER)
        record = JobRecord(
            id=f"{tool}-{secrets.token_hex(4)}",
            tool=tool,
            model=model,
            checkpoint=checkpoint,
            inputs=inputs,
            other=checkpoint_of(other) if other else "",
        )
        self.records[record.id] = record
        self._wait(record)
        return record

    def resume(self, name: str) -> JobRecord:
        """Go on with a job that was stopped or failed. Raises NotFound or InvalidArgument."""
        record = self.find(name)
        if record.state not in ("stopped", "failed"):
            raise InvalidArgument(f"'{name}' is {record.state}; there is nothing to resume.")
        self._wait(record)
        return record

    def stop(self, name: str) -> JobRecord:
        """Stop a job after its step in hand; stopped twice, at once. Raises NotFound."""
        record = self.find(name)
        if record.state == "waiting":
            self._set(record, "stopped", "Stopped before it began.")
        elif record.state == "running" and self._runner is not None:
            self._runner.stop()
        return record

    def find(self, name: str) -> JobRecord:
        """The job of that id. Raises NotFound."""
        if name not in self.records:
            raise NotFound(f"There is no job '{name}'.")
        return self.records[name]

    def file(self, name: str, file: str) -> Path:
        """A file that a job made, by a name of its record's list. Raises NotFound."""
        record = self.find(name)
        if file not in record.files:
            raise NotFound(f"'{name}' has made no file '{file}'.")
        return self.folder / record.id / file

    def preview(self, name: str) -> bytes | None:
        """The newest preview of the job that runs, a JPEG."""
        record = self.find(name)
        return self._runner.preview if self._runner and record.state == "running" else None

    async def close(self) -> None:
        """Stop what runs; it can be resumed."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _wait(self, record: JobRecord) -> None:
        self._set(record, "waiting", "Waits for its turn.")
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work())

    async def _work(self) -> None:
        while waiting := [one for one in self.records.values() if one.state == "waiting"]:
            await self._run(waiting[0])

    async def _run(self, record: JobRecord) -> None:
        folder = self.folder / record.id
        folder.mkdir(parents=True, exist_ok=True)
        assignment = Assignment(
            record.tool, record.checkpoint, record.inputs, str(folder), record.other
        )
        self._set(record, "running", "Begins.")
        began, first = time.monotonic(), None
        self._runner = JobProcess(assignment)
        try:
            async for news in self._runner.run():
                if not isinstance(news, Progress):
                    self._end(record, news)
                    continue
                first = news.done if first is None else first
                record.done, record.total, record.message = news.done, news.total, news.message
                record.seconds_left = _left(news, first, time.monotonic() - began)
                self._tell(record)
        except asyncio.CancelledError:
            self._set(record, "stopped", "Stopped with the server; it can go on from here.")
            raise
        finally:
            await self._runner.close()
            self._runner = None

    def _end(self, record: JobRecord, news: News) -> None:
        match news:
            case Done(outputs=outputs):
                record.outputs = outputs
                self._set(record, "done", "Done.")
            case Halted(message=message):
                self._set(record, "stopped", message)
            case Broken(message=message):
                self._set(record, "failed", message)

    def _set(self, record: JobRecord, state: JobState, message: str) -> None:
        record.state, record.message, record.seconds_left = state, message, None
        folder = self.folder / record.id
        folder.mkdir(parents=True, exist_ok=True)
        record.files = sorted(
            path.relative_to(folder).as_posix()
            for path in folder.rglob("*")
            if path.is_file() and path.name != RECORD and not path.name.startswith(".")
        )
        write_whole(folder / RECORD, msgspec.json.encode(record))
        self._tell(record)

    def _tell(self, record: JobRecord) -> None:
        for listener in tuple(self._listeners):
            listener(record)


class JobProcess:
    """The process of one job."""

    def __init__(self, assignment: Assignment) -> None:
        self.preview: bytes | None = None
        self._loop = asyncio.get_running_loop()
        self._news: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._connection, self._theirs = CONTEXT.Pipe()
        self._stops = 0
        self._process = CONTEXT.Process(
            target=job_worker.main,
            args=(self._theirs, msgspec.msgpack.encode(assignment)),
            name=f"taxiway-{assignment.tool}",
            daemon=True,
        )

    async def run(self) -> Any:
        """Every piece of news, the last of which is no Progress."""
        await asyncio.to_thread(self._process.start)
        self._theirs.close()
        threading.Thread(target=self._read, daemon=True).start()
        while (data := await self._news.get()) is not None:
            news = msgspec.msgpack.decode(data, type=News)
            if isinstance(news, Progress) and news.preview is not None:
                self.preview, news.preview = news.preview, None
            yield news
            if not isinstance(news, Progress):
                return
        words = "Stopped at once; it can go on from its last save."
        yield Halted(words) if self._stops else Broken("Its process died; it can be resumed.")

    def stop(self) -> None:
        """Ask it to stop; the second time it is ended."""
        self._stops += 1
        with contextlib.suppress(OSError):
            self._connection.send_bytes(b"stop")
        if self._stops > 1:
            self._process.terminate()

    async def close(self) -> None:
        """End the process if it goes on."""
        with contextlib.suppress(ValueError, AttributeError):
            self._process.terminate()
            await asyncio.to_thread(self._process.join, 5)
        self._connection.close()

    def _read(self) -> None:
        data: bytes | None = b""
        while data is not None:
            try:
                data = self._connection.recv_bytes()
            except (EOFError, OSError, TypeError):
                data = None
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._news.put_nowait, data)


def _left(news: Progress, first: float, seconds: float) -> float | None:
    done = news.done - first
    return seconds / done * (news.total - news.done) if done > 0 else None


def _kept(folder: Path) -> list[JobRecord]:
    """What is on disk; what ran when the server ended is stopped now."""
    records = []
    for path in sorted(folder.glob(f"*/{RECORD}"), key=lambda path: path.stat().st_mtime):
        try:
            record = msgspec.json.decode(path.read_bytes(), type=JobRecord)
        except (msgspec.DecodeError, OSError):
            continue
        if not record.has_ended:
            record.state, record.message = "stopped", "The server ended; it can go on from here."
        records.append(record)
    return records


def _ask_for_tools(names: Sequence[str] | None) -> dict[str, Command]:
    ours, theirs = CONTEXT.Pipe()
    process = CONTEXT.Process(target=job_worker.declare, args=(theirs, names), daemon=True)
    process.start()
    theirs.close()
    try:
        tools: dict[str, Command] = msgspec.msgpack.decode(
            ours.recv_bytes(), type=dict[str, Command]
        )
    except EOFError:
        raise NotFound("No tool can be told of here; PyTorch may be missing.") from None
    finally:
        process.join(5)
        ours.close()
    return tools
