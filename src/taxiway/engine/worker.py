"""The other side of the edge: a process that holds one model and answers batches."""

import contextlib
import logging
import os
import socket
import sys
import time
from collections import defaultdict, deque
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from multiprocessing.shared_memory import SharedMemory
from typing import Any, TypeGuard

import msgspec
import numpy as np

from taxiway.core import declaration, slots
from taxiway.core.command import Command, Values
from taxiway.core.datatypes import Image
from taxiway.core.errors import ModelFailed, TaxiwayError
from taxiway.core.faults import failure, line_of, words_of
from taxiway.core.images import Pixels
from taxiway.core.logs import request_id
from taxiway.core.model import Finished, Model, ModelSpec, Progress, decode_options
from taxiway.engine.coding import Coded, Writer
from taxiway.engine.messages import (
    Answers,
    CallError,
    CallOutputs,
    Codec,
    Failed,
    Formats,
    GoOn,
    News,
    Part,
    Predict,
    Ready,
    array_bytes,
)
from taxiway.engine.pipe import ServerGone, WorkersEnd
from taxiway.engine.sending import Sent
from taxiway.engine.spare_time import SpareTime

log = logging.getLogger("taxiway.worker")

SIDE_BY_SIDE = 3 * 2**20
"""Bytes of a batch's pixels from which on threads encode it, or an accelerator would wait."""


def main(connection: socket.socket, spec: bytes, areas: list[str], ahead: int = 0) -> None:
    """Set the model up, say so, then answer batches until the other side is gone, or a model is
    spent, which the other side starts anew.

    Up to `ahead` parts of an answer are sent before the other side has answered the first of them.
    """
    pipe, codec = WorkersEnd(connection), Codec()
    codec.incoming, codec.outgoing = (SharedMemory(name) if name else None for name in areas)
    wanted = msgspec.msgpack.decode(spec, type=ModelSpec)
    try:
        model, facts = start(wanted)
        ready = codec.pack(Ready(model.commands, facts))
    except (Exception, SystemExit) as error:
        pipe.send(codec.pack(failure_of(error, wanted)))
        return
    pipe.send(ready)

    def learn() -> None:
        declaration.check_commands(model, wanted.name)
        pipe.send(codec.pack(News(model.commands, facts_of(model))))

    spare, requests, writers = SpareTime(model, learn), Requests(pipe, codec, ahead), Writers()
    with contextlib.suppress(ServerGone):
        while True:
            request = requests.next()
            request_id.set(" ".join(request.requests))
            began = time.perf_counter()
            answers = answers_to(model, request, requests.show)
            if request.sent is not None:
                answers = writers.all_smaller(model.commands[request.command], answers, request)
            pipe.send(packed(codec, answers, (time.perf_counter() - began) * 1000))
            if any(isinstance(each, CallError) and each.is_last for each in answers):
                return
            spare.use(requests.waits)


class Requests:
    """What a worker is asked, one after the other, and the words on the parts that it shows."""

    def __init__(self, pipe: WorkersEnd, codec: Codec, ahead: int) -> None:
        self._pipe, self._codec, self._ahead = pipe, codec, ahead
        self._waiting = deque[Predict]()
        self._shown = deque[int]()  # the requests whose parts have no word yet
        self._number = 0
        self._is_wanted = True

    def next(self) -> Predict:
        """The next request. Raises ServerGone."""
        while not self._waiting:
            # Asleep in `recv` it would be woken for nothing whenever the server reads an answer.
            self._pipe.waits(None)
            self._read()
        self._number += 1
        self._is_wanted = True
        return self._waiting.popleft()

    def waits(self, seconds: float) -> bool:
        """Whether there is something to do within that time."""
        return bool(self._waiting) or self._pipe.waits(seconds)

    def show(self, part: Part) -> bool:
        """Send a part of the answer to the request; whether anybody waits for the rest."""
        self._pipe.send(self._codec.pack(part))
        self._shown.append(self._number)
        while len(self._shown) > self._ahead or self._pipe.waits(0):
            self._read()
        return self._is_wanted

    def _read(self) -> None:
        word = self._codec.unpack(self._pipe.receive())
        if isinstance(word, GoOn):
            is_of_this = self._shown.popleft() == self._number
            self._is_wanted = self._is_wanted and (word.wanted or not is_of_this)
        else:
            assert isinstance(word, Predict)
            self._waiting.append(word)


