"""Slots are found by name."""

import threading
from pathlib import Path

import pytest

import stranger
import toys
from taxiway.core import faults, slots
from taxiway.core.errors import BrokenMember, NotFound


def test_a_file_in_the_slot_is_found_by_its_name() -> None:
    assert "painter" in slots.members("families")
    assert slots.load("families", "painter").__name__ == "Painter"


def test_an_object_is_loaded_by_its_address() -> None:
    assert slots.load("families", "toys:Gradient") is toys.Gradient


@pytest.mark.parametrize("name", ["nowhere:Thing", "toys:Nothing"])
def test_a_wrong_address_is_told(name: str) -> None:
    with pytest.raises(NotFound, match="cannot be imported"):
        slots.load("families", name)


def test_an_unknown_name_is_told_what_there_is() -> None:
    with pytest.raises(NotFound, match=r"No model named 'stylgan'\. There are: .*stylegan"):
        slots.load("families", "stylgan")


def test_one_class_of_its_kind_needs_no_slot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = "class Help: ...\nclass One:\n  setup = predict = len\n"
    points = {"taxiway.families: one": "one", "taxiway.families: two": "two"}
    modules = {"one.py": one, "two.py": one + "class Two(One): ...\n"}
    stranger.install(tmp_path, modules, points, monkeypatch)
    assert slots.load("families", "one").__name__ == "One"
    with pytest.raises(BrokenMember, match=r"SLOT = the class; it has One and Two \(.*two.py\)"):
        slots.load("families", "two")


def test_two_strangers_of_one_name_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("first", "second"):
        points = {"taxiway.families: twin": f"{name}:Twin"}
        source = {f"{name}.py": "class Twin: ...\n"}
        stranger.install(tmp_path, source, points, monkeypatch, name)
    with pytest.raises(BrokenMember, match="Several are called 'twin': .*second:Twin of second"):
        slots.load("families", "twin")
    assert slots.load("families", "first:Twin").__name__ == "Twin"
    assert {each.package for each in slots.eclipsed("families")} == {"first", "second"}


def test_what_waits_for_ever_as_it_is_loaded_is_named_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()
    monkeypatch.setattr(faults, "SLOW_SECONDS", 0.5)
    monkeypatch.setattr(threading, "released", released, raising=False)
    waiting = (
        "import threading\n\nthreading.released.wait()\nclass Sleeper: setup = predict = len\n"
    )
    points = {"taxiway.families: sleeper": "sleeper"}
    stranger.install(tmp_path, {"sleeper.py": waiting}, points, monkeypatch)
    monkeypatch.setattr(faults.log, "warning", lambda *words: said(*words))

    def said(text: str, *values: object) -> None:
        told.append(text % values)
        released.set()

    told: list[str] = []
    assert slots.load("families", "sleeper").__name__ == "Sleeper"
    (line,) = told
    assert line.startswith("'sleeper' is still being loaded after 0.5 s (")
    assert line.endswith("sleeper.py, line 3).")
