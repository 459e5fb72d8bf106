"""The other side of the edge: a process that holds one model and answers batches."""

import logging
import socket
import sys
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import msgspec

from taxiway.core import declaration, slots
from taxiway.core.command import Values
from taxiway.core.errors import TaxiwayError
from taxiway.core.faults import failure, line_of, words_of
from taxiway.core.model import Model, ModelSpec, decode_options
from taxiway.engine.messages import (
    Answers,
    CallError,
    CallOutputs,
    Codec,
    Failed,
    Predict,
    Ready,
)
from taxiway.engine.pipe import WorkersEnd

log = logging.getLogger("taxiway.worker")


def main(connection: socket.socket, spec: bytes, areas: list[str]) -> None:
    """Set the model up, say so, then answer batches until the other side is gone."""
    pipe, codec = WorkersEnd(connection), Codec()
    codec.incoming, codec.outgoing = (SharedMemory(name) if name else None for name in areas)
    wanted = msgspec.msgpack.decode(spec, type=ModelSpec)
    try:
        model, facts = start(wanted)
        ready = codec.pack(Ready(model.commands, facts))
    except (Exception, SystemExit) as error:
        pipe.send(codec.pack(_failure(error, wanted)))
        return
    pipe.send(ready)
    while True:
        try:
            request = codec.unpack(pipe.receive())
        except (EOFError, OSError):
            return
        assert isinstance(request, Predict)
        answers = answer(model, request.command, request.batch)
        pipe.send(_packed(codec, answers))


def start(spec: ModelSpec) -> tuple[Model, dict[str, Any]]:
    """Make and set up the model of `spec`; also what it says of itself (`facts`)."""
    family = declaration.family(spec.family)
    options = decode_options(spec.name, family, spec.options)
    model = family()
    model.setup(str(spec.options.get("device", "auto")), options)
    declaration.check_commands(model, spec.name)
    return model, dict(getattr(model, "facts", {}))


def answer(model: Model, command: str, batch: list[Values]) -> list[CallOutputs | CallError]:
    """Answer every call; where the batch as a whole fails, each call is tried by itself."""
    try:
        results: list[Any] = model.predict(command, batch)
    except Exception as error:
        if len(batch) > 1:
            return [answer(model, command, [call])[0] for call in batch]
        if not isinstance(error, TaxiwayError):
            log.exception("The model failed in '%s'", command)
        results = [error]
    return [
        CallError.of(result) if isinstance(result, Exception) else CallOutputs(result)
        for result in results
    ]


def _packed(codec: Codec, answers: list[CallOutputs | CallError]) -> bytes:
    try:
        return codec.pack(Answers(answers))
    except Exception as error:
        return codec.pack(Answers([CallError.of(error)] * len(answers)))


def _failure(error: BaseException, spec: ModelSpec) -> Failed:
    if isinstance(error, TaxiwayError):
        return Failed(str(error), expected=True)
    log.error("The model could not start", exc_info=error)
    sys.stderr.flush()
    member = slots.find("families", spec.family)
    if isinstance(error, ModuleNotFoundError):
        return Failed(str(failure(error, spec.name, member.module, member.package)), True)
    where = line_of(error, member.module)
    return Failed(words_of(error) + (f" ({where})." if where else "."), expected=False)
