"""Checking what a model family declares, so that a mistake is a sentence before anything starts."""

import ast
import inspect
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import msgspec
from msgspec import UNSET, Struct

from taxiway.core import slots
from taxiway.core.command import Command
from taxiway.core.datatypes import AnyDataType, File, Number
from taxiway.core.errors import BrokenMember, InvalidArgument
from taxiway.core.extras import is_here
from taxiway.core.faults import failure
from taxiway.core.model import Model

METHODS = {"setup": ("device", "options"), "predict": ("command", "batch")}
TYPES = get_args(AnyDataType)
RESERVED = ("device",)
"""Set-up options that every model has."""


class Fault(Struct):
    """What is wrong, a clause whose subject is the family, and the line where it is known."""

    clause: str
    line: int | None = None


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
    if not isinstance(found, type):
        yield Fault(f"takes a class with setup and predict, got {found!r:.60}")
        return
    yield from _method_faults(found)
    yield from _twice_named(found)
    imports = getattr(found, "imports", ())
    listed = isinstance(imports, tuple | list) and all(isinstance(each, str) for each in imports)
    if not (listed or callable(imports)):
        yield Fault(f"needs imports = (), modules by name, got {imports!r:.60}")
    options = getattr(found, "options", None)
    if not isinstance(options, Mapping):
        yield Fault(f"needs options = {{}}, data types by name, got {options!r:.60}")
        return
    yield from map(Fault, _option_faults(options))
    if hasattr(found, "opens") and not ("checkpoint" in options or hasattr(found, "described")):
        yield Fault("opens files: it needs an option 'checkpoint', or described(path)")
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
            yield from (f"has a command '{name}' that {each}" for each in _faults_of(command))


def place_of(found: Any, module: str, line: int | None = None) -> str:
    """`FILE, line N` of a class, or of the assignment that named what is no class."""
    file = getattr(sys.modules.get(getattr(found, "__module__", None) or module), "__file__", "")
    if line is None:
        name = found.__name__ if isinstance(found, type) else "SLOT"
        node = _defined(_tree(file), name)
        line = node.lineno if node else None
    return f"{file or module}, line {line}" if line else f"{file or module}"


def _absent(model: type[Model]) -> str:
    """The first package of those that `imports` lists which is not here, or "".

    A function that gives them knows what there is.
    """
    listed = getattr(model, "imports", ())
    packages = (each.partition(".")[0] for each in (() if callable(listed) else listed))
    return next((each for each in packages if not is_here(each)), "")


def _method_faults(found: type) -> Iterator[Fault]:
    for name, parameters in METHODS.items():
        method = getattr(found, name, None)
        wanted = f"{name}(self, {', '.join(parameters)})"
        if not callable(method):
            yield Fault(f"needs a method {wanted}")
        elif not _takes(method, len(parameters)):
            code = getattr(method, "__code__", None)
            given = f"{name}{inspect.signature(method)}"
            yield Fault(f"needs a method {wanted}, got {given}", code and code.co_firstlineno)
    if not _takes(found, -1):
        yield Fault("needs an __init__ that takes nothing but self")


def _takes(method: Any, count: int) -> bool:
    """Whether it can be called with `count` arguments after self."""
    try:
        inspect.signature(method).bind(*[None] * (count + 1))
    except TypeError:
        return False
    except ValueError:
        return True  # it does not say
    return True


def _option_faults(options: Mapping[Any, Any]) -> Iterator[str]:
    for name, field in options.items():
        if not isinstance(name, str) or not name.isidentifier() or name in RESERVED:
            yield f"has an option that cannot be called {name!r}"
        else:
            yield from (f"has an option '{name}' {each}" for each in _field_faults(name, field))


def _faults_of(command: Command) -> Iterator[str]:
    for kind in ("inputs", "outputs"):
        fields = getattr(command, kind)
        if not isinstance(fields, Mapping) or not (fields or kind == "inputs"):
            yield f"needs {kind}, data types by name, got {fields!r:.60}"
            return
        for name, field in fields.items():
            yield from (f"has '{name}' {each}" for each in _field_faults(name, field))
    if unknown := sorted(set(command.needs_one_of) - set(command.inputs)):
        yield f"needs one of its inputs '{unknown[0]}', which it does not have"
    if not isinstance(command.max_batch, int) or command.max_batch < 1:
        yield f"takes a batch of 1 or more, got {command.max_batch!r}"


def _field_faults(name: str, field: Any) -> Iterator[str]:
    if isinstance(field, type) and issubclass(field, TYPES):
        yield f"whose type is the class {field.__name__}: write {field.__name__}()"
    elif not isinstance(field, TYPES):
        yield f"whose type is no data type but {field!r:.60}"
    else:
        yield from _value_faults(name, field)


def _value_faults(name: str, field: AnyDataType) -> Iterator[str]:
    try:
        msgspec.convert(msgspec.to_builtins(field), type(field))
    except (msgspec.ValidationError, TypeError) as error:
        yield f"that is declared wrongly: {error}"
        return
    default = field.fallback
    if default is UNSET or default is None or isinstance(field, File):
        return
    try:
        field.decode(name, default)
    except InvalidArgument as error:
        yield f"whose default its own type refuses: {str(error).rstrip('.')}"
    if isinstance(field, Number) and not _is_within(default, field):
        yield f"whose default, {default}, is not from {field.min} to {field.max}"


def _is_within(default: Any, field: Number) -> bool:
    low = default if field.min is UNSET else field.min
    high = default if field.max is UNSET else field.max
    return bool(low <= default <= high)


def _twice_named(found: type) -> Iterator[Fault]:
    """Names that stand twice in one dictionary: Python keeps the second and says nothing."""
    tree = _tree(getattr(sys.modules.get(found.__module__), "__file__", None))
    node = _defined(tree, found.__name__)
    for part in ast.walk(node) if node else ():
        if not isinstance(part, ast.Dict):
            continue
        seen: set[object] = set()
        for key in part.keys:
            if isinstance(key, ast.Constant) and key.value in seen:
                yield Fault(f"gives the name {key.value!r} twice", key.lineno)
            elif isinstance(key, ast.Constant):
                seen.add(key.value)


def _tree(file: str | None) -> ast.Module | None:
    try:
        return ast.parse(Path(file).read_bytes()) if file else None
    except (OSError, SyntaxError, ValueError):
        return None


def _defined(tree: ast.Module | None, name: str) -> ast.stmt | None:
    """The class or the assignment of that name."""
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.ClassDef) and node.name == name:
            return node
        if isinstance(node, ast.Assign) and name in {getattr(t, "id", "") for t in node.targets}:
            return node
    return None