def start(spec: ModelSpec) -> tuple[Model, dict[str, Any]]:
    """Make and set up the model of `spec`; also what it says of itself (`facts`)."""
    family = declaration.family(spec.family)
    options = decode_options(spec.name, family, spec.options)
    model = family()
    model.setup(str(spec.options.get("device", "auto")), options)
    declaration.check_commands(model, spec.name)
    return model, facts_of(model)


def facts_of(model: Model) -> dict[str, Any]:
    """What a model says of itself."""
    return dict(getattr(model, "facts", {}))


def answers_to(
    model: Model, request: Predict, show: Callable[[Part], bool]
) -> list[CallOutputs | CallError]:
    """Answer every call; a picture that is wanted as JPEG is encoded here."""
    for gone in request.gone:
        forget(model, gone)
    answers = answer(model, request.command, request.batch, show)
    if not request.formats:
        return answers
    encode = partial(_with_jpegs, model.commands[request.command])
    pixels = sum(array_bytes(one.outputs) for one in answers if isinstance(one, CallOutputs))
    pool = encoders() if len(answers) > 1 and pixels > SIDE_BY_SIDE else None
    return list((pool.map if pool else map)(encode, answers, request.formats))


class Writers:
    """What makes played pictures smaller for a way, one for each output of each command."""

    def __init__(self) -> None:
        self._writers = defaultdict[tuple[str, str], Writer](Writer)

    def all_smaller(
        self, command: Command, answers: list[CallOutputs | CallError], request: Predict
    ) -> list[CallOutputs | CallError]:
        """The answers to a request; only those to what is moving are others than before."""
        assert request.sent is not None
        return [
            self._smaller(command, each, request.sent) if played == "moving" else each
            for each, played in zip(answers, request.played, strict=True)
        ]

    def _smaller(
        self, command: Command, answered: CallOutputs | CallError, sent: Sent
    ) -> CallOutputs | CallError:
        """An answer with its pictures as they are sent; all else stays as it is."""
        if isinstance(answered, CallError):
            return answered
        outputs, coded = dict(answered.outputs), dict[int, Coded]()
        for name, field in command.outputs.items():
            value = outputs.get(name)
            if isinstance(field, Image) and is_pixels(value):
                del outputs[name]
                if id(value) not in coded:  # what goes by several names goes once
                    coded[id(value)] = self._writers[command.name, name].coded(value, sent)
                coded[id(value)].names.append(name)
        return CallOutputs(outputs, answered.uris, list(coded.values()))


def is_pixels(value: Any) -> TypeGuard[Pixels]:
    """Whether it is a picture of bytes."""
    return isinstance(value, np.ndarray) and value.dtype == np.uint8 and value.ndim in (2, 3)


def forget(model: Model, caller: str) -> None:
    """Have a model drop what it remembers of a caller, if it remembers any."""
    try:
        getattr(model, "forget", lambda caller: None)(caller)
    except Exception:
        log.exception("The model failed to forget a caller")


@cache
def encoders() -> ThreadPoolExecutor | None:
    """Threads that encode a batch's pictures; none where model and server have a core each."""
    cores = os.cpu_count() or 1
    return ThreadPoolExecutor(min(cores - 1, 4), "encode") if cores > 2 else None


