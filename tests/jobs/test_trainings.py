"""Trainings as jobs: found, begun, queued, stopped and resumed, those begun by hand as well."""

import asyncio
import json
import signal
import subprocess
import sys
from argparse import Namespace
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from jobs.toy_models import ToyModels
from kept_trainings import write_training
from taxiway.core import extras
from taxiway.core.errors import InvalidArgument, MissingDependency, NotFound
from taxiway.jobs import runner as runner_module
from taxiway.jobs import trainings as module
from taxiway.jobs.record import JobRecord, write_record
from taxiway.jobs.runner import Jobs
from taxiway.jobs.trainings import Trainings, Wanted, arguments
from taxiway.training.run_folder import PROCESS, working

WORKS = (
    "import sys, signal; from pathlib import Path\n"
    "from taxiway.training.run_folder import working\n"
    "signal.signal(signal.SIGTERM, lambda *told: print('told', flush=True))\n"
    "with working(Path(sys.argv[1])): print('in', flush=True); sys.stdin.read()"
)
MINE = "training:mine"


@pytest.fixture
async def jobs(tmp_path: Path) -> AsyncIterator[Jobs]:
    write_training(tmp_path / "mine")
    jobs = Jobs(tmp_path / "jobs", tmp_path, ToyModels(), ["toys:Counter"])
    yield jobs
    await jobs.close()


def wanted(**fields: Any) -> dict[str, Any]:
    return {"name": "new", "dataset": __file__, **fields}


async def until(jobs: Jobs, name: str, is_so: Callable[[JobRecord], bool]) -> JobRecord:
    changed = asyncio.Event()
    forget = jobs.listen(lambda record: changed.set())
    try:
        async with asyncio.timeout(60):
            while not is_so(record := await jobs.one(name)):
                changed.clear()
                await changed.wait()
    finally:
        forget()
    return record


def test_trainings_are_found_by_their_folders(tmp_path: Path) -> None:
    write_training(tmp_path / "mine")
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("")
    write_training(tmp_path / "Not a name")
    write_training(tmp_path / "another", about={})
    assert [(found.name, found.title) for found in Trainings(tmp_path).all()] == [
        ("another", "another"),
        ("mine", "My garden"),
    ]
    assert Trainings(tmp_path / "none").all() == []


async def test_one_begun_by_hand_is_a_job_as_any_other(jobs: Jobs) -> None:
    (job,) = await jobs.all()
    assert (job.id, job.kind, job.tool, job.title) == (MINE, "training", "train", "My garden")
    assert (job.state, job.done, job.total, job.unit) == ("stopped", 20, 40, "thousand pictures")
    assert job.inputs == {"name": "mine", "dataset": "/photos.zip", "start": ""}
    assert {"model.safetensors", "best.json", "samples/000020.0kimg.jpg"} <= {*job.files}
    preview = jobs.preview(MINE)
    assert isinstance(preview, Path)
    assert preview.name == "000020.0kimg.jpg"
    assert jobs.file(MINE, "samples/000020.0kimg.jpg") == preview
    for file in ("job.json", "state.pt", "../mine/model.json", "training.lock", "/etc/passwd", ""):
        with pytest.raises(NotFound, match="has no file|has made no file"):
            jobs.file(MINE, file)


@pytest.mark.parametrize("name", ["..", "../mine", "mine/../mine", "", "none", "MINE", "/etc"])
async def test_no_other_name_leads_anywhere(jobs: Jobs, name: str) -> None:
    for act in (jobs.one, jobs.stop, jobs.resume, jobs.delete):
        with pytest.raises(NotFound, match="There is no training"):
            await act("training:" + name)


