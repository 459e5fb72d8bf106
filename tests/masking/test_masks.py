"""Masks of films: what is clicked is followed, corrected, kept, and written in every form."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import av
import numpy as np
import pytest

from paths import ROOT
from taxiway.core.command import Values
from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.core.images import encode_png, rgb_pixels
from taxiway.core.tool import QuietJob, Stopped
from taxiway.film.writer import Manner, write_film
from taxiway.masking import propagate
from taxiway.masking.project import BEHIND, FOLDER, WISH, Clicks, Project
from taxiway.masking.propagate import propagated, ways
from taxiway.tools.mask import Masking
from taxiway.vision.colours import Grade

FRAMES = 8
BLOB = Clicks(frame=0, include=[[0.4, 0.5]])


@pytest.fixture(scope="module")
def clips() -> Iterator[Any]:
    """The bench's drawn clips."""
    sys.path.insert(0, str(ROOT / "bench"))
    import clips

    yield clips
    sys.path.remove(str(ROOT / "bench"))


@pytest.fixture(scope="module")
def clip(clips: Any) -> Any:
    """Frames of a drop whose colours are those of its ground in part, and its exact masks."""
    return clips.drawn("blob", FRAMES)


@pytest.fixture(scope="module")
def film(clip: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "blob.mp4"
    write_film(path, clip[0], FRAMES, Manner(fps=12))
    return path


def project_of(folder: Path, clip: Any, count: int = FRAMES) -> Project:
    project = Project(folder)
    assert sum(1 for _ in project.take(clip[0][:count], "blob.mp4", 12)) == count
    return project


def test_one_click_is_followed_and_a_second_key_mends(
    clip: Any, clips: Any, tmp_path: Path
) -> None:
    project = project_of(tmp_path, clip)
    assert project.mask(0) is None
    project.click(BLOB)
    assert [index for index, _ in propagated(project)] == list(range(1, FRAMES))
    ious = [clips.iou(project.mask(index), truth) for index, truth in enumerate(clip[1])]
    assert np.mean(ious) > 0.93
    assert project.masked() == FRAMES
    y, x = np.argwhere(clip[1][6] & ~project.mask(6))[0]
    mended = project.click(Clicks(frame=6, include=[[float(x + 0.5) / 320, float(y + 0.5) / 240]]))
    assert mended is not None
    assert mended[y, x]
    assert project.masked() == 2  # the others were made of one key alone
    assert {index for index, _ in propagated(project)} == set(range(FRAMES)) - {0, 6}
    assert project.masked() == FRAMES
    project.click(Clicks(frame=6))
    assert list(project.keys()) == [0]


def test_a_frame_follows_from_the_nearer_key() -> None:
    assert ways([0], 3) == [[0, 1, 2]]
    assert ways([2, 6], 9) == [[2, 3, 4], [2, 1, 0], [6, 7, 8], [6, 5]]


def test_what_was_made_before_a_stop_is_not_made_again(
    clip: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = project_of(tmp_path, clip)
    project.click(BLOB)
    for index, _ in propagated(project):
        if index == 4:
            break
    made = []
    step = propagate.Follower.step

    def counted(*given: Any) -> Any:
        made.append(1)
        return step(*given)

    monkeypatch.setattr(propagate.Follower, "step", counted)
    (tmp_path / FOLDER / "masks" / "00002.png").write_bytes(b"half a pic")
    (tmp_path / FOLDER / "keys" / "00000.png").unlink()
    assert len(list(propagated(project))) == FRAMES - 1
    assert len(made) == FRAMES - 1 - 4 + 1


def test_odd_clicks_and_folders_do_no_harm(clip: Any, tmp_path: Path) -> None:
    project = project_of(tmp_path, clip, 3)
    for clicks in (
        Clicks(frame=1, exclude=[[0.5, 0.5]]),
        Clicks(frame=1, box=[0.9, 0.9, 0.1, 0.1]),
        Clicks(frame=1, include=[[0.4, 0.5]], exclude=[[0.4, 0.5]]),
        Clicks(frame=1, box=[-1, -1, -0.5, -0.5]),
    ):
        project.click(clicks)
        assert len(list(propagated(project))) == 2
    with pytest.raises(NotFound, match="frames 0 to 2, got 3"):
        project.click(Clicks(frame=3, include=[[0, 0]]))
    (tmp_path / FOLDER / "film.json").write_text("{")
    with pytest.raises(NotFound, match="not read yet"):
        project.click(BLOB)


def asked(folder: Path, film: Path, stop_after: float | None = None, **inputs: Any) -> Values:
    folder.mkdir(exist_ok=True)
    values = Masking.command.decode({"film": film, **inputs})
    return Masking().run(None, values, QuietJob(folder, stop_after))


def frames_of(path: Path, kind: str) -> list[Any]:
    with av.open(str(path), options={}) as opened:
        stream = opened.streams.video[0]
        if kind == "rgba" and path.suffix == ".webm":
            codec = av.CodecContext.create("libvpx-vp9", "r")
            packets = [*opened.demux(stream)]
            frames = [frame for packet in packets for frame in codec.decode(packet)]
        else:
            frames = [*opened.decode(video=0)]
        return [frame.to_ndarray(format=kind) for frame in frames]


def test_it_is_written_in_every_form(film: Path, clip: Any, clips: Any, tmp_path: Path) -> None:
    done = asked(tmp_path, film, clicks=[{"frame": 0, "include": [[0.4, 0.5]]}])
    assert done == {"file": "green.mp4", "frames": FRAMES, "keys": 1}
    truth = clip[1][5]
    green = frames_of(tmp_path / "green.mp4", "rgb24")
    assert len(green) == FRAMES
    assert clips.iou(np.abs(green[5].astype(int) - [0, 255, 0]).sum(2) > 120, truth) > 0.9
    for form, file in (("alpha", "alpha.mov"), ("webm", "alpha.webm")):
        assert asked(tmp_path, film, form=form)["file"] == file
        assert clips.iou(frames_of(tmp_path / file, "rgba")[5][:, :, 3] > 127, truth) > 0.9
    for form in ("masks", "pictures"):
        asked(tmp_path, film, form=form)
        data = (tmp_path / form / "00005.png").read_bytes()
        assert rgb_pixels(data, form).shape == (240, 320, 3)
    behind = tmp_path / "sea.png"
    behind.write_bytes(encode_png(np.full((50, 40, 3), [0, 0, 200], np.uint8)))
    asked(tmp_path, film, form="over", behind=behind, match=0.5, light=0.2, soften=1)
    over = frames_of(tmp_path / "over.mp4", "rgb24")[5]
    assert np.abs(over[5, 5].astype(int) - [0, 0, 200]).max() < 12
    assert np.abs(over[truth].mean(0) - clip[0][5][truth].mean(0)).max() > 20


def test_the_studio_has_it_wait_and_go_on(film: Path, tmp_path: Path) -> None:
    with pytest.raises(Stopped, match="film is read"):
        asked(tmp_path, film)
    project = Project(tmp_path)
    project.click(BLOB)
    (project.folder / WISH).write_text("{}")
    with pytest.raises(Stopped, match="Stopped at 3"):
        asked(tmp_path, film, stop_after=3)
    with pytest.raises(Stopped, match="Every frame has its mask"):
        asked(tmp_path, film)
    (project.folder / BEHIND).write_bytes(film.read_bytes())
    (project.folder / WISH).write_text('{"form": "over"}')
    with pytest.raises(Stopped, match="'over.mp4' is written"):
        asked(tmp_path, film)
    assert len(frames_of(tmp_path / "over.mp4", "rgb24")) == FRAMES
    (project.folder / WISH).write_text('{"form": "masks"}')
    with pytest.raises(Stopped, match="'masks.zip' is written"):
        asked(tmp_path, film)
    with ZipFile(tmp_path / "masks.zip") as archive:
        assert archive.namelist() == [f"{index:05d}.png" for index in range(FRAMES)]
        assert rgb_pixels(archive.read("00005.png"), "mask").shape == (240, 320, 3)
    assert not (tmp_path / "masks").exists()


def test_what_cannot_be_is_a_sentence(film: Path, tmp_path: Path) -> None:
    for clicks in ("[", [{"frame": -1}], [{"frame": 0, "points": []}], 3):
        with pytest.raises(InvalidArgument, match="'clicks'"):
            asked(tmp_path, film, clicks=clicks)
    with pytest.raises(InvalidArgument, match="'behind' takes a film or a picture"):
        asked(tmp_path, film, clicks={"frame": 0, "include": [[0.4, 0.5]]}, form="over")
    other = tmp_path / "other.mp4"
    with pytest.raises(InvalidArgument, match="holds the masks of 'blob.mp4'"):
        asked(tmp_path, other)
    other.write_bytes(b"no film")
    with pytest.raises(InvalidArgument, match="is no film that can be read"):
        asked(tmp_path / "new", other)


def test_a_grade_of_nothing_changes_nothing_and_each_part_does_what_it_says() -> None:
    grey = np.full((2, 2, 3), 110, np.uint8)
    red = np.full((2, 2, 3), [180, 60, 60], np.uint8)
    np.testing.assert_array_equal(Grade().applied(red), red)
    assert Grade(light=0.5).applied(grey).mean() > 130
    assert Grade(contrast=1).applied(grey // 2).mean() < 30
    assert np.ptp(Grade(saturation=-1).applied(red)[0, 0].astype(int)) <= 2
    warm = Grade(warmth=1).applied(grey)[0, 0].astype(int)
    assert warm[0] > warm[2] + 20
