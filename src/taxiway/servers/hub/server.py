"""Runway's own API at port 5142, by which its Photoshop and Unity plug-ins start models.

GET /v1/healthcheck                POST   /v1/model_sessions            start a model
GET /v1/models                     DELETE /v1/model_sessions/<id>       stop it
GET /v1/model_sessions[/<id>]      POST   /v1/model_sessions/stop_all   stop an application's
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import structs
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from taxiway.core.config import Config
from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.live.model_manager import ModelManager, RunningModel
from taxiway.servers.hub import records as hub_records
from taxiway.servers.hub.records import Leaving, Provider, Record, Start, Wanted
from taxiway.web.application import application
from taxiway.web.listen import Listener
from taxiway.web.powers import Power, declared, is_on_this_machine
from taxiway.web.responses import Answer, error_answer, to_json

PREFIX = "/v1"
PANELS = ("null", "file://")
"""What a Photoshop panel says of its origin; alas any page of the web can say `null` too."""

T = TypeVar("T")
Handler = Callable[[Request], Awaitable[Any]]


def listener(manager: ModelManager, config: Config, port: int) -> Listener:
    """The hub at its port; on this machine only, since whoever reaches it may start models."""
    local = structs.replace(config, host="127.0.0.1", port=port)
    return Listener(application(routes(manager, local), local), local)


def routes(manager: ModelManager, config: Config) -> list[Route]:
    """The hub's routes; its plug-ins have no token, so what changes something is for programs of
    the user's on this machine."""
    hub = Hub(manager)

    def route(path: str, handler: Handler, method: str = "GET") -> Route:
        async def guarded(request: Request) -> Response:
            refusal = None if method == "GET" else refuse(request, config)
            return refusal or Answer(to_json(await handler(request)))

        power = Power.ASK if method == "GET" else Power.OWN
        return declared(power, [Route(PREFIX + path, guarded, methods=[method])])[0]

    return [
        route("/healthcheck", hub.health),
        route("/models", hub.models),
        route("/model_sessions", hub.sessions),
        route("/model_sessions", hub.start, "POST"),
        route("/model_sessions/stop_all", hub.stop_all, "POST"),
        route("/model_sessions/{id}", hub.session),
        route("/model_sessions/{id}", hub.stop, "DELETE"),
    ]


def refuse(request: Request, config: Config) -> Answer | None:
    """Programs name no origin; pages do, and may not start or stop what runs on this machine."""
    origin = request.headers.get("origin")
    if not is_on_this_machine(request.scope, config):
        return error_answer(403, "Only programs on this machine may start or stop models here.")
    if origin is None or (config.hub_null_origin and origin in PANELS):
        return None
    if origin in PANELS:
        return error_answer(
            403, "A panel may start models only if Taxiway was started with --photoshop."
        )
    return error_answer(403, "A web page may not start or stop models here.")


class Hub:
    """The handlers. A session is a running model, and has its name as its id."""

    def __init__(self, manager: ModelManager) -> None:
        self.manager = manager
        self._starts: dict[str, Start] = {}
        self._infos: dict[str, Record] = {}

    async def health(self, request: Request) -> Record:
        """That there is a hub; plug-ins ask every few seconds."""
        return {"success": True}

    async def models(self, request: Request) -> Record:
        """What can be started, and what was; of both only what has a command to show."""
        self._look()
        listed = [hub_records.model(card, self._infos.get(card["name"])) for card in self._cards()]
        return {"models": [model for model in listed if model["commands"]]}

    async def sessions(self, request: Request) -> Record:
        """Everything that runs, whoever started it."""
        return {"modelSessions": [self._session(model) for model in self._look()]}

    async def session(self, request: Request) -> Record:
        """One of them."""
        return {"modelSession": self._session(self._find(request.path_params["id"]))}

    async def start(self, request: Request) -> Record:
        """Start a model, or join it where it runs; Photoshop reads `id`, Unity the rest."""
        wanted = await _body(request, Wanted)
        card = self._card(wanted.model_version_id)
        options = hub_records.chosen_options(card, wanted.model_options or {})
        if card["name"] not in {model.name for model in self._look()}:
            await self.manager.start(card["name"], options)
            provider = wanted.provider_options or Provider()
            self._starts[card["name"]] = Start(wanted.application, provider)
        session = self._session(self._find(card["name"]))
        return {"id": session["id"], "modelSession": session}

    async def stop(self, request: Request) -> Record:
        """Stop a model, whoever started it: it was named."""
        await self.manager.stop(self._find(request.path_params["id"]).name)
        return {"success": True}

    async def stop_all(self, request: Request) -> Record:
        """Stop what one application started, and nothing else."""
        leaving = await _body(request, Leaving)
        for model in self._look():
            if self._starts[model.name].application == leaving.application:
                await self.manager.stop(model.name)
        return {"success": True}

    def _look(self) -> list[RunningModel]:
        """The models that run, after noting those that came or went, and what is known of them now.

        A model that sleeps is left out, though it has its ports: somebody stopped it.
        """
        running = [model for model in self.manager.running() if model.state != "asleep"]
        self._starts = {model.name: self._starts.get(model.name) or Start() for model in running}
        self._infos |= {model.name: model.info for model in running if model.info}
        for model in running:
            start = self._starts[model.name]
            start.ran = start.ran or (hub_records.now() if model.state == "running" else None)
        return running

    def _find(self, name: str) -> RunningModel:
        for model in self._look():
            if model.name == name:
                return model
        raise NotFound(f"There is no session '{name[:64]}'.")

    def _session(self, model: RunningModel) -> Record:
        return hub_records.session(model, self._starts[model.name])

    def _cards(self) -> list[Mapping[str, Any]]:
        """Of all models, those that run from a file of their own included."""
        running = [model.card for model in self.manager.running()]
        return list({card["name"]: card for card in [*self.manager.models(), *running]}.values())

    def _card(self, version: int) -> Mapping[str, Any]:
        for card in self._cards():
            if hub_records.version_of(card["name"]) == version:
                return card
        raise NotFound("No model has this 'modelVersionId'; GET /v1/models lists them.")


async def _body(request: Request, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(await request.body(), type=kind, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidArgument(f"The body is not what is expected: {error}.") from None
