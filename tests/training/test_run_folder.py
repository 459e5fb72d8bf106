import json
import os
import shutil
from pathlib import Path

import pytest

from kept_trainings import write_training
from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.training.metrics_log import read
from taxiway.training.run_folder import Detail, TrainingFolder, working


def opened(folder: Path, **order: object) -> TrainingFolder:
    return TrainingFolder(write_training(folder / "mine", **order))


def detail(training: TrainingFolder, alive: bool = False, told: bool = False) -> Detail:
    return training.detail(alive, told)


def test_a_training_tells_how_far_it_is_and_what_it_made(tmp_path) -> None:
    found = detail(opened(tmp_path))
    assert (found.name, found.title, found.state) == ("mine", "My garden", "stopped")
    assert found.message == "Stopped: 20 of 40 thousand pictures shown; it can go on from there."
    assert (found.kimg, found.total, found.resolution) == (20, 40, 64)
    assert [sheet.kimg for sheet in found.sheets] == [5, 10, 15, 20]
    assert found.curves["kid"] == [(5, 0.2), (10, 0.1), (15, pytest.approx(1 / 15)), (20, 0.05)]
    assert found.figures["variety"] == 0.9
    assert [(warned.kimg, warned.text) for warned in found.warnings] == [
        (20, "The pictures are growing alike.")
    ]
    assert [(model.name, model.metrics["kid"]) for model in found.models] == [
        ("model", 0.05),
        ("best", 0.05),
    ]
    assert [(kept.name, kept.kimg, kept.metrics["kid"]) for kept in found.snapshots] == [
        ("000010.0kimg", 10, 0.1),
        ("000020.0kimg", 20, 0.05),
    ]


def test_in_short_it_tells_the_same_without_reading_all(tmp_path) -> None:
    training = opened(tmp_path)
    short, long = training.summary(False, False), detail(training)
    assert all(getattr(short, name) == getattr(long, name) for name in short.__struct_fields__)


def test_curves_of_very_long_trainings_are_thinned(tmp_path) -> None:
    training = opened(tmp_path)
    line = '{"kimg": %d, "size": 32, "d": 1.0}\n'
    (training.folder / "stats.jsonl").write_text("".join(line % kimg for kimg in range(5000)))
    assert len(detail(training).curves["d"]) <= 500


def test_a_training_that_works_tells_the_time_left_by_the_size_it_trains(tmp_path) -> None:
    training = opened(tmp_path)
    assert detail(training).seconds_left is None
    assert detail(training, alive=True).seconds_left == pytest.approx(20 * 16)
    young = TrainingFolder(write_training(tmp_path / "young", until=5.0))
    assert detail(young, alive=True).seconds_left == pytest.approx(5 * 8 + 30 * 8 * 4)


@pytest.mark.parametrize(
    ("changed", "told", "state", "words"),
    [
        ({}, False, "stopped", "it can go on"),
        ({"log.txt": "20.0 kimg seen. Play it: ..."}, False, "stopped", "it can go on"),
        ({"log.txt": "Ctrl-C finishes the step"}, False, "failed", "go on from what was saved"),
        ({"log.txt": "Ctrl-C finishes the step"}, True, "stopped", "it can go on"),
        (
            {"log.txt": "", "errors.txt": "...\nThe disk is full.\n"},
            False,
            "failed",
            "disk is full",
        ),
        ({"training.json": "{", "log.txt": ""}, False, "failed", "ended before it began"),
        ({"training.json": "{", "log.txt": ""}, True, "stopped", "can be begun again"),
        ({"training.json": "{"}, False, "stopped", "can be begun again"),
        ({"training.json": "{", "errors.txt": "No text.\n"}, True, "failed", "No text."),
    ],
)
def test_how_a_training_ended_is_said(tmp_path, changed, told, state, words) -> None:
    training = opened(tmp_path)
    for name, text in changed.items():
        (training.folder / name).write_text(text)
    found = training.summary(False, told)
    assert found.state == state
    assert words in found.message


def test_what_was_sent_for_it_goes_by_its_name(tmp_path) -> None:
    sent = tmp_path / "mine" / "sent-0123abcd" / "my photos.zip"
    training = opened(tmp_path, dataset=str(sent))
    assert detail(training).dataset == "my photos.zip"
    (training.folder / "log.txt").write_text("")
    (training.folder / "errors.txt").write_text(f"'{sent}' is no zip file.")
    assert detail(training).message == "'my photos.zip' is no zip file."


def test_a_fulfilled_order_is_done(tmp_path) -> None:
    found = opened(tmp_path, stages=[[64, 20.0]]).summary(False, False)
    assert (found.state, found.message) == ("done", "Done: 20 thousand pictures shown.")


