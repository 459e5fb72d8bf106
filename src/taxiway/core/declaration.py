"""Checking what a model family declares, so that a mistake is a sentence before anything starts."""

import ast
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from taxiway.core import needs, slots
from taxiway.core.clauses import faults_of, fields_fault
from taxiway.core.command import Command
from taxiway.core.datatypes import File
from taxiway.core.errors import BrokenMember
from taxiway.core.extras import is_here
from taxiway.core.faults import failure
from taxiway.core.model import Model
from taxiway.core.needs import NEEDS, Fault
from taxiway.core.places import defined, place_of, tree_of

RESERVED = ("device",)
"""Set-up options that every model has."""


def family(name: str) -> type[Model]:
    """The class of the model family called `name`, or at `package.module:Class`, checked.

    Raises NotFound, MissingDependency, or BrokenMember with file and line.
    """
    found = slots.load("families", name)
    fault = next(faults(found), None)
    if fault is not None:
        where = place_of(found, slots.find("families", name).module, fault.line)
        raise BrokenMember(f"'{name}' {fault.clause} ({where}).")
    model: type[Model] = found
    if absent := _absent(model):
        member = slots.find("families", name)
        raise failure(ModuleNotFoundError(name=absent), name, member.module, member.package)
    return model


def check_commands(model: Model, name: str) -> None:
    """Check what a model can be asked, once it is set up; what it relays only roughly.

    Raises BrokenMember.
    """
    commands = getattr(model, "commands", None)
    if commands and getattr(model, "relays", False):
        return
    for clause in command_faults(commands):
        raise BrokenMember(f"'{name}' {clause} ({place_of(type(model), type(model).__module__)}).")


def faults(found: Any) -> Iterator[Fault]:
    """Everything that is wrong with a family's class, the worst first."""
    yield from needs.faults(found, NEEDS["families"])
    if not isinstance(found, type):
        return
    yield from _twice_named(found)
    imports = getattr(found, "imports", ())
    listed = isinstance(imports, tuple | list) and all(isinstance(each, str) for each in imports)
    if not (listed or callable(imports)):
        yield Fault(f"needs imports = (), modules by name, got {imports!r:.60}")
    options = getattr(found, "options", None)
    yield from map(Fault, fields_fault("options", "an option", RESERVED)(options))
    if not isinstance(options, Mapping):
        return
    is_given = isinstance(options.get("checkpoint"), File) or hasattr(found, "described")
    if hasattr(found, "opens") and not is_given:
        yield Fault("opens files: it needs an option 'checkpoint', a File(), or described(path)")
    if hasattr(found, "commands"):
        yield from map(Fault, command_faults(found.commands))


def command_faults(commands: Any) -> Iterator[str]:
    """What is wrong with a model's commands."""
    if not isinstance(commands, Mapping) or not commands:
        yield f"needs commands, at least one Command by its name, got {commands!r:.60}"
        return
    for name, command in commands.items():
        if not isinstance(command, Command):
            yield f"has a command {name!r} that is no Command but {command!r:.60}"
        elif command.name != name:
            yield f"has a command {command.name!r} under the name {name!r}"
        else:
            yield from (f"has a command '{name}' that {each}" for each in faults_of(command))


def _absent(model: type[Model]) -> str:
    """The first package of those that `imports` lists which is not here, or "".

    A function that gives them knows what there is.
    """
    listed = getattr(model, "imports", ())
    packages = (each.partition(".")[0] for each in (() if callable(listed) else listed))
    return next((each for each in packages if not is_here(each)), "")


def _twice_named(found: type) -> Iterator[Fault]:
    """Names that stand twice in one dictionary: Python keeps the second and says nothing."""
    tree = tree_of(getattr(sys.modules.get(found.__module__), "__file__", None))
    node = defined(tree, found.__name__)
    for part in ast.walk(node) if node else ():
        if not isinstance(part, ast.Dict):
            continue
        seen: set[object] = set()
        for key in part.keys:
            if isinstance(key, ast.Constant) and key.value in seen:
                yield Fault(f"gives the name {key.value!r} twice", key.lineno)
            elif isinstance(key, ast.Constant):
                seen.add(key.value)
