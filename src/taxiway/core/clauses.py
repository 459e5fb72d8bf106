"""What is wrong with what a member of a slot declares: clauses whose subject is the member."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, get_args

import msgspec
from msgspec import UNSET

from taxiway.core.command import Command
from taxiway.core.datatypes import AnyDataType, File, Number
from taxiway.core.errors import InvalidArgument
from taxiway.core.tool import Takes

TYPES = get_args(AnyDataType)
Clauses = Callable[[Any], Iterator[str]]


def names_fault(name: str, example: str, least: int = 0) -> Clauses:
    """What is wrong with names that should stand in a tuple or a list."""

    def clauses(given: Any) -> Iterator[str]:
        are = isinstance(given, tuple | list) and all(isinstance(each, str) for each in given)
        if not (are and len(given) >= least):
            yield f"needs {name} = ({example!r},), names in a tuple, got {given!r:.60}"

    return clauses


def text_fault(name: str) -> Clauses:
    """What is wrong with a text that people read."""

    def clauses(given: Any) -> Iterator[str]:
        if not (isinstance(given, str) and given.strip()):
            yield f"needs {name}, a text, got {given!r:.60}"

    return clauses


def fields_fault(name: str, noun: str, reserved: tuple[str, ...] = ()) -> Clauses:
    """What is wrong with data types by name; `reserved` are names that are taken."""

    def clauses(given: Any) -> Iterator[str]:
        if not isinstance(given, Mapping):
            yield f"needs {name} = {{}}, data types by name, got {given!r:.60}"
            return
        for key, field in given.items():
            if not isinstance(key, str) or not key.isidentifier() or key in reserved:
                yield f"has {noun} that cannot be called {key!r}"
            else:
                yield from (f"has {noun} '{key}' {each}" for each in field_faults(key, field))

    return clauses


def choice_fault(name: str, choices: Sequence[str]) -> Clauses:
    """What is wrong with one of a few words."""

    def clauses(given: Any) -> Iterator[str]:
        if given not in choices:
            yield f"needs {name}, one of {', '.join(choices)}, got {given!r:.60}"

    return clauses


def number_fault(name: str) -> Clauses:
    """What is wrong with a number above 0."""

    def clauses(given: Any) -> Iterator[str]:
        if isinstance(given, bool) or not isinstance(given, int | float) or given <= 0:
            yield f"needs {name}, a number above 0, got {given!r:.60}"

    return clauses


def takes_faults(given: Any) -> Iterator[str]:
    """What is wrong with the models that a tool takes."""
    if not isinstance(given, Takes):
        yield f"needs takes = Takes(...), got {given!r:.60}"
        return
    for name in ("families", "inputs", "one_of", "named"):
        yield from names_fault(f"takes with {name}", "vector")(getattr(given, name))


def tool_faults(given: Any) -> Iterator[str]:
    """What is wrong with the command of a tool."""
    if not isinstance(given, Command):
        yield f"needs command, a Command, got {given!r:.60}"
        return
    yield from (f"has a command that {each}" for each in faults_of(given, least=0))


def faults_of(command: Command, least: int = 1) -> Iterator[str]:
    """What is wrong with one command, which has so many outputs at least."""
    for kind in ("inputs", "outputs"):
        fields = getattr(command, kind)
        if not isinstance(fields, Mapping) or (kind == "outputs" and len(fields) < least):
            yield f"needs {kind}, data types by name, got {fields!r:.60}"
            return
        for name, field in fields.items():
            yield from (f"has '{name}' {each}" for each in field_faults(name, field))
    if unknown := sorted(set(command.needs_one_of) - set(command.inputs)):
        yield f"needs one of its inputs '{unknown[0]}', which it does not have"
    if not isinstance(command.max_batch, int) or command.max_batch < 1:
        yield f"takes a batch of 1 or more, got {command.max_batch!r}"


def field_faults(name: str, field: Any) -> Iterator[str]:
    """What is wrong with a field of that name."""
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
