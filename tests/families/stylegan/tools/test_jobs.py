"""StyleGAN's tools as jobs: which models they take, and two models mixed by their names."""

import asyncio
from collections.abc import AsyncIterator, Collection
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paths import FIXTURES
from taxiway.core.command import Command
from taxiway.core.errors import InvalidArgument
from taxiway.core.model import ModelSpec
from taxiway.jobs.record import JobRecord
from taxiway.jobs.runner import Jobs
from taxiway.latent.arrays import npz_bytes

FILES = {"small": "stylegan2-ada_32.pkl", "twin": "stylegan2-ada_32.pkl"}
FILES["unlike"] = "stylegan3-t_32.pkl"


class Models:
    """Three StyleGANs, the painter, and a ported model."""

    def spec(self, name: str) -> ModelSpec:
        if name in FILES:
            options = {"checkpoint": str(FIXTURES / FILES[name]), "device": "cpu"}
            return ModelSpec(name=name, family="stylegan", options=options)
        return ModelSpec(name=name, family={"painter": "painter"}.get(name, "ported"))

    def commands(self, name: str) -> Collection[Command]:
        return ()


@pytest.fixture
async def jobs(tmp_path: Path) -> AsyncIterator[Jobs]:
    jobs = Jobs(tmp_path / "jobs", tmp_path / "trainings", Models())
    yield jobs
    await jobs.close()


async def ended(jobs: Jobs, model: str, tool: str, **inputs: Any) -> JobRecord:
    record = await jobs.start(tool, model, inputs)
    changed = asyncio.Event()
    jobs.listen(lambda record: changed.set())
    async with asyncio.timeout(120):
        while not jobs.find(record.id).has_ended:
            changed.clear()
            await changed.wait()
    return jobs.find(record.id)


async def test_tools_are_offered_where_they_work(jobs: Jobs) -> None:
    assert {"bend", "mix", "project", "video", "walk"} <= {*await jobs.tools("small")}
    assert {*await jobs.tools("painter")} & {"bend", "mix", "generate", "video", "walk"} == {
        "generate", "video", "walk",
    }  # fmt: skip
    assert {*await jobs.tools("edges")} & {"bend", "generate", "video", "walk"} == set()
    with pytest.raises(InvalidArgument, match="'mix' works on models of stylegan; 'painter' is"):
        await jobs.start("mix", "painter", {})
    assert (await jobs.offer()).broken == {}


async def test_two_models_are_mixed_by_their_names(jobs: Jobs) -> None:
    mixture = {"latents": "3", "mix": "b16 1, b32 0.5"}
    done = await ended(jobs, "small", "bend", **mixture, other="twin")
    assert (done.state, done.message) == ("done", "Done.")
    assert done.outputs is not None
    assert done.outputs["files"] == ["seed0003.png"]
    failed = await ended(jobs, "small", "bend", **mixture, other="unlike")
    assert "Models can be mixed if they have the same layers" in failed.message
    failed = await ended(jobs, "small", "bend", **mixture)
    assert failed.message == "'mix' takes another model too, as 'other'."


async def test_the_painter_films(jobs: Jobs) -> None:
    done = await ended(
        jobs, "painter", "video", file="film.gif", kind="wander", seconds=0.5, fps=4, size=32
    )
    assert (done.state, done.message) == ("done", "Done.")
    assert (done.files, done.unit, done.total) == (["film.gif"], "frames", 2)


async def test_a_latent_file_that_was_sent_is_a_key_of_a_film(jobs: Jobs) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield npz_bytes({"z": np.eye(2, 512, dtype=np.float32)})

    upload = await jobs.uploads.put("keys.npz", chunks())
    keys = {"uploads": [upload.id]}
    film = {"file": "film.gif", "seconds": 0.5, "fps": 4, "size": 32}
    done = await ended(jobs, "painter", "video", keys=keys, **film)
    assert (done.state, done.message) == ("done", "Done.")
