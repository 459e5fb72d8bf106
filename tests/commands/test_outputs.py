"""`taxiway outputs`: the list, and a test picture to one of them."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from command_line import taxiway
from taxiway.film.media import playing


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
