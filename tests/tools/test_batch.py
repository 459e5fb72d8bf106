"""A model over many pictures: what is written, gone on with, refused, and told in between."""

import json
import zipfile
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import psutil
import pytest
from PIL import Image as Pillow

from taxiway import cli
from taxiway.catalog import catalog
from taxiway.commands import batch
from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyDataType, Image, Number, Segmentation, Text
from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.core.images import Pixels, encode_image, encode_png
from taxiway.core.model import ModelSpec
from taxiway.core.tool import QuietJob, Stopped
from taxiway.film.writer import Manner, write_film
from taxiway.jobs.worker import HeldModel
from taxiway.tools.batch import Batch
from taxiway.tools.batch.given import stem_of

NEGATIVE = "tools.test_batch:Negative"


class Negative:
    """A photo in, its negative and its mean out; a black one is refused."""

    options: ClassVar[dict[str, AnyDataType]] = {"name": Text()}
    commands: ClassVar[dict[str, Command]] = {
        "say": Command(name="say", inputs={"words": Text()}, outputs={"said": Text()}),
        "turn": Command(
            name="turn",
            inputs={"photo": Image(), "add": Number(default=0)},
            outputs={"image": Image(), "mean": Number(), "called": Text()},
            max_batch=3,
        ),
        "both": Command(
            name="both",
            inputs={"photo": Image()},
            outputs={"image": Image(), "output": Image(), "plain": Image()},
        ),
    }

    def setup(self, device: str, options: Values) -> None:
        self.asked = 0

    def predict(self, command: str, batch: list[Values]) -> list[Any]:
        assert len(batch) <= 3
        if command == "say":
            return [{"said": call["words"].upper()} for call in batch]
        if command == "both":
            turned = 255 - batch[0]["photo"]
            return [{"image": turned, "output": turned, "plain": batch[0]["photo"]}]
        return [self._turn(call["photo"], call["add"]) for call in batch]

    def _turn(self, photo: Pixels, add: float) -> Values | InvalidArgument:
        if not photo.any():
            return InvalidArgument("It is too dark to see.", "photo")
        return {"image": 255 - photo, "mean": photo.mean() + add, "called": "photo"}


