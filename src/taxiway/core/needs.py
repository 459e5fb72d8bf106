"""What each slot's member must have, as tables, and what is wrong with one that was found."""

import inspect
from collections.abc import Iterator, Mapping
from types import FunctionType
from typing import Any

from msgspec import Struct

from taxiway.core.clauses import (
    Clauses,
    choice_fault,
    fields_fault,
    names_fault,
    number_fault,
    takes_faults,
    text_fault,
    tool_faults,
)
from taxiway.core.errors import BrokenMember
from taxiway.core.places import place_of


class Fault(Struct):
    """What is wrong, a clause whose subject is the member, and the line where it is known."""

    clause: str
    line: int | None = None


class Needs(Struct, frozen=True, kw_only=True):
    """What a member has: the parents one of which it names, what it is made with, and its parts.

    `must` are methods that it gives itself, `may` those that it may have in place of a parent's,
    by their parameters after self; `parts` are attributes, those of `can` only where it has them.
    """

    parents: tuple[str, ...] = ()
    made_with: str = ""
    must: Mapping[str, str] = {}
    may: Mapping[str, str] = {}
    parts: Mapping[str, Clauses] = {}
    can: Mapping[str, Clauses] = {}
    is_class: bool = True


TITLE = {"title": text_fault("title")}
SETTINGS = {"settings": fields_fault("settings", "a setting")}
MODULES = {"needs": names_fault("needs", "torch")}
WAYS = {"probe": "", "close": ""}
NEEDS = {
    "families": Needs(must={"setup": "device options", "predict": "command batch"}),
    "backends": Needs(
        made_with="device",
        must={
            "available": "",
            "precisions": "",
            "threads": "",
            "compile": "graph precision threads",
        },
        can={"distributions": names_fault("distributions", "numpy")},
    ),
    "commands": Needs(must={"arguments": "parser", "run": "parsed"}, is_class=False),
    "datasets": Needs(
        parents=("taxiway.training.dataset.Kind",),
        must={
            "check": "source",
            "prepare": "source out values advance",
            "read": "path",
            "sheet": "path",
        },
        may={"recognises": "path"},
        parts={"name": text_fault("name"), **TITLE},
        can={"options": fields_fault("options", "an option")},
    ),
    "servers": Needs(
        parents=("taxiway.web.server.Server", "taxiway.web.server.ManagerServer"),
        made_with="context",
        may={"start": "", "stop": "", "routes": ""},
        parts={**TITLE, **SETTINGS},
    ),
    "sinks": Needs(
        parents=("taxiway.core.sink.Sink",),
        made_with="settings",
        must={"send": "frame"},
        may={"open": "width height fps", "end": "", **WAYS},
        parts={**TITLE, **SETTINGS},
        can={"paths": names_fault("paths", "path")},
    ),
    "sources": Needs(
        parents=("taxiway.core.source.Source",),
        made_with="settings",
        must={"read": ""},
        may=WAYS,
        parts={**TITLE, **SETTINGS},
        can={"paths": names_fault("paths", "path")},
    ),
    "modulators": Needs(
        parents=("taxiway.core.modulator.Modulator",),
        made_with="settings",
        must={"value": "u rounds"},
        may={"give": "value"},
        parts={**TITLE, **SETTINGS},
    ),
    "tools": Needs(
        must={"run": "model inputs job"},
        may={"open": "spec", "setup": "options", "report": "outputs folder"},
        parts={"command": tool_faults},
        can={
            "takes": takes_faults,
            "unit": text_fault("unit"),
            "options": fields_fault("options", "an option"),
            **MODULES,
        },
    ),
    "trainers": Needs(
        parents=("taxiway.training.trainer.Recipe",),
        must={"read": "asked known", "trainer": "config data group"},
        parts={
            "options": fields_fault("options", "an option"),
            "unit": text_fault("unit"),
            "source": choice_fault("source", ("dataset", "model")),
            "kimg": number_fault("kimg"),
        },
        can=MODULES,
    ),
}
"""By slot; a family is checked further (`declaration`), since it cannot be guarded."""
TRAINER = Needs(
    parents=("taxiway.training.trainer.Trainer",),
    must={
        "start": "",
        "step": "",
        "save": "path",
        "resume": "path",
        "sample": "",
        "measure": "",
        "export": "path whole",
        "describe": "",
    },
    may={"grow": "size", "real": "", "figures": "", "warnings": "record", "state_bytes": ""},
    parts={"measures": names_fault("measures", "distance", least=1)},
    is_class=False,
)
"""What a recipe's trainer has."""


def check(found: Any, needs: Needs, name: str, module: str) -> None:
    """Raises BrokenMember, with file and line, where `found` is not what its slot needs."""
    if (fault := next(faults(found, needs), None)) is not None:
        raise BrokenMember(f"'{name}' {fault.clause} ({place_of(found, module, fault.line)}).")


def faults(found: Any, needs: Needs) -> Iterator[Fault]:
    """Everything that is wrong with a member, the worst first."""
    if needs.is_class and not isinstance(found, type):
        wanted = " and ".join([*needs.must, *needs.parts]) or "the slot's methods"
        yield Fault(f"takes a class with {wanted}, got {found!r:.60}")
        return
    if needs.parents and not any(path_of(each) in needs.parents for each in parents_of(found)):
        yield Fault(f"needs the parent {' or '.join(needs.parents)}")
    for name, parameters in {**needs.may, **needs.must}.items():
        yield from _method_faults(found, name, parameters.split(), needs)
    made_with = needs.made_with.split()
    if needs.is_class and not takes(found, len(made_with)):
        only = "" if made_with else ", which takes no more"
        yield Fault(f"needs an __init__({', '.join(['self', *made_with])}){only}")
    for name, clauses in needs.parts.items():
        yield from map(Fault, clauses(getattr(found, name, None)))
    for name, clauses in needs.can.items():
        if hasattr(found, name):
            yield from map(Fault, clauses(getattr(found, name)))


def _method_faults(found: Any, name: str, parameters: list[str], needs: Needs) -> Iterator[Fault]:
    """What is wrong with a method: it is missing, or takes something else."""
    given, method = inspect.getattr_static(found, name, None), getattr(found, name, None)
    has_self = not isinstance(given, staticmethod | classmethod) and not inspect.ismodule(found)
    wanted = f"{name}({', '.join([*(['self'] if has_self else []), *parameters])})"
    owner = next((each for each in parents_of(found) if name in vars(each)), None)
    if owner is not None and path_of(owner) in needs.parents:
        if name in needs.must:
            yield Fault(f"needs a method {wanted}")
    elif not callable(method):
        if name in needs.must or given is not None:
            yield Fault(f"needs a method {wanted}")
    elif not takes(method, len(parameters) + (has_self and isinstance(found, type))):
        plain = given if isinstance(given, FunctionType) else method
        code = getattr(plain, "__code__", None)
        said = f"{name}{inspect.signature(plain)}"
        yield Fault(f"needs a method {wanted}, got {said}", code and code.co_firstlineno)


def parents_of(found: Any) -> tuple[type, ...]:
    """The classes that a member is made of; none for a module."""
    return (
        ()
        if inspect.ismodule(found)
        else inspect.getmro(found if isinstance(found, type) else type(found))
    )


def path_of(kind: type) -> str:
    """`module.Class`."""
    return f"{kind.__module__}.{kind.__qualname__}"


def takes(method: Any, count: int) -> bool:
    """Whether it can be called with so many arguments."""
    try:
        inspect.signature(method).bind(*[None] * count)
    except TypeError:
        return False
    except ValueError:
        return True  # it does not say
    return True
