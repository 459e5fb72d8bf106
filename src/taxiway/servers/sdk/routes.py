"""The routes of Runway's Model SDK, so that a model's address is one that its plug-ins know.

GET  /healthcheck   STARTING or RUNNING     GET  /<command>   its fields
GET  /meta          all commands            POST /<command>   inputs -> outputs
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.routing import Match, Route
from starlette.types import Scope

from taxiway.core.command import Command
from taxiway.core.errors import NotFound, Unavailable
from taxiway.web import inputs
from taxiway.web.notices import ignored
from taxiway.web.patience import while_connected
from taxiway.web.powers import Power, declared
from taxiway.web.responses import Answer, to_json

if TYPE_CHECKING:
    from taxiway.engine import Engine

SDK_VERSION = "0.6.1"
"""The last version of Runway's Model SDK, whose answers these are."""

TAKEN = frozenset(
    {"query", "data", "error", "info", "output", "healthz", "readyz", "studio", "socket.io", "osc"}
)
"""Names that mean something else here; a command of such a name is reached by `/query`."""


class CommandRoute(Route):
    """`/<command>`, except for what other routes answer, or refuse with a better reason."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, child = super().matches(scope)
        name = child.get("path_params", {}).get("command", "")
        # No command has a dot in its name; favicon.ico has.
        return (Match.NONE, {}) if name in TAKEN or "." in name else (match, child)


def routes(engine: "Engine", name_of_model: Callable[[], str]) -> list[Route]:
    """The routes of the model that `name_of_model` names at the time of each request."""
    api = Api(engine, name_of_model)
    found = [
        Route("/healthcheck", api.health),
        Route("/meta", api.meta),
        CommandRoute("/{command}", api.describe),
        CommandRoute("/{command}", api.run, methods=["POST"]),
    ]
    return declared(Power.ASK, found)


class Api:
    """The handlers; the engine does the rest."""

    def __init__(self, engine: "Engine", name_of_model: Callable[[], str]) -> None:
        self.engine = engine
        self.name_of_model = name_of_model
        self._began = time.monotonic()
        self._asked: float | None = None

    async def health(self, request: Request) -> Answer:
        """RUNNING also for a model that sleeps, since any request wakes it; 503 for no more."""
        running = self.engine.running.get(self.name_of_model())
        if running is not None and (running.state == "failed" or running.is_stopped):
            raise Unavailable(running.message, retry_after=10)
        there = running is not None and running.state != "starting"
        return Answer(to_json({"status": "RUNNING" if there else "STARTING"}))

    async def meta(self, request: Request) -> Answer:
        """What the model can be asked; the set-up options were chosen when it was started."""
        name = self.name_of_model()
        await self.engine.command_of(name)
        running = self.engine.running[name]
        now = time.monotonic()
        meta = {
            "modelSDKVersion": SDK_VERSION,
            "millisRunning": milliseconds(now - self._began),
            "millisSinceLastCommand": None
            if self._asked is None
            else milliseconds(now - self._asked),
            "GPU": str(running.facts.get("device", "cpu")) != "cpu",
            "options": [],
            "commands": [command.describe() for command in running.commands.values()],
        }
        return Answer(to_json(meta))

    async def describe(self, request: Request) -> Answer:
        """One command's fields."""
        return Answer(to_json((await self._command(request)).describe()))

    async def run(self, request: Request) -> Answer:
        """Ask the model; like `/query`, this gives it its current output or error."""
        command = await self._command(request)

        async def known() -> Command:
            return command

        self._asked = time.monotonic()
        wire = await inputs.from_request(request, known)
        header = request.headers.get("x-runway-output-format")
        query = self.engine.query(
            self.name_of_model(), wire, command=command.name, format_header=header
        )
        outputs = await while_connected(request, query)
        return Answer(to_json(outputs), headers=ignored(command, wire))

    async def _command(self, request: Request) -> Command:
        name, model = request.path_params["command"], self.name_of_model()
        await self.engine.command_of(model)
        commands = self.engine.running[model].commands
        if name not in commands:
            raise NotFound(f"Unknown command: {name}.")
        return commands[name]


def milliseconds(seconds: float) -> int:
    return round(1000 * seconds)
