"""What is measured of a model adds up, of other pictures each time, and advice is true."""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyDataType, Image, Number, Text, Vector
from taxiway.core.errors import InvalidArgument
from taxiway.core.model import ModelSpec
from taxiway.core.tool import QuietJob, Stopped
from taxiway.jobs.worker import HeldModel
from taxiway.tools.bench import Bench, advice, made_up, setting, table

FIGURES = {
    "width": 512, "height": 256, "per_second": 10.0, "model_ms": 100.0, "worst_ms": 120.0,
    "batch": 8, "batch_ms": 50.0, "jpeg_ms": 0.5, "png_ms": 5.0,
}  # fmt: skip
FACTS = {"device": "cpu", "backend": "numpy", "precision": "float32", "threads": 1}


class Plain:
    """Gives a picture whatever it is asked, and keeps what that was."""

    title = "Plain"
    options: ClassVar[dict[str, AnyDataType]] = {"fails": Number(default=0)}
    commands: ClassVar[dict[str, Command]] = {
        "say": Command(name="say", inputs={"words": Text()}, outputs={"said": Text()}),
        "paint": Command(
            name="paint",
            inputs={"seed": Number(whole=True), "z": Vector(length=4), "photo": Image(channels=1)},
            outputs={"image": Image()},
            max_batch=3,
            needs_one_of=("seed", "z"),
        ),
    }

    def setup(self, device: str, options: Values) -> None:
        self.asked: list[list[Values]] = []
        self.facts = FACTS
        self.fails = options["fails"]

    def predict(self, command: str, batch: list[Values]) -> list[Any]:
        self.asked.append(batch)
        answer = {"image": np.zeros((16, 32, 3), np.uint8)}
        return [InvalidArgument("Not this one.") if self.fails else answer for _ in batch]


def held(**options: Any) -> HeldModel:
    return HeldModel(ModelSpec(name="plain", family="tools.test_bench:Plain", options=options))


def measured(model: Any, job: QuietJob) -> Values:
    return Bench().run(model, Bench.command.decode({"seconds": 0.1}), job)


def test_the_figures_are_of_pictures_that_differ(tmp_path: Path) -> None:
    model: Any = held()
    found = measured(model, QuietJob(tmp_path))
    assert found.keys() == Bench.command.outputs.keys()
    assert (found["width"], found["height"], found["batch"]) == (32, 16, 3)
    assert found["per_second"] == pytest.approx(1000 / found["model_ms"])
    assert found["worst_ms"] >= found["model_ms"] > 0
    assert found["setting"].startswith("numpy, float32, cpu, 1 thread of ")
    assert " pictures a second of 32 x 16 px, by numpy, float32, cpu" in found["summary"]
    asked = model._model.asked
    assert {len(batch) for batch in asked} == {1, 3}
    zs = [call["z"].tobytes() for batch in asked for call in batch]
    assert len(set(zs)) == len(zs) > 8
    assert asked[0][0]["photo"].shape == (512, 512)


def test_what_cannot_be_measured_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="Not this one"):
        measured(held(fails=1), QuietJob(tmp_path))
    with pytest.raises(Stopped):
        measured(held(), QuietJob(tmp_path, stop_after=0.0))
    model = held()
    model._model.commands = {"say": Plain.commands["say"]}
    with pytest.raises(InvalidArgument, match="'plain' gives no pictures"):
        measured(model, QuietJob(tmp_path))


def test_an_input_is_made_up_where_it_has_to_be() -> None:
    rng = np.random.default_rng(0)
    inputs: dict[str, AnyDataType] = {"words": Text(), "size": Number(default=8)}
    command = Command(name="say", inputs=inputs, outputs={"said": Text()})
    assert made_up(command, rng) == {"words": "", "size": 8}


@pytest.mark.parametrize(
    ("facts", "figures", "said"),
    [
        ({}, {}, "Programs that ask for 8 at once get 2.0 times as many pictures."),
        ({}, {}, "A model of half the width takes about a quarter of the time."),
        ({}, {"jpeg_ms": 60.0}, "Pages that ask for fewer pixels"),
        (
            FACTS | {"left_out": {"openvino bfloat16": "Not exact: pictures are 0.6 levels off."}},
            {},
            "openvino bfloat16 is faster, if that may be: --precision bfloat16. Not exact",
        ),
    ],
)
def test_what_would_help_is_said(facts: dict[str, Any], figures: dict[str, Any], said: str) -> None:
    assert said in "\n".join(advice(facts, FIGURES | figures))


def test_where_all_is_well_nothing_is_said() -> None:
    quick = {"width": 128, "height": 128, "per_second": 300.0, "batch_ms": 100.0}
    assert not list(advice({}, FIGURES | quick))


def test_a_backend_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("taxiway.backends.openvino.is_here", lambda name: False)
    assert "OpenVINO is missing" in "\n".join(advice(FACTS, FIGURES))
    assert "OpenVINO is missing" not in "\n".join(advice({}, FIGURES))


def test_the_table_has_a_line_for_each_part() -> None:
    found = {**FIGURES, "setting": setting(FACTS), "advice": "One.\nTwo."}
    lines = list(table(found | {"around_ms": 0.5, "query_ms": 101.0}))
    assert lines[0].startswith("512 x 256 px, numpy, float32, cpu, 1 thread of ")
    assert "each of 8 at once" in lines[4]
    assert lines[-2:] == ["One.", "Two."]
    assert len(lines) == len(list(table(found))) + 2
