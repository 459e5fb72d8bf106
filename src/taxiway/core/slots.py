"""Finding the members of a slot by name: a file in the slot, else an entry point."""

import importlib
import os
import pkgutil
import sys
from collections.abc import Iterator
from functools import lru_cache
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any

from msgspec import Struct

from taxiway.core.datatypes import names
from taxiway.core.errors import BrokenMember, NotFound, TaxiwayError
from taxiway.core.faults import broken, failure, line_of, noticed
from taxiway.core.needs import NEEDS, check
from taxiway.core.places import absent

PARTS = {
    "families": ("setup", "predict"),
    "tools": ("command", "run"),
    "trainers": ("options", "trainer"),
}
"""What the class in a member's module has, by which it is found there without a `SLOT`."""

PACKAGES = {"datasets": "taxiway.training.datasets"}
"""Where members of ours are, if not in the package of the slot's name."""


class Member(Struct, frozen=True):
    """Where a member of a slot comes from.

    `reference` is a module or `module:attribute`; `package` the one that brings it, as pip calls
    it, "" where that is not known.
    """

    name: str
    reference: str
    package: str = ""

    @property
    def module(self) -> str:
        """The module to import."""
        return self.reference.partition(":")[0]


def members(slot: str) -> list[str]:
    """Names of everything in `slot` ('families', 'tools'...), ours and other packages'."""
    return sorted({member.name for member in _found(slot)})


def eclipsed(slot: str) -> list[Member]:
    """The members that cannot be had by their names, since another has the same."""
    found = list(_found(slot))
    return [member for member in found if member != _chosen(found, member.name)]


def load(slot: str, name: str) -> Any:
    """The member of `slot` called `name`: its module's `SLOT`, the one class there that is such a
    member, or what the entry point names.

    `package.module:attribute` loads that object directly, also from the current folder. Raises
    NotFound listing what exists; BrokenMember or MissingDependency, with file and line, where the
    member's module fails.
    """
    member = find(slot, name)
    module, _, attribute = member.reference.partition(":")
    if ":" in name and (here := os.getcwd()) not in sys.path:
        # Last, so that nothing there can stand in for what is installed.
        sys.path.append(here)
    try:
        with noticed(name, module):
            found: Any = importlib.import_module(module)
        for part in attribute.split(".") if attribute else ():
            found = getattr(found, part)
    except (Exception, SystemExit) as error:
        raise _cannot_load(member, error) from None
    if isinstance(found, ModuleType) and slot != "commands":
        found = _class_in(found, slot, member)
    if slot in NEEDS and slot != "families":  # which `declaration` checks further
        check(found, NEEDS[slot], name, module)
    if slot == "tools" and ":" not in name and found.command.name != name:
        raise broken(found, f"'{name}' has a command of another name, '{found.command.name}'")
    return found


def find(slot: str, name: str) -> Member:
    """Where the member called `name` comes from, nothing of it imported.

    Raises NotFound listing what exists, or BrokenMember where several have that name.
    """
    if ":" in name:
        return Member(name, name)
    found = list(_found(slot))
    if (chosen := _chosen(found, name)) is not None:
        return chosen
    kind = "model" if slot == "families" else slot[:-1]
    if rivals := [member for member in found if member.name == name]:
        which = " and ".join(f"{each.reference} of {each.package}" for each in rivals)
        raise BrokenMember(f"Several are called '{name}': {which}; give one as module:Class.")
    raise NotFound(f"No {kind} named '{name}'. There are: {names(members(slot))}.")


def _chosen(found: list[Member], name: str) -> Member | None:
    """The one of that name: ours, or else the only one."""
    rivals = [member for member in found if member.name == name]
    ours = [member for member in rivals if member.package == "taxiway"]
    return (ours or rivals)[0] if len(rivals) == 1 or ours else None


def _found(slot: str) -> Iterator[Member]:
    """Everything in the slot, each once."""
    yield from (Member(name, module, "taxiway") for name, module in _modules(slot).items())
    # A package may be seen twice, as by an editable install.
    yield from dict.fromkeys(_of_packages(f"taxiway.{slot}", tuple(map(_as_it_is, sys.path))))


@lru_cache
def _of_packages(group: str, places: tuple[tuple[str, int], ...]) -> list[Member]:
    return [
        Member(point.name, point.value, point.dist.name if point.dist else "")
        for point in _points(places).select(group=group)
    ]


@lru_cache(maxsize=1)
def _points(places: tuple[tuple[str, int], ...]) -> Any:
    """What packages bring; every one has to be opened, so that is done once until one changes."""
    return entry_points()


def _as_it_is(place: str) -> tuple[str, int]:
    """A folder of packages, and when one last came or went."""
    try:
        return place, os.stat(place or ".").st_mtime_ns
    except OSError:
        return place, 0


def _modules(slot: str) -> dict[str, str]:
    """The module of every member of ours; a family is a folder with a `model.py`, and one that can
    be trained has a `trainer.py`, and perhaps more of them in `trainers/`.
    """
    families, found = list(_names("taxiway.families")), dict[str, str]()
    if part := {"families": "model", "trainers": "trainer"}.get(slot):
        found = {
            name: f"taxiway.families.{name}.{part}"
            for name in families
            if part in _names(f"taxiway.families.{name}")
        }
    packages = [] if slot == "families" else [PACKAGES.get(slot, f"taxiway.{slot}")]
    if slot in ("tools", "trainers"):
        packages += [f"taxiway.families.{family}.{slot}" for family in families]
    return found | {name: f"{package}.{name}" for package in packages for name in _names(package)}


def _names(package: str) -> Iterator[str]:
    try:
        path = importlib.import_module(package).__path__
    except (ModuleNotFoundError, AttributeError):
        return iter(())
    return (module.name for module in pkgutil.iter_modules(path))


def _cannot_load(member: Member, error: BaseException) -> TaxiwayError:
    wanted = getattr(error, "name", None) if isinstance(error, ModuleNotFoundError) else None
    is_nowhere = wanted is not None and f"{member.module}.".startswith(f"{wanted}.")
    if is_nowhere or (isinstance(error, AttributeError) and not line_of(error, member.module)):
        attribute = member.reference.partition(":")[2]
        why = error if is_nowhere else absent(member.module, attribute)
        return NotFound(f"'{member.reference}' cannot be imported: {why}.")
    return failure(error, member.name, member.module, member.package)


def _class_in(module: ModuleType, slot: str, member: Member) -> Any:
    """What a module gives to its slot."""
    if hasattr(module, "SLOT"):
        return module.SLOT
    parts = PARTS.get(slot, ())
    fit = [
        each
        for each in vars(module).values()
        if isinstance(each, type)
        and each.__module__ == module.__name__
        and all(hasattr(each, part) for part in parts)
    ]
    if len(fit) == 1:
        return fit[0]
    has = " and ".join(each.__name__ for each in fit) or "none"
    wanted = f"one class with {' and '.join(parts)}" if parts else "one class"
    raise BrokenMember(
        f"'{member.name}' needs {wanted}, or SLOT = the class; it has {has} ({module.__file__})."
    )