def test_a_process_that_works_in_the_folder_is_known_and_the_only_one(tmp_path) -> None:
    training = opened(tmp_path)
    assert not training.is_worked_in
    with working(training.folder):
        assert training.is_worked_in
        assert training.process == os.getpid()
        assert training.summary(True, False).state == "starting"
        stats = training.folder / "stats.jsonl"
        os.utime(stats, (2e9, 2e9))  # by a clock that was wrong
        assert training.summary(True, False).state == "starting"
        stats.write_text(stats.read_text() * 2)
        os.utime(stats, (1e9, 1e9))
        assert training.summary(True, False).state == "running"
        assert training.summary(True, True).state == "stopping"
        with (
            pytest.raises(InvalidArgument, match="A training works in .* already"),
            working(training.folder),
        ):
            pass
    assert not training.is_worked_in


@pytest.mark.parametrize("name", ["../training.json", "training.json", "000099.0kimg.jpg", ""])
def test_only_files_of_the_list_of_sheets_are_given(tmp_path, name) -> None:
    training = opened(tmp_path)
    assert training.sheet("000005.0kimg.jpg").is_file()
    assert training.sheet("real.jpg").is_file()
    with pytest.raises(NotFound, match="has no sheet"):
        training.sheet(name)


def test_a_link_is_no_sheet(tmp_path) -> None:
    training = opened(tmp_path)
    (training.folder / "samples" / "000007.0kimg.jpg").symlink_to(training.folder / "log.txt")
    (training.folder / "log.txt").write_text("A secret.")
    with pytest.raises(NotFound):
        training.sheet("000007.0kimg.jpg")


def test_models_are_given_by_a_name_of_the_list_only(tmp_path) -> None:
    training = opened(tmp_path)
    assert training.model("best").name == "best.safetensors"
    kept = training.model("000010.0kimg").relative_to(training.folder)
    assert kept.as_posix() == "snapshots/000010.0kimg.safetensors"
    there = "There are: 000010.0kimg, 000020.0kimg, best, model."
    for name in ("state", "../model", "snapshots/000010.0kimg", "000011.0kimg", "", "a\0b"):
        with pytest.raises(NotFound, match=f"has no model .* {there}"):
            training.model(name)


def test_a_training_from_before_snapshots_were_kept_tells_its_two_models(tmp_path) -> None:
    training = opened(tmp_path)
    shutil.rmtree(training.folder / "snapshots")
    found = detail(training)
    assert [(model.name, model.kimg) for model in found.models] == [("model", 20), ("best", 20)]
    assert found.snapshots == []
    assert training.model("model").is_file()


def test_what_is_held_is_a_snapshot_of_the_list(tmp_path) -> None:
    training = opened(tmp_path)
    for name in ("model", "000010.0kimg"):
        training.hold(name)
    marks = [path.name for path in training.folder.rglob("*.played")]
    assert marks == ["000010.0kimg.played"]


def test_the_sheets_become_a_film_of_one_size(tmp_path) -> None:
    import av

    training = opened(tmp_path)
    with av.open(str(training.film())) as film:
        pictures = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    assert {picture.shape for picture in pictures} == {(192, 192, 3)}
    reds = [int(picture[96, 96, 0]) for picture in pictures]
    assert reds[:4] == pytest.approx([30, 60, 90, 120], abs=4)
    assert len(reds) == 4 + 11


def test_samples_of_text_are_sheets_without_a_film(tmp_path) -> None:
    folder = write_training(tmp_path / "tales", unit="passages")
    for path in (folder / "samples").iterdir():
        path.unlink()
    (folder / "samples" / "000005.0kimg.txt").write_text("Once.")
    training = TrainingFolder(folder)
    detail = training.detail(False, False)
    assert ([sheet.name for sheet in detail.sheets], detail.unit) == (
        ["000005.0kimg.txt"],
        "passages",
    )
    assert training.sheet("000005.0kimg.txt").read_text() == "Once."
    with pytest.raises(NotFound, match="has no sheets yet"):
        training.film()


def test_a_training_without_sheets_has_no_film(tmp_path) -> None:
    training = TrainingFolder(write_training(tmp_path / "mine", until=1.0))
    with pytest.raises(NotFound, match="has no sheets yet"):
        training.film()


def test_what_is_no_record_does_not_trouble(tmp_path) -> None:
    training = opened(tmp_path)
    stats = training.folder / "stats.jsonl"
    stats.write_text(stats.read_text() + '{"kimg": 21, "d": NaN}\n{"kimg": 2')
    assert read(stats)[-1]["kimg"] == 21
    assert detail(training).figures["d"] < 2
    assert json.dumps(detail(training).curves, allow_nan=False)