@pytest.fixture
def model() -> HeldModel:
    return HeldModel(ModelSpec(name="negative", family=NEGATIVE))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Seven pictures in two folders, one of them black, and a text."""
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    for number in range(6):
        picture(folder / f"{number}.png", 40 * number)
    picture(folder / "more" / "a b.png", 77)
    (folder / "notes.txt").write_text("no picture")
    return folder


def picture(path: Path, value: int) -> None:
    path.write_bytes(encode_png(np.full((8, 12, 3), value, np.uint8)))


def run(model: HeldModel, given: Any, out: Path, stop: float | None = None, **more: Any) -> Values:
    out.mkdir(exist_ok=True)
    values = Batch.command.decode({"pictures": given, **more})
    return Batch().run(model, values, QuietJob(out, stop))


def test_every_picture_is_asked_about_and_what_comes_is_written(
    model: HeldModel, photos: Path, tmp_path: Path
) -> None:
    done = run(model, [photos], tmp_path / "out", values={"add": 1})
    assert done == {"made": 6, "kept": 0, "failed": 1, "files": []}
    said = json.loads((tmp_path / "out" / "2.json").read_text())
    assert said["source"] == "2.png"
    assert said["files"] == {"image": "2.png"}
    assert said["outputs"] == {"mean": 81.0, "called": "photo"}
    assert np.asarray(Pillow.open(tmp_path / "out" / "2.png"))[0, 0, 0] == 175
    assert (tmp_path / "out" / "more" / "a-b.png").is_file()
    refused = json.loads((tmp_path / "out" / "0.json").read_text())
    assert refused == {"source": "0.png", "error": "It is too dark to see."}


def test_a_picture_by_several_names_is_written_once(
    model: HeldModel, photos: Path, tmp_path: Path
) -> None:
    run(model, [photos / "2.png"], tmp_path / "out", command="both")
    said = json.loads((tmp_path / "out" / "2.json").read_text())
    named = {"image": "2-image.png", "output": "2-image.png", "plain": "2-plain.png"}
    assert said["files"] == named
    assert {path.name for path in (tmp_path / "out").glob("*.png")} == {*named.values()}
    assert run(model, [photos / "2.png"], tmp_path / "out", command="both")["kept"] == 1


def test_a_stopped_call_goes_on_exactly(model: HeldModel, photos: Path, tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        run(model, [photos], tmp_path / "out", stop=4)
    made = len(list((tmp_path / "out").rglob("*.png")))
    assert 0 < made < 6
    (tmp_path / "out" / "1.png").unlink()  # half of an answer is none
    done = run(model, [photos], tmp_path / "out")
    assert (done["made"] + done["kept"], done["kept"]) == (6, made - 1)
    assert run(model, [photos], tmp_path / "out")["kept"] == 6
    other = run(model, [photos], tmp_path / "out", format="JPEG")
    assert other["made"] == 6
    picture(photos / "3.png", 3)
    assert run(model, [photos], tmp_path / "out", format="JPEG")["made"] == 1


def test_every_line_of_a_text_is_asked_about(model: HeldModel, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("\ufeffone\n \r\nzwölf\n")
    out, given = tmp_path / "out", [tmp_path / "words.txt"]
    done = run(model, given, out, command="say", csv=True)
    assert done == {"made": 2, "kept": 0, "failed": 0, "files": ["batch.csv"]}
    rows = (out / "batch.csv").read_text().splitlines()
    assert rows == ["filename,said", "words.txt 1,ONE", "words.txt 3,ZWÖLF"]
    assert run(model, given, out, command="say")["kept"] == 2
    for wrong, words in (("", "holds no lines"), ("\udcff", "no text in UTF-8")):
        (tmp_path / "words.txt").write_text(wrong, errors="surrogateescape")
        with pytest.raises(InvalidArgument, match=words):
            run(model, given, out, command="say")


def test_lines_of_files_of_one_name_are_kept_apart(model: HeldModel, tmp_path: Path) -> None:
    given = [tmp_path / name for name in ("a/words.txt", "b/words.txt", "b/Words.md")]
    for path in given:
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{path.parent.name} {path.suffix}")
    done = run(model, given, tmp_path / "out", command="say", json=True)
    assert (done["made"], done["kept"]) == (3, 0)
    said = json.loads((tmp_path / "out" / "batch.json").read_bytes())
    assert [one["said"] for one in said] == ["A .TXT", "B .TXT", "B .MD"]
    assert run(model, given, tmp_path / "out", command="say")["kept"] == 3


class Layered:
    """A map of labels in, how much of it is each out."""

    options: ClassVar[dict[str, AnyDataType]] = {}
    commands: ClassVar[dict[str, Command]] = {
        "count": Command(
            name="count",
            inputs={"map": Segmentation(label_to_id={"sky": 3, "sea": 9},
                                        label_to_color={"sky": [0, 0, 0], "sea": [0, 0, 200]})},
            outputs={"sea": Number()},
        )
    }  # fmt: skip

    def setup(self, device: str, options: Values) -> None: ...

    def predict(self, command: str, batch: list[Values]) -> list[Any]:
        return [{"sea": float((call["map"] == 9).mean())} for call in batch]


def test_maps_of_labels_are_taken_in_colours_ids_and_films(tmp_path: Path) -> None:
    model, maps = HeldModel(ModelSpec(name="layered", family=f"{__name__}:Layered")), tmp_path / "m"
    maps.mkdir()
    half = np.zeros((64, 64, 3), np.uint8)
    half[32:] = (0, 0, 200)
    (maps / "a.png").write_bytes(encode_png(half))
    (maps / "b.jpg").write_bytes(encode_image(half, "JPEG"))
    ids = np.where(half[..., 2] > 0, 9, 3).astype(np.uint8)
    (maps / "c.png").write_bytes(encode_png(ids))
    write_film(tmp_path / "d.mp4", iter([half]), 1, Manner(fps=5))
    done = run(model, [maps, tmp_path / "d.mp4"], tmp_path / "out", json=True)
    assert (done["made"], done["failed"]) == (4, 0)
    said = json.loads((tmp_path / "out" / "batch.json").read_text())
    assert [row["sea"] for row in said] == pytest.approx([0.5] * 4, abs=0.02)


def test_zip_files_are_taken_and_no_name_leads_out(model: HeldModel, tmp_path: Path) -> None:
    white = encode_png(np.full((4, 4, 3), 255, np.uint8))
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for name in ("../../up.png", "/etc/root.png", "a.png", "A.jpg", ".hid/b.png", "x.txt"):
            archive.writestr(name, white)
        archive.writestr("broken.png", b"not a picture")
    done = run(model, [tmp_path / "set.zip"], tmp_path / "out")
    assert (done["made"], done["failed"]) == (4, 1)
    there = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.png"))
    assert there == ["out/A.png", "out/a-png.png", "out/etc/root.png", "out/up.png"]


@pytest.mark.parametrize(
    ("name", "stem"),
    [("a.png", "a"), ("../a.png", "a"), ("a/../../b.c.png", "a/b.c"), ("...png", "picture"),
     ("C:\\x\\y.jpg", "C/x/y"), ("\x00.png", "picture")],
)  # fmt: skip
def test_names_of_files_stay_inside(name: str, stem: str) -> None:
    assert stem_of(name) == stem


@pytest.mark.parametrize(
    ("more", "kind", "words"),
    [
        (
            {"input": "z"},
            InvalidArgument,
            "'input' takes an input for pictures or text, photo;",
        ),
        ({"values": {"size": 3}}, InvalidArgument, "'values' has 'size'; it takes add"),
        ({"values": {"photo": 3}}, InvalidArgument, "'values' has 'photo'"),
        ({"values": {"add": "x"}}, InvalidArgument, "'add' takes a number"),
        ({"values": [3]}, InvalidArgument, "'values' takes an object"),
        ({"command": "dig"}, NotFound, "No command named 'dig'. There are: both, say, turn"),
    ],
)
def test_what_is_wrong_is_said_before_the_work(
    model: HeldModel,
    photos: Path,
    tmp_path: Path,
    more: Values,
    kind: type[Exception],
    words: str,
) -> None:
    with pytest.raises(kind, match=words):
        run(model, [photos], tmp_path / "out", **more)


def test_a_set_without_pictures_is_refused(model: HeldModel, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.zip").write_text("PK")
    for given, words in (("empty", "holds none"), ("none", "no folder"), ("broken.zip", "whole")):
        with pytest.raises(InvalidArgument, match=words):
            run(model, [tmp_path / given], tmp_path / "out")


def test_hundreds_take_no_more_memory_than_a_few(model: HeldModel, tmp_path: Path) -> None:
    (tmp_path / "many").mkdir()
    data = encode_png(np.full((256, 256, 3), 9, np.uint8))
    for number in range(400):
        (tmp_path / "many" / f"{number}.png").write_bytes(data)
    process, used = psutil.Process(), []

    class Watching(QuietJob):
        def progress(self, done: float, *_: Any, **__: Any) -> None:
            if done in (100, 399):
                used.append(process.memory_info().rss)

    (tmp_path / "out").mkdir()
    values = Batch.command.decode({"pictures": [tmp_path / "many"]})
    assert Batch().run(model, values, Watching(tmp_path / "out"))["made"] == 400
    assert used[-1] - used[0] < 20e6  # the pictures take 60 MB


def test_another_picture_is_typed_as_a_file(photos: Path) -> None:
    assert batch.value(str(photos / "2.png")).startswith("data:")
    assert [batch.value(word) for word in ("2.png", "20", "true")] == ["2.png", 20, True]


def test_the_command_line_asks_and_tells(
    photos: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "out"
    card = catalog.Card(name="negative", family=NEGATIVE, title="Negative", summary="")
    with monkeypatch.context() as patch:
        patch.setattr(catalog, "choose", lambda *_: card)
        check_words(photos, out, capsys)
    assert cli.main(["batch", "rainbow", str(photos), "--out", str(out)]) == 1
    assert "works on models that take image or segmentation or text" in capsys.readouterr().err


def check_words(photos: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["batch", "negative", str(photos), "--out", str(out), "--add", "2"]
    assert cli.main(words) == 1  # one was refused
    assert "6 made, 0 kept, 1 failed" in capsys.readouterr().out
    (photos / "0.png").unlink()
    assert cli.main(words) == 0
    assert "0 made, 6 kept, 0 failed" in capsys.readouterr().out