def _with_jpegs(
    command: Command, answered: CallOutputs | CallError, formats: Formats | None
) -> CallOutputs | CallError:
    if formats is None or isinstance(answered, CallError):
        return answered
    try:
        uris = command.encode_jpegs(answered.outputs, formats)
    except TaxiwayError as error:
        return CallError.of(error)
    others = {name: value for name, value in answered.outputs.items() if name not in uris}
    return CallOutputs(others, uris)


def answer(
    model: Model,
    command: str,
    batch: list[Values],
    show: Callable[[Part], bool] = lambda part: True,
) -> list[CallOutputs | CallError]:
    """Answer every call; where the batch as a whole fails, each call is tried by itself.

    `show` is given what a generator yields; it is closed once that returns False.
    """
    try:
        given: Any = model.predict(command, batch)
        results = _last(given, len(batch), show) if isinstance(given, Iterator) else given
        return checked(results, len(batch))
    except Exception as error:
        if len(batch) > 1:
            return [_by_itself(model, command, batch, index, show) for index in range(len(batch))]
        if not isinstance(error, TaxiwayError):
            log.exception("The model failed in '%s'%s", command, _of(request_id.get()))
        return [CallError.of(error)]


def _of(request: str) -> str:
    # Where the log has no place for it, as on another machine, it is found all the same.
    return f", request {request}" if request else ""


def _by_itself(
    model: Model, command: str, batch: list[Values], index: int, show: Callable[[Part], bool]
) -> CallOutputs | CallError:
    def show_one(part: Part) -> bool:
        answers: list[CallOutputs | CallError | None] = [None] * len(batch)
        answers[index : index + 1] = part.answers or [None]
        return show(Part(answers, part.progress))

    return answer(model, command, [batch[index]], show_one)[0]


def _last(parts: Iterator[list[Any] | Progress], count: int, show: Callable[[Part], bool]) -> Any:
    """The last list of answers that a generator yields."""
    newest = None
    for part in parts:
        if isinstance(part, Progress):
            goes_on = show(Part([None] * count, part))
        else:
            newest = part
            goes_on = show(Part([*checked(part, count)]))
        if not goes_on:
            break
    # Not left to the garbage collector: the model may hold memory until it is closed.
    if isinstance(parts, Generator):
        parts.close()
    if newest is None:
        raise ModelFailed("The model yielded no answer.")
    return newest


def checked(results: Any, count: int) -> list[CallOutputs | CallError]:
    """The answers of a model to so many calls. Raises ModelFailed for anything else."""
    if not isinstance(results, list) or len(results) != count:
        given = len(results) if isinstance(results, list) else type(results).__name__
        raise ModelFailed(f"A model gives {count} calls a list of as many answers, got {given}.")
    for result in results:
        if not isinstance(result, Exception) and not _is_named(result):
            given = type(result).__name__
            raise ModelFailed(
                f"A model answers a call with a dict of outputs by name, got {given}."
            )
    return [
        CallError.of(result)
        if isinstance(result, Exception)
        else CallOutputs(dict(result), is_whole=isinstance(result, Finished))
        for result in results
    ]


def _is_named(result: Any) -> bool:
    return isinstance(result, Mapping) and all(isinstance(name, str) for name in result)


def packed(codec: Codec, answers: list[CallOutputs | CallError], took_ms: float = 0.0) -> bytes:
    try:
        return codec.pack(Answers(answers, took_ms, time.monotonic() * 1000))
    except Exception as error:
        return codec.pack(Answers([CallError.of(error)] * len(answers), took_ms))


def failure_of(error: BaseException, spec: ModelSpec) -> Failed:
    if isinstance(error, TaxiwayError):
        return Failed(str(error), expected=True)
    log.error("The model could not start", exc_info=error)
    sys.stderr.flush()
    member = slots.find("families", spec.family)
    if isinstance(error, ModuleNotFoundError):
        return Failed(str(failure(error, spec.name, member.module, member.package)), True)
    where = line_of(error, member.module)
    return Failed(words_of(error) + (f" ({where})." if where else "."), expected=False)
