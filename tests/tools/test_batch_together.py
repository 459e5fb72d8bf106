"""A batch of frames and pictures in one file: tables, lists, films; and what is in boxes."""

import csv
import json
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import (
    AnyDataType,
    AnyType,
    Array,
    Image,
    ImageBoundingBox,
    Number,
    Text,
)
from taxiway.core.errors import InvalidArgument
from taxiway.core.images import encode_png, rgb_pixels
from taxiway.core.model import ModelSpec
from taxiway.core.tool import QuietJob, Stopped
from taxiway.film.media import playing
from taxiway.film.writer import Manner, write_film
from taxiway.jobs.worker import HeldModel, opened
from taxiway.tools.batch import Batch
from taxiway.tools.batch.together import flat

FINDER = "tools.test_batch_together:Finder"
WORDS = "tools.test_batch_together:Words"


class Finder:
    """Finds the left half of every picture, and of a light one the whole besides."""

    options: ClassVar[dict[str, AnyDataType]] = {}
    commands: ClassVar[dict[str, Command]] = {
        "find": Command(
            name="find",
            inputs={"image": Image()},
            outputs={
                "image": Image(),
                "boxes": Array(item_type=ImageBoundingBox()),
                "labels": Array(item_type=Text()),
                "results": Array(item_type=AnyType()),
                "size": AnyType(),
            },
            max_batch=4,
        )
    }

    def setup(self, device: str, options: Values) -> None:
        pass

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        return [self._find(call["image"]) for call in batch]

    def _find(self, picture: np.ndarray) -> Values:
        height, width = picture.shape[:2]
        boxes = [[0.0, 0.0, 0.5, 1.0], [0.0, 0.0, 1.0, 1.0]][: 2 if picture.mean() > 100 else 1]
        labels = ["half", "../all of it"][: len(boxes)]
        results = [
            {"bbox": [0, 0, box[2] * width, height], "class": label, "score": 0.5}
            for box, label in zip(boxes, labels, strict=True)
        ]
        size = {"width": width, "height": height}
        given = {"image": 255 - picture, "boxes": boxes, "labels": labels}
        return {**given, "results": results, "size": size}


class Words(Finder):
    """Takes no picture and no text, and fails where it is set up."""

    commands: ClassVar[dict[str, Command]] = {
        "say": Command(name="say", inputs={"words": Number()}, outputs={"said": Text()})
    }

    def setup(self, device: str, options: Values) -> None:
        raise AssertionError("It was started.")


@pytest.fixture
def model() -> HeldModel:
    return HeldModel(ModelSpec(name="finder", family=FINDER))


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Seven frames, the last three of them light, at five a second."""
    shades = [20, 20, 20, 20, 200, 200, 200]
    frames = [np.full((32, 48, 3), shade, np.uint8) for shade in shades]
    write_film(tmp_path / "walk.mp4", frames, len(frames), Manner(fps=5, crf=1))
    return tmp_path / "walk.mp4"


def run(model: HeldModel, given: Any, out: Path, stop: float | None = None, **more: Any) -> Values:
    out.mkdir(exist_ok=True)
    values = Batch.command.decode({"pictures": given, **more})
    return Batch().run(model, values, QuietJob(out, stop))


def pixels(path: Path) -> np.ndarray:
    return rgb_pixels(path.read_bytes(), path.name)


def test_a_film_becomes_a_table_a_list_and_a_film(
    model: HeldModel, film: Path, tmp_path: Path
) -> None:
    out, also = tmp_path / "out", {"csv": True, "json": True, "film": True, "format": "JPEG"}
    with pytest.raises(Stopped):
        run(model, [film], out, 4, **also)
    done = run(model, [film], out, **also)
    assert (done["made"], done["kept"], done["failed"]) == (3, 4, 0)
    assert done["files"] == ["batch.json", "batch.csv", "batch.mp4"]
    with (out / "batch.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    columns = ("bbox.0", "bbox.1", "bbox.2", "bbox.3", "class", "score")
    assert [*rows[0]] == [
        "time",
        *(f"results.{n}.{name}" for n in (0, 1) for name in columns),
        "size.width",
        "size.height",
    ]
    assert [float(row["time"]) for row in rows] == pytest.approx([n / 5 for n in range(7)])
    assert [row["results.1.class"] for row in rows] == [""] * 4 + ["../all of it"] * 3
    assert rows[0]["results.0.bbox.2"] == "24.0"
    listed = json.loads((out / "batch.json").read_text())
    assert [*listed[6]] == ["time", "boxes", "labels", "results", "size"]
    assert (out / "walk" / "frame000006.jpg").is_file()
    with playing(out / "batch.mp4") as made:
        stream = made.streams.video[0]
        assert (stream.width, stream.height, float(stream.average_rate)) == (48, 32, 5)
        shades = [frame.to_ndarray(format="rgb24").mean() for frame in made.decode(video=0)]
    assert shades == pytest.approx([235] * 4 + [55] * 3, abs=4)


def test_what_is_in_boxes_is_cut_out(model: HeldModel, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    light = np.full((8, 12, 3), 200, np.uint8)
    for name, shade in (("a", light), ("b", light // 4), ("batch", light)):
        (tmp_path / "in" / f"{name}.png").write_bytes(encode_png(shade))
    given = {"crops": True, "json": True, "format": "none"}
    run(model, [tmp_path / "in"], tmp_path / "out", **given)
    there = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert there == [
        "a-0-half.png", "a-1-all-of-it.png", "a.json", "b-0-half.png", "b.json",
        "batch-png-0-half.png", "batch-png-1-all-of-it.png", "batch-png.json", "batch.json",
    ]  # fmt: skip
    assert pixels(tmp_path / "out" / "a-0-half.png").shape == (8, 6, 3)
    assert (pixels(tmp_path / "out" / "b-0-half.png") == 50).all()
    listed = json.loads((tmp_path / "out" / "batch.json").read_text())
    assert [row["filename"] for row in listed] == ["a.png", "b.png", "batch.png"]
    (tmp_path / "out" / "b-0-half.png").unlink()
    done = run(model, [tmp_path / "in"], tmp_path / "out", **given)
    assert (done["made"], done["kept"]) == (1, 2)


def test_what_cannot_be_made_is_said_before_the_work(
    model: HeldModel, film: Path, tmp_path: Path
) -> None:
    with pytest.raises(InvalidArgument, match="'film' is made of the pictures .* 'format' is none"):
        run(model, [film], tmp_path / "out", film=True, format="none")
    (tmp_path / "no.mp4").write_text("no film")
    with pytest.raises(InvalidArgument, match="'no.mp4' is no film that can be read"):
        run(model, [tmp_path / "no.mp4"], tmp_path / "out")
    negative = HeldModel(ModelSpec(name="negative", family="tools.test_batch:Negative"))
    with pytest.raises(InvalidArgument, match="gives boxes in pictures; 'turn' does not"):
        run(negative, [film], tmp_path / "out", crops=True)


@pytest.mark.parametrize("family", [WORDS, "stylegan"])
def test_a_model_without_a_picture_input_is_refused_before_it_starts(family: str) -> None:
    with pytest.raises(InvalidArgument, match="segmentation or text; 'words' is none"):
        opened(Batch(), ModelSpec(name="words", family=family))


def test_of_what_is_nested_the_leaves_are_columns() -> None:
    assert flat({"filename": "a", "w": [[1, 2], []], "said": {"x": None}}) == {
        "filename": "a", "w.0.0": 1, "w.0.1": 2, "said.x": None
    }  # fmt: skip
