"""The other side of the edge: a process that holds one model and answers batches."""

import logging
import signal
import socket
import sys
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import msgspec

from taxiway.core import slots
from taxiway.core.command import Values
from taxiway.core.datatypes import names
from taxiway.core.errors import InvalidArgument, TaxiwayError
from taxiway.core.model import Model, ModelSpec
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


def main(connection: socket.socket, spec: bytes, areas: tuple[str, str]) -> None:
    """Set the model up, say so, then answer batches until the other side is gone."""
    # Ctrl-C goes to the whole process group; the server decides when a worker ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pipe, codec = WorkersEnd(connection), Codec()
    codec.incoming, codec.outgoing = (SharedMemory(name) if name else None for name in areas)
    try:
        model, facts = start(msgspec.msgpack.decode(spec, type=ModelSpec))
    except Exception as error:
        pipe.send(codec.pack(_failure(error)))
        return
    pipe.send(codec.pack(Ready(model.commands, facts)))
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
    model: Model = slots.load("families", spec.family)()
    unknown = set(spec.options) - set(model.options) - {"device"}
    if unknown:
        raise InvalidArgument(
            f"'{spec.name}' has no option '{min(unknown)}'. "
            f"There are: {names(list(model.options))}."
        )
    options: Values = {}
    for name, field in model.options.items():
        value = spec.options.get(name)
        value = field.fallback if value is None else value
        if value is msgspec.UNSET:
            raise InvalidArgument(f"'{spec.name}' needs the option '{name}'.", name)
        options[name] = None if value is None else field.decode_option(name, value)
    model.setup(str(spec.options.get("device", "auto")), options)
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


def _failure(error: Exception) -> Failed:
    if isinstance(error, TaxiwayError):
        return Failed(str(error), expected=True)
    log.exception("The model could not start")
    sys.stderr.flush()
    return Failed(f"{type(error).__name__}: {error}", expected=False)
