"""What the hub tells of models and sessions, in the words of Runway's plug-ins."""

import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from msgspec import Meta, Struct, field

from taxiway.core.datatypes import names
from taxiway.core.errors import InvalidArgument
from taxiway.live.model_manager import RunningModel

Record = dict[str, Any]

STATUS = {"starting": "STARTING", "running": "RUNNING", "failed": "FAILED"}
"""A model that sleeps has no session; a plug-in wakes it by starting one."""

STYLEGAN: Record = {
    "name": "generate",
    "description": None,
    "inputs": [
        {
            "name": "z",
            "type": "vector",
            "length": 512,
            "samplingMean": 0,
            "samplingStd": 0.5,
            "default": None,
            "description": None,
        },
        {
            "name": "truncation",
            "type": "number",
            "min": 0,
            "max": 1,
            "step": 0.01,
            "default": 0.8,
            "description": None,
        },
    ],
    "outputs": [
        {
            "name": "image",
            "type": "image",
            "channels": 3,
            "defaultOutputFormat": "JPEG",
            "description": None,
        }
    ],
}
"""What Runway told of a StyleGAN; stands for one that has not run yet, as its own may differ."""


def now() -> str:
    """The time as JavaScript and C# read it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Name = Annotated[str, Meta(max_length=64)]


class Provider(Struct, rename="camel"):
    """Where a plug-in wants a model to run; told back to it, it runs here anyway."""

    run_location: Name | None = None
    run_type: Name | None = None
    gpu_index: Annotated[int, Meta(ge=-1, lt=2**31)] | None = None


class Wanted(Struct, rename="camel"):
    """What a plug-in sends to start a model."""

    model_version_id: int
    model_options: Record | None = None
    application: Name = "?"
    provider_options: Provider | None = None


class Leaving(Struct):
    """What a plug-in sends to stop all that it started."""

    application: Name


class Start(Struct):
    """When a model was started, by which application, and where that wanted it."""

    application: str = "Taxiway"
    provider: Provider = field(default_factory=Provider)
    created: str = field(default_factory=now)
    ran: str | None = None


def version_of(name: str) -> int:
    """A number for a model that is the same tomorrow, and fits C#'s int."""
    return zlib.crc32(name.encode()) & 0x7FFFFFFF


def commands_of(card: Mapping[str, Any], info: Record | None) -> list[Record]:
    """The command that a plug-in shows, as far as it is known before the first start.

    Plug-ins send every input they are told of, so those that may be left out are not told: a `w`
    of random numbers would be taken instead of the z.
    """
    known = [info] if info else card.get("commands") or []
    if not known and card.get("family") in ("stylegan", "painter"):
        known = [STYLEGAN]
    return [{**command, "inputs": [*filter(_needed, command["inputs"])]} for command in known]


def _needed(input: Record) -> bool:
    return input.get("optional") is not True


def options_of(card: Mapping[str, Any]) -> list[Record]:
    """The set-up options; Photoshop reads a file's first choice, whether there is one or not."""
    return [
        {**option, "oneOf": option.get("oneOf") or ["default"]}
        if option["type"] == "file"
        else option
        for option in card.get("options") or []
    ]


def chosen_options(card: Mapping[str, Any], given: Mapping[str, Any]) -> Record:
    """Those of the given options that the card has; a file only from those that it offers.

    Raises InvalidArgument, naming the option.
    """
    chosen = {}
    for option in card.get("options") or []:
        name = option["name"]
        offers = option.get("oneOf") or []
        if name not in given or (option["type"] == "file" and not offers):
            continue
        if option["type"] == "file" and given[name] not in offers:
            raise InvalidArgument(f"'{name}' takes one of: {names(offers)}.", name)
        chosen[name] = given[name]
    return chosen


def model(card: Mapping[str, Any], info: Record | None) -> Record:
    """A model as the plug-ins list it; `info` is its command as `/info` tells it."""
    version = version_of(card["name"])
    return {
        "id": version,
        "name": card["title"],
        "description": card.get("summary", ""),
        "coverImage": "",
        "defaultVersionId": version,
        "options": options_of(card),
        "commands": commands_of(card, info),
    }


def session(running: RunningModel, start: Start) -> Record:
    """A running model as the plug-ins know it; its `url` takes the Model SDK's requests."""
    return {
        "id": running.name,
        "modelVersionId": version_of(running.name),
        "application": start.application,
        "runningStatus": STATUS[running.state],
        "url": running.url.rstrip("/"),
        "createdAt": start.created,
        "startedRunningAt": start.ran,
        "endedAt": None,
        "persistent": False,
        "providerOptions": start.provider,
        "model": model(running.card, running.info),
    }
