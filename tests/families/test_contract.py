"""What every member of the models slot must do."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from paths import FIXTURES
from taxiway.core import slots
from taxiway.core.command import Command, Values
from taxiway.core.datatypes import Image, Vector

OPTIONS: dict[str, list[Values]] = {
    "painter": [{}],
    # Its commands are those of its port: see test_ported.py.
    "ported": [],
    "stylegan": [
        {"checkpoint": str(FIXTURES / name), "precision": "float32"}
        for name in (
            "stylegan2-ada_32.pkl",
            "stylegan2-ada_32_labels5_mapping8.pkl",
            "stylegan3-t_32.pkl",
        )
    ],
}
CASES = [(family, options) for family in slots.members("families") for options in OPTIONS[family]]


@pytest.fixture(
    params=CASES, ids=lambda case: f"{case[0]}-{Path(case[1].get('checkpoint', '')).stem}"
)
def model(request: pytest.FixtureRequest) -> Any:
    family, options = request.param
    made = slots.load("families", family)()
    values = {name: field.fallback for name, field in made.options.items()} | options
    made.setup("cpu", values)
    return made


def call(model: Any, **wire: Any) -> Values:
    command: Command = next(iter(model.commands.values()))
    return command.decode(wire)


def predict(model: Any, *calls: Values) -> list[np.ndarray[Any, Any]]:
    return [outputs["image"] for outputs in model.predict(next(iter(model.commands)), list(calls))]


def test_its_declaration_crosses_processes(model: Any) -> None:
    packed = msgspec.msgpack.encode(model.commands)
    assert msgspec.msgpack.decode(packed, type=dict[str, Command]) == model.commands


def test_its_first_command_has_runways_names(model: Any) -> None:
    command: Command = next(iter(model.commands.values()))
    assert list(command.inputs)[:2] == ["z", "truncation"]
    assert list(command.outputs) == ["image"]


def test_it_answers_pictures_of_the_declared_size(model: Any) -> None:
    [picture] = predict(model, call(model, seed=1))
    field = next(iter(model.commands.values())).outputs["image"]
    assert isinstance(field, Image)
    assert picture.dtype == np.uint8
    assert picture.ndim == 3
    assert picture.shape[2] == field.channels
    if isinstance(field.width, int):
        assert picture.shape[:2] == (field.height, field.width)
    assert picture.std() > 1


def test_the_same_call_gives_the_same_picture_alone_or_in_company(model: Any) -> None:
    one, two = call(model, seed=1), call(model, seed=2, truncation=0.3)
    batch = predict(model, one, two, one)
    assert np.abs(batch[0].astype(int) - predict(model, one)[0]).max() <= 1
    assert np.abs(batch[0].astype(int) - batch[2]).max() <= 1
    assert np.abs(batch[1].astype(int) - predict(model, two)[0]).max() <= 1
    assert (batch[0] != batch[1]).any()


def test_a_seed_is_its_vector(model: Any) -> None:
    field = next(iter(model.commands.values())).inputs["z"]
    assert isinstance(field, Vector)
    z = np.random.RandomState(5).randn(field.length).tolist()
    by_seed, by_z = predict(model, call(model, seed=5)), predict(model, call(model, z=z))
    np.testing.assert_array_equal(by_seed, by_z)


@pytest.mark.parametrize("value", [0.0, 1.0, -1.0, 1e30])
def test_extreme_vectors_give_a_picture(model: Any, value: float) -> None:
    field = next(iter(model.commands.values())).inputs["z"]
    [picture] = predict(model, call(model, z=[value] * field.length))
    assert picture.dtype == np.uint8


def test_truncation_zero_gives_everyone_the_same_picture(model: Any) -> None:
    pictures = predict(*[model], *(call(model, seed=seed, truncation=0) for seed in (1, 2)))
    assert np.abs(pictures[0].astype(int) - pictures[1]).max() <= 1
