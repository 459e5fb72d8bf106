from dataclasses import replace
from pathlib import Path
from threading import Event

import numpy as np
import pytest
import torch

from taxiway.checkpoint import read_checkpoint
from taxiway.families.stylegan.networks import build_generator
from taxiway.families.stylegan.networks.stylegan2 import new_stylegan2
from taxiway.families.stylegan.training import distil_trainer as module
from taxiway.families.stylegan.training.distil_trainer import DistilTrainer, Plan
from taxiway.families.stylegan.training.export import write_model
from taxiway.families.stylegan.training.teacher import Teacher
from taxiway.training import session as sessions
from taxiway.training.config import TrainingConfig
from taxiway.training.metrics_log import read
from taxiway.training.session import Session

TINY = Plan(64, 16, pairs=16, batch=4, rate=0.004, judged=0.5, device="cpu", bf16=False)
STAGES = ((8, 0.012), (16, 0.032))


@pytest.fixture(autouse=True)
def _few(monkeypatch) -> None:
    monkeypatch.setattr(sessions, "RECORD_SECONDS", 0.0)
    monkeypatch.setattr(module, "SHOWN", [0, 1, 2, 3])
    monkeypatch.setattr(module, "UNSEEN", list(range(500_000, 500_012)))


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Teacher:
    torch.manual_seed(2)
    file = tmp_path_factory.mktemp("teacher") / "large.safetensors"
    write_model(file, new_stylegan2(16, 128, 32, z_dim=32, w_dim=32), 1000)
    return Teacher(file, None, TINY.pairs)


def trained(folder: Path, config: TrainingConfig, teacher: Teacher, resume: bool = False) -> dict:
    folder.mkdir(exist_ok=True)
    trainer = DistilTrainer(config, teacher)
    session = Session(trainer, config, folder)
    session.run(Event(), 1.0)
    return trainer.lesson.average.state_dict()


def test_it_grows_stops_and_goes_on_as_if_it_had_not(teacher: Teacher, tmp_path: Path) -> None:
    whole = TrainingConfig("large.safetensors", STAGES, TINY)
    first = trained(tmp_path / "whole", whole, teacher)
    part = tmp_path / "part"
    trained(part, replace(whole, stages=((8, 0.012), (16, 0.02))), teacher)
    # An end that is further away moves the time in which pixels teach alone, which is over here.
    assert module.ALONE * 1000 * 0.032 / 4 < 1
    second = trained(part, whole, teacher)
    for name, tensor in first.items():
        assert torch.equal(tensor, second[name]), name
    model = build_generator(read_checkpoint(part / "model.safetensors"))
    assert model.resolution == (16, 16)
    assert torch.allclose(model.w_avg, second["mapping.w_avg"], atol=1e-2)
    records = read(part / "stats.jsonl")
    assert {"apart", "kid", "pixels", "d", "g"} <= set().union(*records)
    assert {"real.jpg", "training.json", "progress.svg"} <= {path.name for path in part.iterdir()}


def test_it_comes_nearer_to_what_the_teacher_draws(teacher: Teacher) -> None:
    plan = replace(TINY, judged=0.0, rate=0.01)
    trainer = DistilTrainer(TrainingConfig("", ((16, 1.0),), plan), teacher)
    trainer.start()
    with torch.no_grad():
        z = torch.from_numpy(teacher.z)
        assert torch.allclose(trainer.lesson.g.mapping(z), teacher.generator.mapping(z), atol=1e-4)
    before = trainer.measure()["apart"]
    for _ in range(40):
        trainer.step()
    assert trainer.seen == 160
    assert trainer.measure()["apart"] < 0.8 * before
    assert np.array_equal(trainer.real(), teacher.pictures([0, 1, 2, 3]))
