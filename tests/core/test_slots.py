"""Slots are found by name."""

import pytest

import toys
from taxiway.core import slots
from taxiway.core.errors import NotFound


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
