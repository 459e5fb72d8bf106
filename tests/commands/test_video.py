"""`taxiway video` and `taxiway mix`, as they are typed."""

from pathlib import Path

import av
import pytest

from players import FIXTURES
from taxiway.cli import main

MODEL = str(FIXTURES / "stylegan2-ada_32.pkl")


def test_a_film_is_written_where_it_was_asked_for(tmp_path: Path) -> None:
    out = tmp_path / "new" / "film.webm"
    asked = ["--keys", "1,5", "9", "--seconds", "0.5", "--fps", "10", "--loop", "--psi", "0.6"]
    assert main(["video", MODEL, *asked, "--out", str(out)]) == 0
    with av.open(str(out)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 5
    assert list(out.parent.glob("[!.]*")) == [out]


def test_a_model_without_w_is_filmed_too(tmp_path: Path) -> None:
    out = tmp_path / "film.gif"
    asked = ["--kind", "wander", "--seed", "3", "--changes", "2", "--size", "32"]
    assert (
        main(["video", "painter", *asked, "--seconds", "0.2", "--fps", "10", "--out", str(out)])
        == 0
    )
    assert out.read_bytes()[:4] == b"GIF8"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--loop"], "'keys' takes seeds"),
        (["--keys", "1"], "A walk takes two keys or more"),
        (["--keys", "1,2", "--sound", "nowhere.wav"], "There is no file 'nowhere.wav'."),
        (["--keys", "1,2", "--times", "0,9", "--loop"], "'times' takes 3 for these keys"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [*arguments, "--seconds", "0.1", "--out", str(tmp_path / "film.mp4")]
    assert main(["video", MODEL, *asked]) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "film.mp4").exists()


def test_a_mix_is_typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--rows", "1", "2", "--columns", "5-6", "--styles", "fine", "--psi", "0.5"]
    assert main(["mix", MODEL, *asked, "--out", str(tmp_path / "mix")]) == 0
    assert (tmp_path / "mix" / "seed0002+seed0006.png").is_file()
    assert (tmp_path / "mix" / "grid.png").is_file()
    assert main(["mix", "painter", *asked, "--out", str(tmp_path / "mix")]) == 1
    assert "'painter' is none" in capsys.readouterr().err
