"""Runway's local HTTP API (docs/http.md) and what was added to it: health, OpenAPI, a picture.

POST /query   inputs -> outputs          GET /healthz        is it there, does it run
GET  /info    the fields of both         GET /openapi.json   the same for tools
GET  /data    the current output         GET /generate.png   a picture by its address
GET  /error   the current error          GET /generate.jpg
                                         GET /readyz         can it be asked now
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from taxiway.core.command import Command
from taxiway.core.datatypes import Wire
from taxiway.core.errors import Unavailable
from taxiway.live.readers import Readers
from taxiway.servers.http import openapi, picture
from taxiway.web import inputs
from taxiway.web.notices import ignored
from taxiway.web.patience import while_connected
from taxiway.web.powers import Power, declared
from taxiway.web.responses import Answer, to_json

if TYPE_CHECKING:
    from taxiway.engine import Engine


def routes(
    engine: "Engine", name_of_model: Callable[[], str], readers: Readers | None = None
) -> list[Route]:
    """The routes of the model that `name_of_model` names at the time of each request.

    `readers` are those of its live session, who then count whoever reads `/data`.
    """
    api = Api(engine, name_of_model, readers or Readers())
    found = [
        Route("/query", api.query, methods=["POST"]),
        Route("/data", api.data),
        Route("/error", api.error),
        Route("/info", api.info),
        Route("/healthz", api.health),
        Route("/readyz", api.ready),
        Route("/openapi.json", api.openapi),
        Route("/generate.png", api.generate),
        Route("/generate.jpg", api.generate),
    ]
    return declared(Power.ASK, found)


class Api:
    """The handlers; they know JSON and status codes, and leave the rest to the engine."""

    def __init__(
        self, engine: "Engine", name_of_model: Callable[[], str], readers: Readers
    ) -> None:
        self.engine = engine
        self.name_of_model = name_of_model
        self.readers = readers
        self._encoded: tuple[Mapping[str, Wire], bytes] = ({}, b"{}")

    async def query(self, request: Request) -> Answer:
        """Ask the model; the answer becomes its current output, an error its current error.

        It is the last part of a model that answers in parts. Who hangs up cancels it.
        """
        wire = await inputs.from_request(request, self._command)
        format_header = request.headers.get("x-runway-output-format")
        query = self.engine.query(self.name_of_model(), wire, format_header=format_header)
        outputs = await while_connected(request, query)
        said = ignored(await self._command(), wire)
        return Answer(self._encode(outputs), headers=said)

    async def data(self, request: Request) -> Answer:
        """The current output, whoever asked for it; `{}` before there is one."""
        self.readers.ask()
        running = self.engine.running.get(self.name_of_model())
        return Answer(self._encode(running.last_output) if running else b"{}")

    async def error(self, request: Request) -> Answer:
        """The current error; null after a success, or clients that poll stop reading /data."""
        running = self.engine.running.get(self.name_of_model())
        return Answer(to_json({"error": running.last_error if running else None}))

    async def info(self, request: Request) -> Answer:
        """The command's fields; waits for a model that is starting."""
        return Answer(to_json((await self._command()).describe()))

    async def health(self, request: Request) -> Answer:
        """Always 200; also what a page fetches first, to be asked for permission once."""
        name = self.name_of_model()
        running = self.engine.running.get(name)
        state = running.state if running else "asleep"
        return Answer(to_json({"status": "ok", "model": name, "state": state}))

    async def ready(self, request: Request) -> Answer:
        """200 if a question would be answered: it runs, or is asleep and wakes; else 503."""
        running = self.engine.running.get(self.name_of_model())
        if running is None or running.is_stopped or running.state in ("starting", "failed"):
            message = running.message if running else "The model is not started."
            raise Unavailable(message, retry_after=2)
        return Answer(to_json({"status": "ready", "state": running.state}))

    async def openapi(self, request: Request) -> Answer:
        """The OpenAPI document of this model."""
        base = str(request.base_url).rstrip("/")
        return Answer(to_json(openapi.document(self.name_of_model(), await self._command(), base)))

    async def generate(self, request: Request) -> Response:
        """A picture by its address; as a GET should, it leaves the current output as it is."""
        command = await self._command()
        format = picture.FORMATS[request.url.path.rpartition(".")[2]]
        output = picture.output_of(command)
        wire = picture.inputs_of(command, dict(request.query_params))
        name = self.name_of_model()
        outputs = await while_connected(request, self.engine.run(name, wire))
        made = picture.made_by(name, command, wire)
        body = await asyncio.to_thread(picture.encode, outputs[output], format, made)
        return picture.answer(body, format)

    async def _command(self) -> Command:
        return await self.engine.command_of(self.name_of_model())

    def _encode(self, outputs: Mapping[str, Wire]) -> bytes:
        """JSON of a current output, encoded once: it is polled at the rate of a screen."""
        known, encoded = self._encoded
        if known is not outputs:
            encoded = to_json(outputs)
            self._encoded = outputs, encoded
        return encoded


SLOT: Any = routes
