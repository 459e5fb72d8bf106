"""Looking into a checkpoint of any kind, hostile ones included, without doing what it asks."""

import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from taxiway.checkpoint import foreign, records
from taxiway.checkpoint.contents import Checkpoint, printable
from taxiway.checkpoint.limits import Broken, Budget
from taxiway.checkpoint.machine import Seen
from taxiway.checkpoint.modules import take_apart
from taxiway.checkpoint.native import is_native
from taxiway.checkpoint.reader import container, look, open_source, read_source
from taxiway.checkpoint.report import NetworkReport, Report, TensorReport
from taxiway.checkpoint.source import Source, embedded_code
from taxiway.checkpoint.tensorflow import network_texts, network_variables
from taxiway.checkpoint.tensors import Tensor
from taxiway.checkpoint.values import Module, Record
from taxiway.core.errors import UnreadableCheckpoint

MAX_ITEMS = 40
MAX_DEPTH = 4


def inspect_checkpoint(path: Path | str) -> Report:
    """What a file holds and what it tried to call, for files of any kind.

    Raises NotFound if there is no such file; everything else is in the report.
    """
    path = Path(path)
    with open_source(path) as source:
        checkpoint, problem = _attempt(source, path.name)
        top, seen = None, Seen()
        if not is_native(source) and foreign.by_first_bytes(source) is None:
            top, seen, _ = look(source)
        return Report(
            name=path.name,
            format=_format(source, checkpoint),
            bytes=source.size,
            sha256=source.whole().sha256(),
            contents=_contents(top, checkpoint),
            problem=problem,
            generator=_generator(checkpoint),
            networks=list(_networks(top, checkpoint)),
            settings=_settings(top),
            refused=dict(seen.refused.most_common(MAX_ITEMS)),
            allowed={name: n for name, n in seen.names.most_common() if name in records.NAMES},
            notes=checkpoint.source["notes"] if checkpoint else [],
        )


def plain(value: object, budget: Budget, depth: int = 0) -> Any:
    """Recorded settings as short JSON values; what is none becomes the name of its kind."""
    budget.visit()
    match value:
        case None | bool() | int():
            return value
        case float():
            return value if math.isfinite(value) else str(value)
        case str():
            return value[:200]
        case dict() if depth < MAX_DEPTH:
            items = list(value.items())[:MAX_ITEMS]
            return {str(key)[:60]: plain(part, budget, depth + 1) for key, part in items}
        case list() | tuple() if depth < MAX_DEPTH:
            return [plain(part, budget, depth + 1) for part in value[:MAX_ITEMS]]
    return _kind(value)


def _attempt(source: Source, name: str) -> tuple[Checkpoint | None, str | None]:
    try:
        return read_source(source), None
    except UnreadableCheckpoint as error:
        return None, printable(f"'{name}' {error}.")


def _generator(checkpoint: Checkpoint | None) -> dict[str, Any] | None:
    return {"family": checkpoint.family, "config": checkpoint.config} if checkpoint else None


def _format(source: Source, checkpoint: Checkpoint | None) -> str:
    if checkpoint is not None:
        return str(checkpoint.source["format"])
    if is_native(source):
        return "safetensors"
    return foreign.by_first_bytes(source) or container(source)


def _contents(top: object, checkpoint: Checkpoint | None) -> str:
    """What is at the top of a file, in words."""
    match top:
        case None:
            return "one network" if checkpoint else "nothing that can be told"
        case dict():
            return f"a dictionary of {_names(top)}"
        case tuple() | list():
            return f"{len(top)} values: {', '.join(_kind(value) for value in top[:MAX_ITEMS])}"
    return _kind(top)


def _kind(value: object) -> str:
    match value:
        case Module(name):
            return f"network {name:.60}"
        case Record(kind):
            return kind
        case Tensor(shape=shape):
            return f"tensor {list(shape)}"
        case str() | int() | float():
            return f"{value!r:.60}"
    return type(value).__name__.lower()


def _names(values: dict[Any, object]) -> str:
    names = [f"{name:.60}" for name in values if isinstance(name, str)]
    return ", ".join(names[:MAX_ITEMS]) + (" ..." if len(names) > MAX_ITEMS else "")


def _networks(top: object, checkpoint: Checkpoint | None) -> Iterator[NetworkReport]:
    """Every network at the top of a file; for our own files, the one that was read."""
    if top is None and checkpoint is not None:
        tensors = [
            TensorReport(name, array.shape, str(array.dtype))
            for name, array in checkpoint.tensors.items()
        ]
        yield NetworkReport("generator", checkpoint.family, tensors)
    for name, value in _parts(top)[:MAX_ITEMS]:
        try:
            if (network := _network(name, value, Budget(0))) is not None:
                yield network
        except Broken as error:
            yield NetworkReport(name, f"{_kind(value)} that {error}", [])


def _parts(top: object) -> list[tuple[str, object]]:
    """The top object and what is directly in it, by name."""
    if isinstance(top, dict):
        return [
            ("top", top),
            *((f"{name:.60}", top[name]) for name in top if isinstance(name, str)),
        ]
    if isinstance(top, tuple | list):
        return [(f"number {index}", part) for index, part in enumerate(top[:MAX_ITEMS])]
    return []


def _network(name: str, value: object, budget: Budget) -> NetworkReport | None:
    match value:
        case Module():
            network = take_apart(value, budget)
            owners = ((module.name, module.text) for module in network.modules.values())
            settings = plain(value.state.get("_init_kwargs"), budget)
            tensors = _tensors(network.tensors.items())
            return NetworkReport(name, value.name, tensors, settings, embedded_code(owners))
        case Record("Network", state):
            tensors = _tensors(network_variables(value, budget).items())
            code = embedded_code(network_texts(value, budget))
            settings = plain(state.get("static_kwargs"), budget)
            return NetworkReport(name, "TensorFlow network", tensors, settings, code)
        case dict():
            found = _tensors(value.items())
            return NetworkReport(name, "dictionary of tensors", found) if found else None
    return None


def _tensors(items: Iterable[tuple[object, object]]) -> list[TensorReport]:
    return [
        TensorReport(f"{name:.200}", value.shape, str(value.storage.dtype))
        for name, value in items
        if isinstance(name, str) and isinstance(value, Tensor)
    ]


def _settings(top: object) -> dict[str, Any]:
    """What stands beside the networks: the options of the training, as far as they are plain."""
    settings: dict[str, Any] = {}
    for name, value in _parts(top)[1:MAX_ITEMS]:
        state = value.state if isinstance(value, Record) and value.kind == "Namespace" else value
        if not isinstance(state, dict) or _tensors(state.items()):
            continue
        try:
            settings[name] = plain(state, Budget(0))
        except Broken as error:
            settings[name] = f"something that {error}"
    return settings
