"""Every job of a data folder: begun, queued, run in processes, stopped, resumed, deleted."""

import asyncio
import contextlib
import logging
import re
import secrets
import shutil
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from msgspec.structs import replace

from taxiway.catalog.remotes import check_named
from taxiway.core.command import Command
from taxiway.core.datatypes import Wire
from taxiway.core.errors import Busy, InvalidArgument, NotFound, TaxiwayError, Unavailable
from taxiway.core.files import write_whole
from taxiway.core.locks import is_held
from taxiway.core.model import ModelSpec
from taxiway.core.opened import OpenFolders
from taxiway.core.tool import ON, OTHER, Declared
from taxiway.jobs import trainings
from taxiway.jobs.inputs import attach, with_files
from taxiway.jobs.process import END_SECONDS, ToolProcess, read_offer
from taxiway.jobs.record import (
    PREVIEW,
    JobRecord,
    State,
    kept_records,
    listed_files,
    own_folder,
    plain_file,
    remove,
    write_record,
)
from taxiway.jobs.trainings import Trainings, wanted_of
from taxiway.jobs.uploads import Uploads
from taxiway.jobs.worker import (
    LOCK,
    Assignment,
    Done,
    Failed,
    Halted,
    News,
    Offer,
    Progress,
)

MOST_WAITING = 64
MOST_LIGHT = 4
"""Light jobs that run at a time, beside the heavy one."""
PATIENCE = 5.0
"""Seconds between two looks whether a training begun by hand has ended."""
DATASET = "dataset"
"""The tool that prepares datasets, and the file that it writes."""
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg")
WAITS = "Waits for its turn."

log = logging.getLogger("taxiway.jobs")

Listener = Callable[[JobRecord], None]


class Models(Protocol):
    """The models that tools may work on, by name."""

    def spec(self, name: str) -> ModelSpec:
        """What runs under that name, or comes with Taxiway. Raises NotFound."""

    def commands(self, name: str) -> Collection[Command]:
        """What it can be asked, none while that is not known."""


