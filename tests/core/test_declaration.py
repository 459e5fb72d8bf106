"""What is wrong with a family's declaration, in a sentence with the line."""

from pathlib import Path
from typing import Any, ClassVar

import pytest

import stranger
import toys
from taxiway.core.command import Command
from taxiway.core.datatypes import Category, Image, Number, Text, Vector
from taxiway.core.declaration import command_faults, family, faults
from taxiway.core.errors import BrokenMember, InvalidArgument, MissingDependency
from taxiway.core.model import decode_options, gathered


class Good:
    options: ClassVar[Any] = {"size": Number()}
    commands: ClassVar[Any] = {
        "do": Command(name="do", inputs={"a": Number()}, outputs={"b": Text()})
    }

    def setup(self, device: str, options: Any) -> None: ...

    def predict(self, command: str, batch: Any) -> Any: ...


def command(**changed: Any) -> dict[str, Any]:
    parts: dict[str, Any] = {"name": "do", "inputs": {"a": Number()}, "outputs": {"b": Text()}}
    return {"do": Command(**{**parts, **changed})}


class Twice(Good):
    options: ClassVar[Any] = {"size": Number(), "size": Text()}  # noqa: F601


class TakesNothing(Good):
    def predict(self) -> Any: ...


class WantsMore(Good):
    def __init__(self, more: int) -> None: ...


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"options": 3}, "needs options = {}, data types by name, got 3"),
        ({"options": {"a b": Number()}}, "has an option that cannot be called 'a b'"),
        ({"options": {"device": Text()}}, "has an option that cannot be called 'device'"),
        ({"options": {"a": 3}}, "has an option 'a' whose type is no data type but 3"),
        ({"options": {"a": Number}}, "whose type is the class Number: write Number()"),
        ({"options": {"a": Number(default="3")}}, "declared wrongly: Expected `float | null`"),
        ({"options": {"a": Vector(length="3")}}, "declared wrongly: Expected `int`, got `str`"),
        ({"options": {"a": Number(default=5, max=3)}}, "whose default, 5, is not from"),
        ({"options": {"a": Category(one_of=("x",), default="y")}}, "its own type refuses: 'a'"),
        ({"setup": None}, "needs a method setup(self, device, options)"),
        ({"imports": "torch"}, "needs imports = (), modules by name, got 'torch'"),
        ({"imports": 3}, "needs imports = (), modules by name, got 3"),
        ({"commands": {}}, "needs commands, at least one Command by its name, got {}"),
        ({"commands": [3]}, "needs commands"),
        ({"commands": {"do": 3}}, "has a command 'do' that is no Command but 3"),
        ({"opens": lambda path: True}, "needs an option 'checkpoint', a File()"),
    ],
)
def test_a_fault_is_told(changed: dict[str, Any], told: str) -> None:
    wrong = type("Good", (Good,), changed)
    assert told in next(faults(wrong)).clause


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"name": "other"}, "has a command 'other' under the name 'do'"),
        ({"inputs": [Number()]}, "that needs inputs, data types by name"),
        ({"outputs": {}}, "that needs outputs"),
        ({"inputs": {"a": Image}}, "has 'a' whose type is the class Image"),
        ({"needs_one_of": ("z",)}, "needs one of its inputs 'z', which it does not have"),
        ({"max_batch": 0}, "takes a batch of 1 or more, got 0"),
    ],
)
def test_a_fault_of_a_command_is_told(changed: dict[str, Any], told: str) -> None:
    assert told in next(iter(command_faults(command(**changed))))


def test_a_good_one_has_none() -> None:
    assert list(faults(Good)) == []


def test_names_that_stand_twice_are_found_with_their_line() -> None:
    fault = next(faults(Twice))
    assert fault.clause == "gives the name 'size' twice"
    with pytest.raises(
        BrokenMember, match=rf"\(.*test_declaration.py, line {fault.line}\)"
    ) as told:
        raise_for(Twice)
    assert str(told.value).startswith("'core.test_declaration:Twice' gives the name 'size' twice")


def raise_for(kind: type) -> None:
    import sys

    sys.modules["core.test_declaration"] = sys.modules[kind.__module__]
    try:
        family(f"core.test_declaration:{kind.__name__}")
    finally:
        del sys.modules["core.test_declaration"]


@pytest.mark.parametrize("kind", [TakesNothing, WantsMore])
def test_methods_take_what_they_are_given(kind: type) -> None:
    assert next(faults(kind)).clause.startswith("needs a")


def test_a_toy_is_loaded_by_its_address() -> None:
    assert family("toys:Echo") is toys.Echo


def test_options_are_decoded_or_refused_by_name() -> None:
    assert decode_options("me", toys.Gradient, {"length": 3}) == {
        "delay": 0.0, "max_batch": 4, "length": 3,
    }  # fmt: skip
    with pytest.raises(InvalidArgument, match="'me' has no option 'colour'"):
        decode_options("me", toys.Gradient, {"colour": 3})


def test_one_of_some_options_is_needed() -> None:
    ported = family("ported")
    with pytest.raises(InvalidArgument, match="'me' needs the option 'path' or 'url'"):
        decode_options("me", ported, {})
    assert gathered(ported, {"path": "a", "size": 3}) == {"path": "a", "settings": {"size": 3}}


def test_a_package_that_it_lists_and_that_is_not_here_is_told_before_it_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = "class Lamp:\n  options = {}\n  imports = ('json', 'nowhere.at.all')\n"
    source += "  def setup(self, device, options): ...\n  def predict(self, command, batch): ...\n"
    points = {"taxiway.families: lamp": "lamp"}
    stranger.install(tmp_path, {"lamp.py": source}, points, monkeypatch)
    with pytest.raises(
        MissingDependency, match="'lamp' needs the package 'nowhere', which is not installed"
    ):
        family("lamp")
