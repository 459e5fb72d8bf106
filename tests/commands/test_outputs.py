"""`taxiway outputs`: the list, and a test picture to one of them."""

import re
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from command_line import taxiway
from sinks.fakes import fake_spout
from taxiway.commands.outputs import send_test_pictures
from taxiway.film.media import playing
from taxiway.sinks.spout import Spout, texture


def test_every_output_says_what_it_needs() -> None:
    done = taxiway("outputs")
    assert done.returncode == 0
    names = "page camera folder mjpeg ndi omt record rtmp session spout syphon"
    for name in names.split():
        assert f"{name}    " in done.stdout


def test_a_test_picture_is_sent(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    done = taxiway("outputs", "selftest", "record", f"path={film}", "--seconds", "0.5")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Recording gets colour bars for 0.5 seconds. The file is there once" in done.stdout
    assert re.search(rf"Sent \d+ pictures?: {film}\.$", done.stdout.rstrip())
    with playing(film) as opened:
        first = next(opened.decode(video=0)).to_ndarray(format="rgb24")
    assert first.shape == (480, 640, 3)
    yellow, red = first[100, 120].astype(int), first[100, 440].astype(int)
    assert np.abs(yellow - (255, 255, 0)).max() < 20
    assert np.abs(red - (255, 0, 0)).max() < 20


def test_one_that_keeps_what_is_clear_gets_some(tmp_path: Path) -> None:
    done = taxiway(
        "outputs", "selftest", "folder", f"path={tmp_path}", "limit=1", "--seconds", "20"
    )
    assert done.returncode == 0
    assert f"1 picture is in {tmp_path}." in done.stdout
    opacity = np.asarray(Image.open(tmp_path / "frame000001.png"))[:, :, 3]
    assert set(opacity.ravel().tolist()) == {128, 255}


def test_spout_says_which_way_its_pictures_went(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    notes = fake_spout(monkeypatch, tmp_path)
    monkeypatch.setattr(texture, "find_library", lambda name: None)

    def wait(seconds: float) -> None:
        time.sleep(0.005)
        if any(name == "sendImage" for name, *_ in notes):
            raise KeyboardInterrupt

    sink = Spout({"name": "Stage", "flipped": False, "fps": 30})
    assert send_test_pictures(sink, 30, 600, wait) == 0
    said = capsys.readouterr().out
    assert "Stage. Pictures go by way of the processor. NVIDIA's driver" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["lamp"], "No sink named 'lamp'"),
        (["folder"], "'path' is missing"),
        (["record", "colour=red"], "'record' has no 'colour'"),
        (["mjpeg"], "'mjpeg' is on with every model"),
        (["page"], "then open http://localhost:8000/output"),
        (["rtmp", "url=http://x"], "'url' takes an address that begins with rtmp://"),
        (["record", "path=film.avi"], "'path' takes a file .mp4, .mov, .webm"),
        (["record", "path=a.mp4", "--seconds", "0"], "a number above 0 is needed"),
    ],
)
def test_what_cannot_be_is_a_sentence(arguments: list[str], said: str, tmp_path: Path) -> None:
    done = taxiway("outputs", "selftest", *arguments, cwd=tmp_path)
    assert done.returncode in (1, 2)
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