class Jobs:
    """Tools in folders of `folder`, and trainings in those of `shelf`; lives on one event loop.

    One heavy job runs at a time, and up to MOST_LIGHT light ones beside it; the others wait in the
    order in which they came. A training that was begun by hand is waited for as well. What a server
    left behind running is stopped for the next, and can be resumed. `offered` names the tools
    there are, the whole slot for None. A dataset that a client names is one of those that `named`
    gives a place, or lies below what is `opened`.
    """

    def __init__(
        self,
        folder: Path,
        shelf: Path,
        models: Models,
        offered: Sequence[str] | None = None,
        opened: OpenFolders | None = None,
        named: Callable[[str], Path | None] = lambda name: None,
    ) -> None:
        self.folder, self.models = folder, models
        self.trainings = Trainings(shelf)
        self.uploads = Uploads(folder)
        self.records = {record.id: record for record in kept_records(folder)}
        self._names, self._opened, self._named = offered, opened, named
        self._offer: asyncio.Task[Offer] | None = None
        self._waiting: list[str] = []
        self._running: dict[str, asyncio.Task[None]] = {}
        self._processes: dict[str, ToolProcess] = {}
        self._previews: dict[str, bytes] = {}
        self._listeners: list[Listener] = []
        self._later: asyncio.TimerHandle | None = None
        self.is_closed = False
        with contextlib.suppress(OSError):
            folder.chmod(0o700)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every job that has changed; the result stops it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def offer(self) -> Offer:
        """What there is to do; the first to ask waits for a process that knows.

        Where something could not be used it is asked again: what it lacked may be here by now.
        """
        task = self._offer
        if task is None or (task.done() and (task.exception() or task.result().broken)):
            task = asyncio.create_task(asyncio.to_thread(read_offer, self._names))
            self._offer = task
        return await asyncio.shield(task)

    async def tools(self, model: str | None = None) -> dict[str, Declared]:
        """The tools by name: all, or those that work on a model. Raises NotFound."""
        known = (await self.offer()).all()
        if model is None:
            return known
        family, commands = self.models.spec(model).family, self.models.commands(model)
        return {name: one for name, one in known.items() if one.takes.suits(family, commands)}

    async def all(self) -> list[JobRecord]:
        """Every job, oldest first."""
        more = await asyncio.to_thread(self.trainings.records)
        found = [*self.records.values(), *more]
        return sorted(found, key=lambda record: (record.created, record.id))

    async def one(self, name: str) -> JobRecord:
        """The job of that id. Raises NotFound."""
        if name.startswith(trainings.PREFIX):
            return await asyncio.to_thread(self.trainings.record, training_of(name))
        return self.find(name)

    def find(self, name: str) -> JobRecord:
        """The tool's job of that id. Raises NotFound."""
        if name not in self.records:
            raise NotFound(f"There is no job '{name[:80]}'.")
        return self.records[name]

    async def start(self, tool: str, model: str, inputs: Mapping[str, Wire]) -> JobRecord:
        """A new job, which runs when its turn comes.

        Inputs are wire values, or `{"uploads": [id, ...]}` for files that were sent. Raises
        NotFound, InvalidArgument for an input, Busy, or Unavailable for a full disk.
        """
        if len(self._waiting) >= MOST_WAITING:
            raise Busy(f"{MOST_WAITING} jobs wait already; stop some of them first.")
        if tool.partition("-")[0] == trainings.TOOL:
            return await self._start_training(tool, inputs)
        declared = (await self.offer()).find(tool)
        takes = declared.takes
        if takes.model:
            takes.check(tool, self.models.spec(model), self.models.commands(model))
        record = JobRecord(
            id=f"{_slug(tool)}-{secrets.token_hex(4)}",
            kind="dataset" if tool.partition("-")[0] == DATASET else "tool",
            tool=tool,
            model=model if takes.model else "",
            unit=declared.unit,
            created=time.time(),
            message=WAITS,
        )
        record = await asyncio.to_thread(self._claim, record, declared.command, inputs)
        self._put(record)
        self._waiting.append(record.id)
        self._advance()
        return record

    async def resume(
        self, name: str, kimg: float | None = None, other: str | None = None
    ) -> JobRecord:
        """Go on with a job that was stopped or failed, a training to `kimg`, a tool with `other`.

        Raises NotFound, InvalidArgument or Unavailable.
        """
        if name.startswith(trainings.PREFIX):
            await asyncio.to_thread(self.trainings.order_more, training_of(name), kimg)
        else:
            record = self.find(name)
            if record.state not in ("stopped", "failed") or record.is_broken:
                words = "broken" if record.is_broken else record.state
                raise InvalidArgument(f"'{name}' is {words}; there is nothing to resume.")
            for model in filter(None, (record.model, other)):
                self.models.spec(model)
            more = {} if other is None else {"inputs": {**record.inputs, OTHER: other}}
            self._set(record, "waiting", WAITS, **more)
        self._waiting.append(name)
        self._advance()
        return await self.one(name)

    async def stop(self, name: str) -> JobRecord:
        """Stop a job after its step in hand; stopped twice, at once. Raises NotFound."""
        if name.startswith(trainings.PREFIX):
            await asyncio.to_thread(self.trainings.stop, training_of(name))
            self._drop(name)
            return await self.one(name)
        record = self.find(name)
        if record.state == "waiting":
            self._drop(name)
            return self._set(record, "stopped", "Stopped before it began.")
        if name in self._processes:
            if record.state == "running":
                record = self._set(record, "stopping", "Finishes its step and stops.")
            self._processes[name].stop()
        return record

    async def delete(self, name: str) -> None:
        """Remove a job that has ended, and all it made. Raises NotFound or InvalidArgument."""
        if name.startswith(trainings.PREFIX):
            await asyncio.to_thread(self.trainings.delete, training_of(name))
            return
        record, folder = self.find(name), self.folder / name
        if not record.has_ended or is_held(folder / LOCK):
            raise InvalidArgument(f"'{name}' is not at an end; stop it first.")
        try:
            await asyncio.to_thread(remove, folder)
        except OSError as error:
            raise Unavailable(f"'{name}' cannot be deleted: {error.strerror}.") from None
        self.records.pop(name, None)
        self._previews.pop(name, None)

    def file(self, name: str, file: str) -> Path:
        """A file that a job made, by a name of its record's list. Raises NotFound."""
        if name.startswith(trainings.PREFIX):
            return self.trainings.file(training_of(name), file)
        if file not in self.find(name).files:
            raise NotFound(f"'{name}' has made no file '{file[:80]}'.")
        return plain_file(self.folder / name, file)

    def preview(self, name: str) -> bytes | Path | None:
        """What a job looks like: its newest preview, a JPEG, or else the first picture it made."""
        if name.startswith(trainings.PREFIX):
            return self.trainings.preview(training_of(name))
        record = self.find(name)
        if name in self._previews:
            return self._previews[name]
        kept = self.folder / name / PREVIEW
        if kept.is_file() and not kept.is_symlink():
            return kept
        pictures = (file for file in record.files if file.lower().endswith(PICTURES))
        first = next(pictures, None)
        return None if first is None else self.file(name, first)

    async def close(self) -> None:
        """Have what runs save and stop; it can be resumed."""
        self.is_closed = True
        self._waiting.clear()
        if self._later is not None:
            self._later.cancel()
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(
            asyncio.to_thread(self.trainings.close), *tasks, return_exceptions=True
        )
        if self._offer is not None:
            await asyncio.gather(self._offer, return_exceptions=True)

    async def _start_training(self, tool: str, inputs: Mapping[str, Wire]) -> JobRecord:
        trainer = inputs.get("trainer")
        if isinstance(trainer, str) and trainer:
            tool = trainings.tool_of(trainer)
        sent = inputs.get("dataset")
        if isinstance(sent, dict):
            inputs = {**inputs, "dataset": "sent"}  # until it has a place
        decoded = (await self.offer()).find(tool).command.decode(inputs)
        given = {name: value for name, value in decoded.items() if inputs.get(name) is not None}
        if tool != trainings.TOOL:
            given["trainer"] = tool.partition("-")[2]
        wanted, inputs = wanted_of(given), given
        record = JobRecord(
            id=wanted.name,
            kind="training",
            tool=trainings.TOOL,
            inputs=dict(inputs),
            message=WAITS,
            created=time.time(),
        )
        with contextlib.ExitStack() as stack:
            if isinstance(sent, dict):
                into = self.trainings.place_for(wanted.name)
                place = stack.enter_context(self.uploads.placed(sent, "dataset", into))
                record = replace(record, inputs={**inputs, "dataset": place})
            else:
                place = self._dataset(wanted.dataset)
            order = replace(wanted, dataset=place, start=self._start(wanted.start))
            await asyncio.to_thread(self.trainings.order, order, record)
        self._waiting.append(trainings.PREFIX + wanted.name)
        self._advance()
        await asyncio.sleep(0)  # so that one that need not wait is seen to begin
        return await self.one(trainings.PREFIX + wanted.name)

    def _dataset(self, name: str) -> str:
        """A path, the file of a job that prepared a dataset, or that of a model which teaches."""
        if name in self.records and self.records[name].kind == "dataset":
            return str(self.file(name, f"{DATASET}.zip"))
        if place := self._named(name):
            return str(place)
        with contextlib.suppress(NotFound):
            if file := self.models.spec(name).options.get("checkpoint"):
                return str(file)
        if self._opened is not None and name:
            self._opened.check(name, "dataset")
        return name

    def _start(self, name: str) -> str:
        """The file of a model, or the folder of a training. Raises NotFound."""
        if not name:
            return ""
        try:
            file = self.models.spec(name).options.get("checkpoint")
        except NotFound:
            file = None
        return str(file or self.trainings.find(name).folder)

    def _claim(self, record: JobRecord, command: Command, inputs: Mapping[str, Wire]) -> JobRecord:
        """Make the job's folder with what it was given in it, and check that. On disk first."""
        folder = self.folder / record.id
        try:
            own_folder(folder)
            record = attach(record, command, inputs, self.uploads, folder)
            given = with_files(command, record.inputs, record.attached, folder)
            decoded = command.decode(given)
            if other := decoded.get(OTHER):
                self.models.spec(str(other))
            if on := decoded.get(ON):
                check_named(str(on))
            write_record(folder, record)
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise Unavailable(f"'{folder}' cannot be written: {error.strerror}.") from None
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return record

    def _advance(self) -> None:
        """Begin the jobs whose turn has come."""
        for name in list(self._waiting):
            if not self._is_next(name):
                continue
            self._waiting.remove(name)
            self._running[name] = asyncio.create_task(self._run(name))

    def _is_next(self, name: str) -> bool:
        if self._is_light(name):
            return sum(map(self._is_light, self._running)) < MOST_LIGHT
        if not all(map(self._is_light, self._running)):
            return False
        if self.trainings.working() is None:
            return True
        # One that was begun by hand: nobody tells us when it ends.
        if self._later is None or self._later.when() < asyncio.get_running_loop().time():
            self._later = asyncio.get_running_loop().call_later(PATIENCE, self._advance)
        return False

    def _is_light(self, name: str) -> bool:
        offer = self._offer.result() if self._offer and self._offer.done() else None
        tool = self.records[name].tool if name in self.records else trainings.TOOL
        return bool(offer and tool in offer.tools and offer.tools[tool].is_light)

    async def _run(self, name: str) -> None:
        """One job from its turn to its end; never raises but CancelledError."""
        try:
            if name.startswith(trainings.PREFIX):
                await self._run_training(name)
            else:
                await self._run_tool(self.records[name])
        except (TaxiwayError, OSError) as error:
            if name in self.records:
                self._end(name, Failed(str(error)))
        except Exception as error:
            log.exception("The job '%s' failed", name)
            if name in self.records:
                self._end(name, Failed(f"The server failed at it: {error}."))
        finally:
            self._running.pop(name, None)
        self._advance()

    async def _run_training(self, name: str) -> None:
        async for _ in self.trainings.run(training_of(name)):
            self._notify(await self.one(name))
        self._notify(await self.one(name))

    async def _run_tool(self, record: JobRecord) -> None:
        await self.offer()  # a resumed one may be the first
        if self.records.get(record.id) is not record:
            return  # stopped meanwhile, deleted, or to have another turn
        other = record.inputs.get(OTHER)
        assignment = Assignment(
            tool=record.tool,
            folder=str(self.folder / record.id),
            inputs=record.inputs,
            model=self.models.spec(record.model) if record.model else None,
            attached=record.attached,
            other=self.models.spec(str(other)) if other else None,
        )
        self._set(record, "running", "Begins.", started=time.time(), ended=None, outputs=None)
        process = self._processes[record.id] = ToolProcess(assignment)
        began, first = time.monotonic(), None
        try:
            async for news in process.news():
                if not isinstance(news, Progress):
                    await process.close(END_SECONDS)
                    self._end(record.id, news)
                    return
                first = news.done if first is None else first
                self._report(record.id, news, _left(news, first, time.monotonic() - began))
        except asyncio.CancelledError:
            await process.close(END_SECONDS)
            words = "Stopped with the server; it can go on from here."
            self._end(record.id, Halted(words))
            raise
        finally:
            await process.close()
            del self._processes[record.id]

    def _report(self, name: str, news: Progress, left: float | None) -> None:
        record = self.records[name]
        if news.preview is not None:
            self._previews[name] = news.preview
        message = record.message if record.state == "stopping" else news.message
        done, total = news.done, news.total
        self._put(replace(record, done=done, total=total, message=message, seconds_left=left))

    def _end(self, name: str, news: News) -> None:
        """Keep how a job ended. Where the disk is full that is told, and it can be resumed."""
        record, ended = self.records[name], time.time()
        files = listed_files(self.folder / name)
        try:
            self._keep_preview(name)
            match news:
                case Done(outputs=outputs):
                    more = {"outputs": outputs, "done": record.total or 1.0}
                    more["total"] = record.total or 1.0
                    self._set(record, "done", "Done.", ended=ended, files=files, **more)
                case Halted(message=message):
                    self._set(record, "stopped", message, ended=ended, files=files)
                case Failed(message=message):
                    self._set(record, "failed", message, ended=ended, files=files)
        except Unavailable as error:
            # On disk it still runs, which the next server takes for stopped: it can be resumed too.
            words = f"{error} What it made is kept: resume it then."
            self._put(replace(record, state="failed", message=words, files=files, ended=ended))

    def _keep_preview(self, name: str) -> None:
        if name in self._previews:
            with contextlib.suppress(OSError):  # it only looks nicer
                write_whole(self.folder / name / PREVIEW, self._previews[name])

    def _set(self, record: JobRecord, state: State, message: str, **more: Any) -> JobRecord:
        """Change a job: on disk, then in memory, then for who listens. Raises Unavailable."""
        changed = replace(record, state=state, message=message, seconds_left=None, **more)
        write_record(self.folder / record.id, changed)
        self._put(changed)
        return changed

    def _put(self, record: JobRecord) -> None:
        self.records[record.id] = record
        self._notify(record)

    def _drop(self, name: str) -> None:
        with contextlib.suppress(ValueError):
            self._waiting.remove(name)

    def _notify(self, record: JobRecord) -> None:
        for listener in tuple(self._listeners):
            listener(record)


def training_of(name: str) -> str:
    """The training's name in a job's id."""
    return name.removeprefix(trainings.PREFIX)


def _left(news: Progress, first: float, seconds: float) -> float | None:
    done = news.done - first
    return max(0.0, seconds / done * (news.total - news.done)) if done > 0 else None


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9.-]+", "-", text.lower()).strip("-.")[:60] or "job"
