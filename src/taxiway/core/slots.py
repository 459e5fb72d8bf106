"""Finding the members of a slot by name: a file in the slot, else an entry point."""

import importlib
import pkgutil
from importlib.metadata import entry_points
from typing import Any

from taxiway.core.datatypes import names
from taxiway.core.errors import NotFound


def members(slot: str) -> list[str]:
    """Names of everything in `slot` ('models', 'servers'...), ours and other packages'."""
    package = importlib.import_module(f"taxiway.{slot}")
    ours = {module.name for module in pkgutil.iter_modules(package.__path__)}
    return sorted(ours | {point.name for point in entry_points(group=f"taxiway.{slot}")})


def load(slot: str, name: str) -> Any:
    """The member of `slot` called `name`: its module's `SLOT`, or what the entry point names.

    `package.module:attribute` loads that object directly, for work in progress. Raises NotFound
    listing what exists; an error inside the member's own module is passed on as it is.
    """
    if ":" in name:
        return _attribute(name)
    if name in {module.name for module in _modules(slot)}:
        return importlib.import_module(f"taxiway.{slot}.{name}").SLOT
    for point in entry_points(group=f"taxiway.{slot}", name=name):
        return point.load()
    raise NotFound(f"No {slot[:-1]} named '{name}'. There are: {names(members(slot))}.")


def _modules(slot: str) -> list[pkgutil.ModuleInfo]:
    return list(pkgutil.iter_modules(importlib.import_module(f"taxiway.{slot}").__path__))


def _attribute(reference: str) -> Any:
    module, _, attribute = reference.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise NotFound(f"'{reference}' cannot be imported: {error}.") from None
