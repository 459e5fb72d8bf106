"""The tool of docs/extending.md, as a package of somebody else's."""

import asyncio
from collections.abc import Collection
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import stranger
from taxiway import cli
from taxiway.catalog import catalog
from taxiway.core.command import Command
from taxiway.core.errors import NotFound
from taxiway.core.model import ModelSpec
from taxiway.jobs.runner import Jobs


class Models:
    """The painter."""

    def spec(self, name: str) -> ModelSpec:
        return catalog.spec(catalog.card(name))

    def commands(self, name: str) -> Collection[Command]:
        return ()


async def test_it_is_a_job_on_any_model_that_it_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger.install(tmp_path, *stranger.from_docs("A tool"), monkeypatch)
    jobs = Jobs(tmp_path / "jobs", tmp_path / "trainings", Models())
    assert "mean" in await jobs.tools("painter")
    record = await jobs.start("mean", "painter", {"count": 3})
    changed = asyncio.Event()
    jobs.listen(lambda record: changed.set())
    async with asyncio.timeout(60):
        while not jobs.find(record.id).has_ended:
            changed.clear()
            await changed.wait()
    done = jobs.find(record.id)
    assert (done.state, done.files, done.unit) == ("done", ["mean.png"], "pictures"), done.message
    assert np.asarray(Image.open(jobs.file(record.id, "mean.png"))).shape == (256, 256, 3)
    await jobs.close()


def test_it_runs_from_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stranger.install(tmp_path, *stranger.from_docs("A tool"), monkeypatch)
    words = ["mean", "painter", "--count", "2", "--out", str(tmp_path / "out")]
    assert cli.main(words) == 0
    assert (tmp_path / "out" / "mean.png").is_file()


def test_its_help_is_made_of_its_declaration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stranger.install(tmp_path, *stranger.from_docs("A tool"), monkeypatch)
    for words, said in [
        (["--help"], "mean      What a stranger brings (from mean)"),
        (["mean", "--help"], "1 to 1000, else 20"),
        (["mean", "painter", "--count", "0", "--out", "o"], "'count' takes 1 to 1000, got 0"),
    ]:
        with pytest.raises(SystemExit):
            cli.main(words)
        assert said in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("import nothing_of_that_name\n", "nothing_of_that_name"),
        ("class Mean(", "never closed"),
        ("class Mean:\n    def run(self, model, inputs, job): ...\n", "command"),
    ],
)
async def test_a_broken_one_is_a_sentence_and_the_others_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, told: str
) -> None:
    points = {"taxiway.tools: mean": "mean:Mean"}
    stranger.install(tmp_path, {"mean.py": source}, points, monkeypatch)
    jobs = Jobs(tmp_path / "jobs", tmp_path / "trainings", Models())
    assert "video" in await jobs.tools("painter")
    with pytest.raises(NotFound, match="The tool 'mean' cannot be used: ") as caught:
        await jobs.start("mean", "painter", {})
    assert told in str(caught.value)
    await jobs.close()