@pytest.mark.parametrize(
    ("fields", "name", "words"),
    [
        ({"name": "My model"}, "name", "small letters"),
        ({"name": ".hidden"}, "name", "small letters"),
        ({"name": "a" * 65}, "name", "small letters"),
        ({"name": "new\n"}, "name", "small letters"),
        ({"name": None}, "name", "'name' is missing"),
        ({"name": "mine"}, "name", "There is a training 'mine' already"),
        ({"dataset": "/none.zip"}, "dataset", "There is no dataset '/none.zip'"),
        ({"dataset": ""}, "dataset", "There is no dataset"),
        ({"dataset": "a\0b"}, "dataset", "2000 characters of text"),
        ({"dataset": "a" * 1999}, "dataset", "There is no dataset"),
        ({"title": "a" * 2001}, "title", "2000 characters of text"),
        ({"kimg": 0.0}, "kimg", "above 0"),
        ({"kimg": float("nan")}, "kimg", "finite"),
    ],
)
async def test_what_cannot_be_begun_is_said_at_once(
    jobs: Jobs, fields: dict[str, Any], name: str, words: str
) -> None:
    with pytest.raises(InvalidArgument, match=words) as caught:
        await jobs.start("train", "", wanted(**fields))
    assert caught.value.name == name
    assert [job.id for job in await jobs.all()] == [MINE]


async def test_without_pytorch_the_line_that_brings_it_is_told(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extras, "is_here", lambda name: False)
    with pytest.raises(MissingDependency, match=r"PyTorch: .*taxiway install train"):
        await jobs.start("train", "", wanted())
    assert [job.id for job in await jobs.all()] == [MINE]


def test_words_of_a_person_do_not_become_options() -> None:
    dataset, *options = arguments(
        Wanted(
            name="new",
            dataset="--resume",
            title="--device cuda",
            kimg=2.5,
            options={"path_length": 2.0, "labels": True, "direct": False},
        )
    )
    assert Path(dataset).is_absolute()
    assert options == [
        "--kimg=2.5",
        "--path-length=2",
        "--labels",
        "--no-direct",
        "--title=--device cuda",
        "--licence=",
        "--data=",
    ]
    assert arguments(Wanted(name="new", dataset="x", trainer="poet"))[0] == "poet"


