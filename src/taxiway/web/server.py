"""What a member of the slot `servers` is: one protocol by which running models are reached."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from starlette.routing import BaseRoute

from taxiway.core.config import Config
from taxiway.core.datatypes import AnyDataType
from taxiway.core.opened import OpenFolders
from taxiway.engine import Engine
from taxiway.jobs.remote import RemoteJobs
from taxiway.live.inputs import Inputs
from taxiway.live.model_manager import ModelManager
from taxiway.live.outputs import Outputs
from taxiway.live.session import LiveSession
from taxiway.web.powers import Tokens


@dataclass(frozen=True, kw_only=True)
class ServerContext:
    """What a server gets of one running model.

    `session` is its live session, whose `spec.name` is the model's name; `config` says where to
    listen, with every port moved up by the model's slot; `settings` are the decoded values of what
    the server declared. `tokens` are those of this start, below what is `opened` pages may name
    paths, and `card` tells of the model now.
    """

    engine: Engine
    session: LiveSession
    config: Config
    tokens: Tokens = field(default_factory=Tokens.new)
    opened: OpenFolders = field(default_factory=lambda: OpenFolders([]))
    card: Callable[[], Mapping[str, Any]] = dict
    jobs: RemoteJobs | None = None
    outputs: Outputs | None = None
    inputs: Inputs | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    http_routes: Sequence[BaseRoute] = ()
    """Runway's local HTTP API, for a server that offers it at its own port too."""
    studio_routes: Sequence[BaseRoute] = ()
    """Routes that all models share, for the studio's page."""

    def name(self) -> str:
        """The model's name, which stays."""
        return self.session.spec.name


@dataclass(frozen=True, kw_only=True)
class ManagerContext:
    """What a server gets that speaks for all models at once."""

    manager: ModelManager
    config: Config
    settings: Mapping[str, Any] = field(default_factory=dict)


class _Server:
    title: ClassVar[str]
    settings: ClassVar[Mapping[str, AnyDataType]] = {}

    async def start(self) -> int | None:
        """Begin to serve; the port of its own that it took, if any.

        Raises PortInUse or CannotListen; models then run without this server.
        """
        return None

    async def stop(self) -> None:
        """Serve no more; called once, after `start` or instead of it."""


class Server(_Server):
    """A protocol for one running model: routes at its HTTP port, a port of its own, or both.

    `title` names it for people. `settings` become flags of `taxiway run`; one that is called
    `port` is moved up by one for each further model, and None switches the server off. `is_last`
    is for routes that would take other servers' paths.
    """

    is_last: ClassVar[bool] = False

    def __init__(self, context: ServerContext) -> None:
        self.context = context

    def routes(self) -> Sequence[BaseRoute]:
        """What it serves at the model's HTTP port, behind the guard and its limits."""
        return ()


class ManagerServer(_Server):
    """A protocol for all models at once, as the hub of Runway's plug-ins is."""

    def __init__(self, context: ManagerContext) -> None:
        self.context = context
