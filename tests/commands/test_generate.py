"""`taxiway generate`: what it takes, and that nothing is lost however it ends."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from players import FIXTURES
from taxiway.cli import main
from taxiway.core.images import read_metadata

MODEL = str(FIXTURES / "stylegan2-ada_32.pkl")


@pytest.mark.smoke
def test_seeds_files_and_folders_are_taken_together(tmp_path: Path) -> None:
    first, second = str(tmp_path / "first"), str(tmp_path / "second")
    asked = ["generate", MODEL, "--device", "cpu"]
    assert main([*asked, "--seeds", "1-2", "--psi", "0.6", "--save", "npz", "--out", first]) == 0
    assert (
        main([*asked, "--latents", first, "--seeds", "7", "--grid", "auto", "--out", second]) == 0
    )
    for name in ("seed0001.png", "seed0002.png"):
        again = (tmp_path / "second" / name).read_bytes()
        assert read_metadata(again) == read_metadata((tmp_path / "first" / name).read_bytes())
    assert {path.name for path in (tmp_path / "second").glob("*.png")} == {
        "grid.png", "seed0001.png", "seed0002.png", "seed0007.png"
    }  # fmt: skip


def test_a_sweep_towards_a_centre(tmp_path: Path) -> None:
    out = tmp_path / "sweep"
    asked = ["--seeds", "1", "--psi", "0,1", "--centre", "5", "--noise-mode", "none"]
    assert main(["generate", MODEL, *asked, "--out", str(out)]) == 0
    told = read_metadata((out / "seed0001-psi0.00.png").read_bytes())
    assert told is not None
    assert told["noise_mode"] == "none"
    assert len(told["w"]) == 8


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Give --seeds or --latents."),
        (["--latents", "nowhere.npz"], "There is no file 'nowhere.npz'."),
        (["--seeds", ""], "Seeds are numbers and ranges such as 1,2,5-10"),
        (["--seeds", "1", "--noise-mode", "loud"], "argument --noise-mode: 'noise_mode' takes"),
        (["--seeds", "1", "--label", "2"], "This model has no classes"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(["generate", MODEL, *arguments, "--out", str(tmp_path / "out")])
    except SystemExit as end:
        code = int(str(end.code))
    assert code == 1
    assert message in capsys.readouterr().err.splitlines()[-1]


DOOMED = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background
from taxiway import cli, console

class Doomed(console.ConsoleJob):
    def progress(self, done, *rest, **named):
        super().progress(done, *rest, **named)
        if done == 20:
            os.kill(os.getpid(), signal.Signals(int(sys.argv[1])))

console.ConsoleJob = Doomed
sys.exit(cli.main(sys.argv[2:]))
"""


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGKILL])
def test_a_thousand_pictures_go_on_after_any_end(sign: signal.Signals, tmp_path: Path) -> None:
    asked = ["generate", MODEL, "--device", "cpu", "--out", str(tmp_path), "--seeds"]
    command = [sys.executable, "-c", DOOMED, str(int(sign)), *asked, "0-999"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert ended.returncode == (130 if sign == signal.SIGINT else -signal.SIGKILL)
    if sign == signal.SIGINT:
        assert "Stopped at 20 of 1000; the same command goes on from there." in ended.stderr
        assert "Traceback" not in ended.stderr
    stamps = {path: path.stat().st_mtime_ns for path in tmp_path.glob("seed*")}
    assert len(stamps) == 40
    assert main([*asked, "0-29"]) == 0
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in stamps.items())
    assert len(list(tmp_path.glob("seed*.png"))) == 30
