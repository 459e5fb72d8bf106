"""A model ported to Runway with its Python SDK, in a process (and a Python) of its own."""

import contextlib
import json
import multiprocessing
import os
import secrets
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyDataType, AnyType, Text
from taxiway.core.errors import InvalidArgument, ModelFailed
from taxiway.core.model import Progress
from taxiway.families.ported.card import described, opens
from taxiway.families.ported.client import Refused, SdkServer, loopback
from taxiway.families.ported.port import MANIFEST, Port, read_port
from taxiway.families.ported.process import PortProcess
from taxiway.families.ported.wire import (
    from_json,
    part_from_json,
    picture_formats,
    to_command,
    to_json,
)

LOOK_SECONDS = 0.05
"""Between two looks at whether the port is ready; that it ended is noticed at once."""
GONE_SECONDS = 5.0
"""For a port that broke a connection off to end."""


class Ported:
    """A port that we start, or a Model SDK server that runs already."""

    title = "Ported model"
    summary = "A model ported to Runway with its Python SDK: give its folder, or its address."
    relays = True
    others = "settings"
    needs_one_of = ("path", "url")
    local = ("path", "python", "url")
    options: ClassVar[dict[str, AnyDataType]] = {
        "path": Text(default=None, optional=True, description="The port's folder or program."),
        "python": Text(default=None, optional=True, description="The Python that it runs in."),
        "settings": AnyType(optional=True, description="The port's own options, by name."),
        "url": Text(
            default=None, optional=True, description="Instead of a path: a server that runs."
        ),
    }
    commands: dict[str, Command]
    facts: dict[str, Any]
    process: PortProcess | None = None

    opens = staticmethod(opens)
    described = staticmethod(described)

    def setup(self, device: str, options: Values) -> None:
        """Start the port and wait until it runs. Raises NotFound, InvalidArgument, ModelFailed."""
        if options["url"] is not None:
            self.server, self.format = SdkServer(*loopback(options["url"])), "PNG"
        else:
            self.server, self.format = self._start(device, options), "BMP"
        meta = self._meta(options)
        commands = map(to_command, meta["commands"])
        self.commands = {command.name: command for command in commands}
        if not self.commands:
            raise ModelFailed("It declares no command.")
        self.streaming = {each["name"] for each in meta["commands"] if each.get("streams")}
        self.facts = {"device": "cuda" if meta.get("GPU") else "cpu"}
        if self.process is not None:
            threading.Thread(target=self._end_with, args=[self.process], daemon=True).start()

    def predict(
        self, command: str, batch: list[Values]
    ) -> list[Values] | Iterator[list[Values] | Progress]:
        if command in self.streaming and len(batch) == 1:
            return self._parts(self.commands[command], batch[0])
        return [self._ask(self.commands[command], call) for call in batch]

    def _ask(self, command: Command, call: Values) -> Values:
        formats = picture_formats(command, self.format)
        with self._asking(command, call) as inputs:
            return from_json(command, self.server.run(command.name, inputs, formats))

    def _parts(self, command: Command, call: Values) -> Iterator[list[Values] | Progress]:
        formats = picture_formats(command, self.format)
        outputs = None
        with (
            self._asking(command, call) as inputs,
            contextlib.closing(self.server.parts(command.name, inputs, formats)) as parts,
        ):
            for outputs, progress in parts:
                if progress is not None:
                    yield Progress(progress)
                yield [part_from_json(command, outputs)]
            # The last is the answer, which lacks nothing.
            yield [from_json(command, outputs)]

    @contextlib.contextmanager
    def _asking(self, command: Command, call: Values) -> Iterator[dict[str, Any]]:
        """A call's inputs as JSON; what the port refuses within the block, in our words."""
        with tempfile.TemporaryDirectory(prefix="taxiway-") as files:
            try:
                yield to_json(command, call, self.format, Path(files))
            except Refused as refused:
                raise _error(refused) from None
            except OSError as error:
                raise self._lost(error) from None

    def _meta(self, options: Values) -> Any:
        try:
            return self.server.get("/meta")
        except (OSError, Refused):
            where = options["url"] or options["path"]
            raise ModelFailed(f"No model server answers at '{where}'.") from None

    def _start(self, device: str, options: Values) -> SdkServer:
        port, token = read_port(Path(options["path"]).expanduser()), secrets.token_urlsafe()
        number = _free_port()
        environment = {
            **port.environment(),
            "RW_HOST": "127.0.0.1",
            "RW_PORT": str(number),
            "TAXIWAY_TOKEN": token,
            **({"CUDA_VISIBLE_DEVICES": ""} if device == "cpu" else {}),
            **({"GPU": "1"} if device == "cuda" else {}),
        }
        if options["settings"] is not None:
            environment["RW_MODEL_OPTIONS"] = json.dumps(options["settings"])
        command = port.command(_absolute(options["python"]))
        try:
            self.process = PortProcess(command, port.folder, environment)
        except OSError as error:
            raise ModelFailed(f"'{command[0]}' does not start: {error.strerror}.") from None
        server = SdkServer("127.0.0.1", number, token)
        _wait(self.process, server, port)
        return server

    def _lost(self, error: OSError) -> ModelFailed:
        if self.process is not None and self.process.ended(GONE_SECONDS) is not None:
            self._end_with(self.process)
        return ModelFailed(f"The model server does not answer: {error.strerror or error}.")

    @staticmethod
    def _end_with(process: PortProcess) -> None:
        """End this worker with its port, so that the engine starts both again."""
        process.ended(None)
        if multiprocessing.parent_process() is None:
            return  # It runs in a thread of somebody's own process, which is not to end.
        os._exit(1)


def _absolute(python: str | None) -> str | None:
    # The port starts in its own folder. A link stays one: it is what makes an environment.
    if python is None or os.sep not in python:
        return python
    return os.path.abspath(os.path.expanduser(python))


def _wait(process: PortProcess, server: SdkServer, port: Port) -> None:
    """Until the port runs. Raises ModelFailed with its last words if it ends."""
    while (code := process.ended(LOOK_SECONDS)) is None:
        try:
            if server.get("/healthcheck").get("status") == "RUNNING":
                return
        except (OSError, Refused):
            pass
    raise ModelFailed(_farewell(code, process.last_words(), port))


def _farewell(code: int, words: str, port: Port) -> str:
    sentence = f"It ended with exit code {code}" + (f": {words.rstrip('.')}." if words else ".")
    if port.build_steps and ("ImportError" in words or "ModuleNotFoundError" in words):
        steps = "; ".join(port.build_steps)
        sentence += f" {MANIFEST} prepares its Python with: {steps}."
    return sentence


def _error(refused: Refused) -> InvalidArgument | ModelFailed:
    """400 names an input: `Invalid argument: NAME. why` or `Missing input: NAME.`"""
    message = str(refused)
    kind, _, rest = message.partition(": ")
    if refused.status != 400 or kind not in ("Invalid argument", "Missing input"):
        return ModelFailed(message)
    name, _, why = rest.partition(".")
    return InvalidArgument(f"'{name}':{why}" if why else f"'{name}' is missing.", name)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        number: int = server.getsockname()[1]
        return number


SLOT = Ported
