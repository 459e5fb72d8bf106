"""The model families there are: each asked what it is, what it needs, and what it opens."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import UNSET, Struct

from taxiway.checkpoint import read_checkpoint
from taxiway.core import slots
from taxiway.core.datatypes import names
from taxiway.core.declaration import family
from taxiway.core.errors import InvalidArgument, NotFound, TaxiwayError, UnreadableCheckpoint
from taxiway.core.faults import words_of
from taxiway.core.model import Model, local_options


class Known(Struct):
    """A family by its name: its class, or the sentence that says why there is none."""

    name: str
    model: type[Model] | None
    error: str = ""


@cache
def known() -> dict[str, Known]:
    """Every family by its name, looked for once: a page asks for the models every two seconds.

    One that cannot be used is there too. It hurts nobody else.
    """
    found = {name: look(name) for name in slots.members("families")}
    for member in slots.eclipsed("families"):
        if found[member.name].model is not None:
            name = f"{member.name} of {member.package}"
            found[name] = Known(
                name,
                None,
                f"The name '{member.name}' is taken by Taxiway's own; "
                f"run it as {member.reference.partition(' ')[0]}.",
            )
    return found


def look(name: str) -> Known:
    """The family called `name`, or what is wrong with it."""
    try:
        return Known(name, family(name))
    except TaxiwayError as error:
        return Known(name, None, str(error))


def look_again(name: str) -> None:
    """See whether a family that could not be used can be now. Raises what is wrong with it."""
    if name not in slots.members("families"):
        raise NotFound(known()[name].error)
    known()[name] = Known(name, family(name))


def imports(chosen: Iterable[str]) -> list[str]:
    """The modules of these families that take long to import."""
    models = [each.model for each in map(look, sorted(set(chosen))) if each.model is not None]
    named = (getattr(model, "imports", ()) for model in models)
    return sorted({each for given in named for each in (given() if callable(given) else given)})


def opener(path: str) -> str:
    """The name of the one family that opens a file, folder or address.

    Raises NotFound, UnreadableCheckpoint or InvalidArgument with why none or several do.
    """
    fit, why_not = asked(path)
    if len(fit) == 1:
        return fit[0]
    if fit:
        raise InvalidArgument(
            f"{' and '.join(fit)} both open '{path}': choose with "
            f"taxiway run {fit[0]} --checkpoint {path}."
        )
    where = "address" if "://" in path else "folder" if Path(path).is_dir() else "file"
    if where != "file":
        raise NotFound(
            f"No model family opens the {where} '{path}'. There are: {names([*known()])}."
        )
    raise UnreadableCheckpoint(f"No model family opens '{path}': {_looks_like(path, why_not)}")


def asked(path: str) -> tuple[list[str], list[str]]:
    """The names of the families that open `path`, and what the others said, if they did."""
    fit, why_not = [], []
    for each in known().values():
        opens = getattr(each.model, "opens", None)
        try:
            if opens is not None and opens(path):
                fit.append(each.name)
        except TaxiwayError as error:
            why_not.append(str(error))
        except OSError as error:
            why_not.append(f"it cannot be read: {error.strerror}.")
        except Exception as error:
            why_not.append(f"'{each.name}' failed at it with {words_of(error)}.")
    return fit, why_not


def free_options(model: type[Model], fixed: Iterable[str] = ()) -> list[dict[str, Any]]:
    """The options that are not fixed and that a client may give, as `/info` tells fields."""
    taken = {*fixed, *local_options(model)}
    return [field.describe(name) for name, field in model.options.items() if name not in taken]


def local_needs(model: type[Model]) -> list[str]:
    """The options without which it does not run, and which no client may give."""
    needed = [name for name, field in model.options.items() if field.fallback is UNSET]
    return sorted({*needed, *getattr(model, "needs_one_of", ())} & local_options(model))


def _looks_like(path: str, why_not: list[str]) -> str:
    """What is known of a file that nobody opens, a clause."""
    if not why_not:
        try:
            read_checkpoint(path)
        except TaxiwayError as error:
            why_not = [str(error)]
    said = why_not[0] if why_not else f"there are {names([*known()])}."
    name = f"'{Path(path).name}' "
    return f"it {said.removeprefix(name)}" if said.startswith(name) else said
