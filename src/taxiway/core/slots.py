"""Finding the members of a slot by name: a file in the slot, else an entry point."""

import importlib
import pkgutil
from collections.abc import Iterator
from importlib.metadata import entry_points
from typing import Any

from taxiway.core.datatypes import names
from taxiway.core.errors import NotFound


def members(slot: str) -> list[str]:
    """Names of everything in `slot` ('families', 'tools'...), ours and other packages'."""
    points = {point.name for point in entry_points(group=f"taxiway.{slot}")}
    return sorted({*_modules(slot), *points})


def load(slot: str, name: str) -> Any:
    """The member of `slot` called `name`: its module's `SLOT`, or what the entry point names.

    `package.module:attribute` loads that object directly, for work in progress. Raises NotFound
    listing what exists; an error inside the member's own module is passed on as it is.
    """
    if ":" in name:
        return _attribute(name)
    if module := _modules(slot).get(name):
        return importlib.import_module(module).SLOT
    for point in entry_points(group=f"taxiway.{slot}", name=name):
        return point.load()
    kind = "model" if slot == "families" else slot[:-1]
    raise NotFound(f"No {kind} named '{name}'. There are: {names(members(slot))}.")


def _modules(slot: str) -> dict[str, str]:
    """The module of every member of ours; a family is a folder with a `model.py`."""
    if slot == "families":
        return {
            name: f"taxiway.families.{name}.model"
            for name in _names("taxiway.families")
            if "model" in _names(f"taxiway.families.{name}")
        }
    packages = [f"taxiway.{slot}"]
    if slot == "tools":
        packages = [f"taxiway.families.{family}.tools" for family in _names("taxiway.families")]
    return {name: f"{package}.{name}" for package in packages for name in _names(package)}


def _names(package: str) -> Iterator[str]:
    try:
        path = importlib.import_module(package).__path__
    except (ModuleNotFoundError, AttributeError):
        return iter(())
    return (module.name for module in pkgutil.iter_modules(path))


def _attribute(reference: str) -> Any:
    module, _, attribute = reference.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise NotFound(f"'{reference}' cannot be imported: {error}.") from None
