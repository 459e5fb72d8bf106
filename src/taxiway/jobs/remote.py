"""Jobs begun by Socket.IO and OSC: who may, and how whoever began one hears of it."""

import hmac
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from taxiway.core.datatypes import Wire
from taxiway.core.errors import InvalidArgument

if TYPE_CHECKING:
    from taxiway.jobs.record import JobRecord
    from taxiway.jobs.runner import Jobs

MOST_FOLLOWED = 64

Notify = Callable[[Mapping[str, Wire]], None]


class Request(Struct, kw_only=True):
    """A tool to run with some inputs, or a job to stop; pages also give the token."""

    tool: str = ""
    inputs: dict[str, Wire] = {}
    stop: str = ""
    token: str = ""


class RemoteJobs:
    """Begins and stops jobs for clients."""

    def __init__(self, jobs: "Jobs", token: str) -> None:
        self._jobs = jobs
        self._token = token
        self._listeners: dict[str, Notify] = {}
        jobs.listen(self._changed)

    async def ask(self, model: str, wire: Wire, notify: Notify, is_trusted: bool = False) -> None:
        """Do what `wire` says; `notify` is called with the job until it has ended.

        Without the token only who is trusted may. Raises InvalidArgument, NotFound, or what the
        job's tool says of its inputs.
        """
        request = _read(wire)
        if not is_trusted and not hmac.compare_digest(request.token, self._token):
            raise InvalidArgument("A job wants the token of this start; see docs/jobs.md.", "token")
        if request.stop:
            notify(brief(await self._jobs.stop(request.stop)))
            return
        if not request.tool:
            raise InvalidArgument('\'job\' takes a tool, such as {"tool": "mix"}.', "tool")
        if len(self._listeners) >= MOST_FOLLOWED:
            raise InvalidArgument(f"{MOST_FOLLOWED} jobs run or wait already.", "tool")
        record = await self._jobs.start(request.tool, model, request.inputs)
        if not record.has_ended:
            self._listeners[record.id] = notify
        notify(brief(record))

    def _changed(self, record: "JobRecord") -> None:
        notify = self._listeners.get(record.id)
        if notify is None:
            return
        if record.has_ended:
            del self._listeners[record.id]
        notify(brief(record))


def brief(record: "JobRecord") -> dict[str, Any]:
    """What fits into a datagram of any job."""
    names = ("id", "tool", "model", "state", "done", "total", "message")
    return {name: getattr(record, name) for name in names}


def _read(wire: Wire) -> Request:
    try:
        return msgspec.convert(wire, Request)
    except msgspec.ValidationError as error:
        raise InvalidArgument(f"'job' is not as expected: {error}.") from None
