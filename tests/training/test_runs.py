import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kept_trainings import write_training
from taxiway.core.errors import InvalidArgument, MissingDependency, NotFound
from taxiway.training import runs as module
from taxiway.training.run_folder import PROCESS, working
from taxiway.training.runs import Runs, Wanted, arguments

WORKS = (
    "import sys, signal; from pathlib import Path; from taxiway.training.folder import working\n"
    "signal.signal(signal.SIGTERM, lambda *told: print('told', flush=True))\n"
    "with working(Path(sys.argv[1])): print('in', flush=True); sys.stdin.read()"
)


@pytest.fixture
def runs(tmp_path) -> Runs:
    write_training(tmp_path / "mine")
    return Runs(tmp_path)


def wanted(**fields) -> Wanted:
    return Wanted(**{"name": "new", "dataset": __file__, **fields})


def test_trainings_are_found_by_their_folders(runs, tmp_path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("")
    write_training(tmp_path / "Not a name")
    write_training(tmp_path / "another", about={})
    assert [(found.name, found.title) for found in runs.all()] == [
        ("another", "another"),
        ("mine", "My garden"),
    ]
    assert Runs(tmp_path / "none").all() == []


@pytest.mark.parametrize("name", ["..", "../mine", "mine/../mine", "", "none", "MINE", "/etc"])
def test_no_other_name_leads_anywhere(runs, name) -> None:
    for act in (runs.one, runs.stop, runs.resume, runs.find):
        with pytest.raises(NotFound, match="There is no training"):
            act(name)


@pytest.mark.parametrize(
    ("fields", "name", "words"),
    [
        ({"name": "My model"}, "name", "small letters"),
        ({"name": ".hidden"}, "name", "small letters"),
        ({"name": "a" * 65}, "name", "small letters"),
        ({"name": "new\n"}, "name", "small letters"),
        ({"name": "mine"}, "name", "There is a training 'mine' already"),
        ({"dataset": "/none.zip"}, "dataset", "There is no dataset '/none.zip'"),
        ({"dataset": ""}, "dataset", "There is no dataset"),
        ({"dataset": "a\0b"}, "dataset", "2000 characters of text"),
        ({"dataset": "a" * 1999}, "dataset", "There is no dataset"),
        ({"title": "a" * 2001}, "title", "2000 characters of text"),
        ({"kimg": 0.0}, "kimg", "above 0"),
        ({"kimg": float("nan")}, "kimg", "above 0"),
    ],
)
def test_what_cannot_be_begun_is_said_at_once(runs, fields, name, words) -> None:
    with pytest.raises(InvalidArgument, match=words) as caught:
        runs.start(wanted(**fields))
    assert caught.value.name == name


def test_without_pytorch_the_line_that_brings_it_is_told(runs, monkeypatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(MissingDependency, match="pip install 'taxiway\\[train\\]'"):
        runs.start(wanted())
    assert [found.name for found in runs.all()] == ["mine"]


def test_words_of_a_person_do_not_become_options() -> None:
    dataset, *options = arguments(wanted(dataset="--resume", title="--device cuda", kimg=2.5))
    assert Path(dataset).is_absolute()
    assert options == [
        "--kimg=2.5",
        "--quality=draft",
        "--title=--device cuda",
        "--licence=",
        "--data=",
    ]
    assert "--labels" in arguments(wanted(labels=True))


def test_a_start_that_failed_says_why_and_its_name_is_free_again(runs) -> None:
    assert runs.start(wanted()).state == "starting"
    runs._processes["new"].wait(60)
    failed = runs.one("new")
    assert failed.state == "failed"
    assert "test_runs.py" in failed.message
    assert "Traceback" not in failed.message
    with pytest.raises(InvalidArgument, match="'new' never began"):
        runs.resume("new")
    runs.start(wanted())
    runs.close()
    assert not runs.find("new").is_worked_in


def test_one_begun_by_hand_is_seen_and_stopped_and_no_other_starts(runs, tmp_path) -> None:
    with pytest.raises(InvalidArgument, match="'mine' does not train now"):
        runs.stop("mine")
    with subprocess.Popen(
        [sys.executable, "-c", WORKS, tmp_path / "mine"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"in\n"
        assert runs.one("mine").state == "starting"
        for begin in (lambda: runs.start(wanted()), lambda: runs.resume("mine")):
            with pytest.raises(InvalidArgument, match="'mine' trains now; stop it first"):
                begin()
        assert runs.stop("mine").state == "stopping"
        assert process.stdout.readline() == b"told\n"
        assert runs.stop("mine").state == "stopping"
        said, _ = process.communicate(timeout=20)
        assert said == b""  # told once, though asked twice
    assert runs.one("mine").state == "stopped"


TRAINS = """
import signal, sys
from pathlib import Path
from taxiway.training.folder import PROCESS, working

assert sys.argv[1:3] == ["/photos.zip", "--resume"], sys.argv
with working(Path(sys.argv[-1].removeprefix("--out="))):
    signal.sigwait([signal.SIGTERM])
    print("20.0 kimg seen.")
"""


@pytest.fixture
def resumed(runs, tmp_path, monkeypatch) -> Iterator[Runs]:
    """A training that goes on, in a process that does nothing until it is told to stop."""
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    monkeypatch.setattr(module, "COMMAND", [sys.executable, "-c", TRAINS])
    assert runs.resume("mine").state == "starting"
    signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    while not (tmp_path / "mine" / PROCESS).exists():
        assert runs._processes["mine"].poll() is None
        time.sleep(0.01)
    yield runs
    runs.close()


def test_a_server_that_ends_has_its_training_save_and_stop(resumed, tmp_path, capsys) -> None:
    resumed.close()
    assert resumed.one("mine").state == "stopped"
    assert Runs(tmp_path).one("mine").state == "stopped"
    assert (tmp_path / "mine" / "log.txt").read_text() == "20.0 kimg seen.\n"
    assert "'mine' finishes its step" in capsys.readouterr().out


def test_a_training_outlives_a_server_that_was_killed_and_the_next_can_stop_it(
    resumed, tmp_path
) -> None:
    following = Runs(tmp_path)
    assert following.one("mine").state == "starting"
    following.stop("mine")
    assert resumed._processes["mine"].wait(20) == 0
    assert following.one("mine").state == "stopped"


def test_a_server_that_ends_leaves_trainings_of_others_alone(runs, tmp_path) -> None:
    with working(tmp_path / "mine"):
        runs.close()
        assert runs.one("mine").state == "starting"