async def test_a_training_goes_to_a_machine_that_its_owner_named(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TAXIWAY_DATA", str(tmp_path / "data"))
    for on in ("nobody", "ssh://box", "ray://10.0.0.1"):
        with pytest.raises(NotFound, match="No machine is called"):
            await jobs.start("train", "", wanted(on=on))
    begun = Wanted(name="new", dataset="x", on="ray")
    assert "--on=ray" in arguments(begun)
    # It goes on with what was given here, since its plan tells of places over there.
    inputs = {"name": "mine", "dataset": __file__, "on": "ray"}
    write_record(tmp_path / "mine", JobRecord(id="mine", tool="train", inputs=inputs))
    monkeypatch.setattr(extras, "is_here", lambda name: False)  # PyTorch is there, not here
    jobs.trainings.order_more("mine", 2)
    assert jobs.trainings.waiting == {"mine": [__file__, "--resume", "--kimg=2", "--on=ray"]}


async def test_a_start_that_failed_says_why_and_is_tried_again(jobs: Jobs) -> None:
    assert (await jobs.start("train", "", wanted())).state == "running"
    failed = await until(jobs, "training:new", lambda job: job.has_ended)
    assert failed.state == "failed"
    assert "test_trainings.py" in failed.message
    assert "Traceback" not in failed.message
    assert (await jobs.resume("training:new")).state in ("waiting", "running")
    await until(jobs, "training:new", lambda job: job.has_ended)
    assert (await jobs.start("train", "", wanted())).state == "running"  # its name is free again
    await jobs.close()
    assert not jobs.trainings.find("new").is_worked_in


async def test_one_begun_by_hand_is_seen_waited_for_and_stopped(
    jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_module, "PATIENCE", 0.05)
    with pytest.raises(InvalidArgument, match="'mine' does not train now"):
        await jobs.stop(MINE)
    with subprocess.Popen(
        [sys.executable, "-c", WORKS, tmp_path / "mine"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"in\n"
        assert (await jobs.one(MINE)).state == "running"
        with pytest.raises(InvalidArgument, match="'mine' trains or waits"):
            await jobs.resume(MINE)
        with pytest.raises(InvalidArgument, match="stop it first"):
            await jobs.delete(MINE)
        assert (await jobs.start("train", "", wanted())).state == "waiting"
        assert (await jobs.start("toys:Counter", "small", {})).state == "waiting"
        assert (await jobs.stop(MINE)).state == "stopping"
        assert process.stdout.readline() == b"told\n"
        assert (await jobs.stop(MINE)).state == "stopping"
        said, _ = await asyncio.to_thread(process.communicate, timeout=60)
        assert said == b""  # told once, though asked twice
    assert (await jobs.one(MINE)).state == "stopped"
    await until(jobs, "training:new", lambda job: job.has_ended)  # its turn came


TRAINS = """
import signal, sys
from pathlib import Path
from taxiway.training.run_folder import PROCESS, working

assert sys.argv[1:3] == ["/photos.zip", "--resume"], sys.argv
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
with working(Path(sys.argv[-1].removeprefix("--out="))):
    signal.sigwait([signal.SIGTERM])
    print("20.0 kimg seen.")
"""


@pytest.fixture
async def resumed(jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Jobs:
    """A training that goes on, in a process that does nothing until it is told to stop."""
    monkeypatch.setattr(module, "COMMAND", [sys.executable, "-c", TRAINS])
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.01)
    assert (await jobs.resume(MINE)).state in ("waiting", "running")
    await until(jobs, MINE, lambda job: (tmp_path / "mine" / PROCESS).exists())
    return jobs


async def test_a_server_that_ends_has_its_training_save_and_stop(
    resumed: Jobs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await resumed.close()
    assert (await resumed.one(MINE)).state == "stopped"
    assert Trainings(tmp_path).one("mine").state == "stopped"
    assert (tmp_path / "mine" / "log.txt").read_text() == "20.0 kimg seen.\n"
    assert "'mine' finishes its step" in capsys.readouterr().out


async def test_a_training_outlives_a_server_that_was_killed_and_the_next_can_stop_it(
    resumed: Jobs, tmp_path: Path
) -> None:
    following = Trainings(tmp_path)
    assert following.one("mine").state == "starting"
    following.stop("mine")
    process = resumed.trainings._processes["mine"]
    assert await asyncio.to_thread(process.wait, 20) == 0
    assert following.one("mine").state == "stopped"


async def test_a_training_that_is_killed_is_told_of_and_goes_on(resumed: Jobs) -> None:
    resumed.trainings._processes["mine"].send_signal(signal.SIGKILL)
    job = await until(resumed, MINE, lambda job: job.has_ended)
    assert job.state == "failed"
    assert job.message == "Its process was ended; it can go on from what was saved."
    assert (await resumed.resume(MINE)).state in ("waiting", "running")


async def test_a_server_that_ends_leaves_trainings_of_others_alone(
    jobs: Jobs, tmp_path: Path
) -> None:
    with working(tmp_path / "mine"):
        await jobs.close()
        assert (await jobs.one(MINE)).state == "running"


async def test_a_training_is_deleted_with_its_models(jobs: Jobs, tmp_path: Path) -> None:
    await jobs.delete(MINE)
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize("record", ["{", '{"id": "../../etc", "tool": "train"}', "[" * 9999])
async def test_a_broken_record_of_a_training_is_told_and_can_be_deleted(
    jobs: Jobs, tmp_path: Path, record: str
) -> None:
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "job.json").write_text(record)
    (tmp_path / "mine" / "job.json").write_text(record)  # one that trained is known by its files
    odd, mine = sorted(await jobs.all(), key=lambda job: job.id, reverse=True)
    assert (odd.id, odd.is_broken, odd.state) == ("training:odd", True, "failed")
    assert (mine.id, mine.is_broken, mine.done) == (MINE, False, 20)
    await jobs.delete("training:odd")
    assert not (tmp_path / "odd").exists()


async def test_a_dataset_that_a_job_prepared_goes_by_its_id(jobs: Jobs, tmp_path: Path) -> None:
    folder = tmp_path / "jobs" / "dataset-12345678"
    folder.mkdir(parents=True)
    record = {"id": folder.name, "tool": "dataset", "kind": "dataset", "state": "done"}
    (folder / "job.json").write_text(json.dumps({**record, "files": ["dataset.zip"]}))
    (folder / "dataset.zip").write_text("")
    again = Jobs(tmp_path / "jobs", tmp_path, ToyModels(), [])
    await again.start("train", "", wanted(dataset=folder.name))
    failed = await until(again, "training:new", lambda job: job.has_ended)
    assert "dataset.zip" in failed.message
    await again.close()


async def test_a_model_that_teaches_goes_by_its_name(
    jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = list[Wanted]()
    monkeypatch.setattr(jobs.trainings, "order", lambda wanted, record: orders.append(wanted))
    monkeypatch.setattr(jobs, "_advance", lambda: None)
    spec = Namespace(options={"checkpoint": "/models/large.pkl"})
    monkeypatch.setattr(jobs.models, "spec", lambda name: known(name, spec))
    for name, dataset in (("small", "large"), ("plain", __file__)):
        with pytest.raises(NotFound):  # no folder says so, since nothing was ordered
            await jobs.start("train", "", wanted(name=name, dataset=dataset, trainer="distil"))
    assert [each.dataset for each in orders] == ["/models/large.pkl", __file__]
    assert [each.trainer for each in orders] == ["distil", "distil"]


def known(name: str, spec: Namespace) -> Namespace:
    if name != "large":
        raise NotFound(f"No model named '{name}'.")
    return spec


async def texts(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def test_what_is_sent_to_learn_from_lies_in_the_trainings_folder(
    jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = list[Wanted]()
    monkeypatch.setattr(jobs.trainings, "order", lambda wanted, record: orders.append(wanted))
    monkeypatch.setattr(jobs, "_advance", lambda: None)
    one, *many = [
        (await jobs.uploads.put(name, texts(b"The sea."))).id
        for name in ("a.txt", "b.txt", "c.txt")
    ]
    for name, ids in (("alone", [one]), ("more", many)):
        with pytest.raises(NotFound):  # no folder says so, since nothing was ordered
            await jobs.start("train", "", wanted(name=name, dataset={"uploads": ids}))
    alone, more = (Path(each.dataset) for each in orders)
    assert alone.read_text() == "The sea."
    assert (alone.name, alone.parents[1]) == ("a.txt", tmp_path / "alone")
    assert sorted(path.name for path in more.iterdir()) == ["b.txt", "c.txt"]
    assert more.parent == tmp_path / "more"


async def test_what_was_sent_for_a_training_that_cannot_begin_goes(
    jobs: Jobs, tmp_path: Path
) -> None:
    for fields, words in (
        ({"name": "mine"}, "There is a training"),
        ({"name": "../up"}, "small letters"),
        ({"kimg": 0.0}, "above 0"),
    ):
        sent = (await jobs.uploads.put("a.txt", texts(b"The sea."))).id
        with pytest.raises(InvalidArgument, match=words):
            await jobs.start("train", "", wanted(**{"dataset": {"uploads": [sent]}, **fields}))
    for dataset in ({"uploads": []}, {"uploads": 3}, {}):
        with pytest.raises(InvalidArgument, match="files that were sent") as refused:
            await jobs.start("train", "", wanted(dataset=dataset))
        assert refused.value.name == "dataset"
    with pytest.raises(NotFound, match="send it once more"):
        await jobs.start("train", "", wanted(dataset={"uploads": ["0" * 32]}))
    assert not [*tmp_path.glob("**/sent-*")]
    assert not (tmp_path / "new").exists()
