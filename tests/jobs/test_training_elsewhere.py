"""A training on another machine: what comes home, and that it stops and goes on."""

import json
import os
import sys
from pathlib import Path
from threading import Event

import pytest

import ssh_stand_in
from command_line import taxiway
from paths import FIXTURES
from taxiway.commands.train import tell
from taxiway.core.errors import ModelFailed
from taxiway.engine.executor import Died
from taxiway.jobs.elsewhere import _Home
from taxiway.jobs.training_elsewhere import STATE, Home, Training, Wanted, going_on
from taxiway.training.datasets.pictures.crops import Plan
from taxiway.training.datasets.pictures.prepare import prepare
from taxiway.training.datasets.pictures.sources import open_source
from taxiway.training.metrics_log import read
from training.datasets.pictures.folders import fill

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Linux and macOS only")
SMALL = FIXTURES / "stylegan2-ada_32.pkl"
TRAINS = """
import json, pathlib, signal, sys, time
out = pathlib.Path(sys.argv[1])
(out / "samples").mkdir(parents=True, exist_ok=True)
signal.signal(signal.SIGTERM, lambda *_: ((out / "saved").write_text("saved"), sys.exit(0)))
(out / "training.json").write_text(json.dumps({"dataset": "x", "stages": [[32, 4]]}))
(out / "state.pt").write_bytes(b"s" * 3_000_000)
(out / "training.lock").touch()
(out / ".half").touch()
(out / "stats.jsonl").write_text('{"kimg": 1}\\n')
(out / "samples" / "1kimg.jpg").write_bytes(b"")
while sys.argv[2] == "long":
    time.sleep(0.02)
"""


def there(tmp_path: Path, how: str, **more: object) -> Training:
    """The other side, with a program that writes what a training does."""
    made = Training()
    options = dict.fromkeys(made.options) | {"dataset": "d", "words": "[]", "name": "run-1"} | more
    made.setup("cpu", options)
    made._command = [sys.executable, "-c", TRAINS, str(made._folder), how]
    return made


def home(tmp_path: Path, stop: Event) -> tuple[_Home, list[str]]:
    said: list[str] = []
    (tmp_path / "out").mkdir()
    wanted = Wanted(on="ssh://box", words=[], dataset=tmp_path, folder=tmp_path / "out")
    return _Home(Home(wanted, stop, said.append), 1.0), said


def carried(made: Training, to: _Home, command: str) -> None:
    """What an executor does with the parts of an answer."""
    parts = made.predict(command, [{}])
    for part in parts:
        if not to._take([part[0]] if isinstance(part, list) else [None], None):
            break
    parts.close()


def test_what_a_training_writes_comes_home_as_it_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAXIWAY_DATA", str(tmp_path / "data"))
    made, (to, said) = there(tmp_path, "short"), home(tmp_path, Event())
    carried(made, to, "work")
    out = tmp_path / "out"
    files = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert files == {"training.json", "stats.jsonl", "samples/1kimg.jpg"}
    assert said[-1].startswith("1.0 of 4 kimg")
    assert to._end == 0
    carried(made, to, "fetch")
    assert (out / STATE).read_bytes() == b"s" * 3_000_000
    assert not list(out.rglob("*.coming"))


def test_one_that_is_stopped_saves_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAXIWAY_DATA", str(tmp_path / "data"))
    stop = Event()
    made, (to, _) = there(tmp_path, "long"), home(tmp_path, stop)
    to._here.say = lambda words: stop.set()  # type: ignore[method-assign]
    carried(made, to, "work")
    assert not (tmp_path / "out" / "saved").exists()
    carried(made, to, "fetch")
    assert (tmp_path / "out" / "saved").read_text() == "saved"


def test_what_comes_stays_in_the_folder(tmp_path: Path) -> None:
    to, _ = home(tmp_path, Event())
    for name in ("../x", "/etc/x", "a/../../x"):
        with pytest.raises(ModelFailed, match="cannot be called"):
            to._write({"name": name, "at": 0, "size": 0})


def test_from_a_cluster_comes_what_it_goes_on_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAXIWAY_DATA", str(tmp_path / "data"))
    made, (to, _) = there(tmp_path, "short", gives_state=True), home(tmp_path, Event())
    carried(made, to, "work")
    assert (tmp_path / "out" / STATE).stat().st_size == 3_000_000


def test_one_that_was_killed_goes_on_from_its_save_or_begins_anew(tmp_path: Path) -> None:
    to, _said = home(tmp_path, stop := Event())
    with pytest.raises(Died, match="what trained was ended by SIGKILL"):
        to._here.ended(-9)
    to._here.ended(1)
    stop.set()
    to._here.ended(-15)
    words = ["{dataset}", "--kimg", "4", "--out", "{out}", "--from", "{start}", "--title=T"]
    folder = tmp_path / "there"
    folder.mkdir()
    assert going_on([*words, "--resume"], folder) == words
    assert not folder.exists()
    folder.mkdir()
    (folder / STATE).touch()
    assert going_on(words, folder) == [*words[:5], "--title=T", "--resume"]
    assert going_on(["--resume"], folder) == ["--resume"]
    assert to._here.spec(True).options["again"] is True


def test_it_goes_on_where_nobody_reads_what_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, write = os.pipe()
    os.close(read)
    with open(write, "w") as out:
        monkeypatch.setattr(sys, "stdout", out)
        tell("It is done on box.example.")
        tell("It is still done there.")
    monkeypatch.undo()

    def fail(words: str) -> None:
        raise BrokenPipeError

    to, _ = home(tmp_path, Event())
    to._here.say = fail  # type: ignore[method-assign]
    to._say("is not reached (no word came); trying again")


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_model_is_trained_over_there_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = ssh_stand_in.install(tmp_path / "box", monkeypatch)
    data, out = tmp_path / "noise.zip", tmp_path / "out"
    with open_source(fill(tmp_path / "in", 60)) as source:
        prepare(source, data, Plan(32))
    call = ["train", data, "--out", out, "--on", ssh_stand_in.BOX, "--batch", "8"]
    words = ["--title=Noise", "--licence=CC0", "--data=noise"]
    done = taxiway(*call, "--from", SMALL, "--kimg", "0.032", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "It is done on box.example." in done.stdout
    assert json.loads((out / "model.json").read_text())["title"] == "Noise"
    assert read(out / "stats.jsonl")[-1]["kimg"] == pytest.approx(0.032)
    assert (out / STATE).exists()
    more = taxiway(*call, "--resume", "--kimg", "0.048")
    assert more.returncode == 0, more.stdout + more.stderr
    assert read(out / "stats.jsonl")[-1]["kimg"] == pytest.approx(0.048)
    assert len(os.listdir(box / "data" / "trainings-for-others")) == 1
    played = taxiway("generate", out / "model.safetensors", "--seeds", "1", "--out", tmp_path / "o")
    assert played.returncode == 0, played.stderr
