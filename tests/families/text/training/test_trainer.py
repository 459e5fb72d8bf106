"""Trainings of text models: they learn, go on exactly, and leave what can be played."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from command_line import taxiway
from taxiway.backends.torch import device
from taxiway.core.errors import InvalidArgument, TaxiwayError
from taxiway.families.text import files
from taxiway.families.text.trainer import TextRecipe
from taxiway.training.datasets.text import Text
from taxiway.training.trainer import Asked

if TYPE_CHECKING:  # importing it takes every worker two seconds, and one of them needs it
    from taxiway.families.text.training.trainer import TextTrainer

GIVEN = {"vocabulary": 300, "context": 16, "layers": 1, "width": 32, "batch": 8, "rate": 0.1}
TEXT = "".join(
    f"The {who} went to the {where}, and the {where} was {how}.\n"
    for who in ("cat", "sun", "old king", "rain")
    for where in ("sea", "hill", "quiet town")
    for how in ("blue", "far away", "full of light")
)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """So small a network is slower on several."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "towns.txt"
    path.write_text(TEXT)
    return path


def begun(source: Path, **asked: Any) -> "TextTrainer":
    recipe = TextRecipe()
    asking = Asked(source, **{"kimg": 2.0, "given": GIVEN, **asked})
    data = recipe.read(asking, None)
    trainer = recipe.trainer(recipe.configure(asking, data), data)
    trainer.start()
    return trainer


def steps(trainer: "TextTrainer", count: int) -> list[float]:
    return [trainer.step()["loss"] for _ in range(count)]


def test_it_learns_what_it_reads_and_what_was_held_out(source: Path) -> None:
    trainer = begun(source)
    before = trainer.measure()["bits"]
    losses = steps(trainer, 50)
    assert trainer.seen == 50 * 8
    assert np.mean(losses[-5:]) < 0.65 * losses[0]
    assert trainer.measure()["bits"] < 0.65 * before
    assert len(trainer.sample()) > 50


def test_it_goes_on_as_if_it_had_never_stopped(source: Path, tmp_path: Path) -> None:
    trainer = begun(source, given={**GIVEN, "dropout": 0.3})
    steps(trainer, 3)
    trainer.measure()
    trainer.save(tmp_path / "state.pt")
    resumed = type(trainer)(trainer.config, trainer.texts)
    resumed.resume(tmp_path / "state.pt")
    assert steps(resumed, 3) == steps(trainer, 3)
    assert resumed.measure() == trainer.measure()
    assert resumed.sample() == trainer.sample()
    assert resumed.warnings({"bits": 99.0}) == trainer.warnings({"bits": 99.0}) != []


def test_what_it_exports_weighs_half_and_says_the_same(source: Path, tmp_path: Path) -> None:
    trainer = begun(source)
    steps(trainer, 5)
    trainer.export(tmp_path / "model.safetensors", True)
    again = begun(source, start=tmp_path / "model.safetensors")
    assert abs(again.measure()["bits"] - trainer.measure()["bits"]) < 0.01
    assert again.sample()[:40] == trainer.sample()[:40]


def test_it_starts_from_a_hub_s_folder(saved: tuple[Path, Any, Any], source: Path) -> None:
    folder, network, tokenizer = saved
    trainer = begun(source, start=folder)
    for name, weight in network.state_dict().items():
        np.testing.assert_array_equal(weight, trainer.network.state_dict()[name])
    assert trainer.tokenizer.get_vocab() == tokenizer.get_vocab()
    steps(trainer, 1)


def test_texts_without_enough_to_read_are_refused(tmp_path: Path) -> None:
    (tmp_path / "short.txt").write_text("Too short.")
    with pytest.raises(InvalidArgument, match=r"give more text, or a smaller --context\.$"):
        begun(tmp_path / "short.txt")
    with pytest.raises(InvalidArgument, match="multiple of 32"):
        begun(tmp_path / "short.txt", given={**GIVEN, "width": 100})


def test_the_end_of_each_text_is_learnt(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.txt").write_text(TEXT)
    trainer = begun(tmp_path, given={**GIVEN, "context": 16})
    end = trainer.net_config["eos_token_id"]
    assert (trainer._tokens == end).sum() == len(trainer.texts.ends) >= 2


def test_a_prepared_dataset_is_read_as_it_is(source: Path, tmp_path: Path) -> None:
    Text().prepare(source, tmp_path / "towns.zip", {"chunk": 200})
    texts = TextRecipe().read(Asked(tmp_path / "towns.zip"), None)
    assert "".join([*texts.train, *texts.held_out]).count("\n") == TEXT.count("\n")
    assert texts.held_out


@pytest.fixture
def trained(source: Path, tmp_path: Path) -> Path:
    out = tmp_path / "towns"
    words = [f"--{name}={value}" for name, value in GIVEN.items()]
    code = taxiway("train", "text", str(source), "--out", str(out), "--kimg", "0.1", *words,
                   "--title", "Towns", "--licence", "CC0", "--data", "Mine").returncode  # fmt: skip
    assert code == 0
    return out


def test_from_the_command_line_it_leaves_a_model_with_a_card(trained: Path) -> None:
    from taxiway.catalog import catalog

    found = files.read(trained)
    assert found.sizes.n_positions == 16
    assert [path.suffix for path in (trained / "samples").iterdir()] == [".txt"]
    card = catalog.choose(str(trained / "best.safetensors"))
    assert (card.name, card.family, card.title) == ("towns", "text", "Towns")
    assert "characters of text" in card.summary
    assert "thousand passages shown, from nothing" in card.made
    config = TextRecipe().read_config(trained)
    assert replace(config, dataset="") is not None
    assert config.unit == "passages"


def test_it_takes_the_device_that_there_is(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe, asked = TextRecipe(), Asked(source, kimg=2.0, given=GIVEN)
    data = recipe.read(asked, None)
    monkeypatch.setattr(device, "devices", lambda: ["cuda", "cpu"])
    config = recipe.configure(asked, data)
    assert recipe.device(config) == "cuda"
    with pytest.raises(InvalidArgument, match="takes auto or cuda or cpu on this machine, got mps"):
        recipe.configure(replace(asked, device="mps"), data)
    little = pytest.raises(TaxiwayError, match="'cuda' has too little .* --batch or --context")
    with little, recipe.limits(config):
        raise torch.OutOfMemoryError
    monkeypatch.setattr(device, "devices", lambda: ["cpu"])
    assert recipe.device(recipe.changed(config, asked)) == "cpu"
    older = replace(config, settings=GIVEN)
    assert recipe.device(older) == "cpu", "of a training from before there was a choice"


def test_all_of_it_is_on_its_device(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On PyTorch's device without numbers, which refuses what lies elsewhere, as a GPU does."""
    recipe, asked = TextRecipe(), Asked(source, kimg=2.0, given=GIVEN)
    data = recipe.read(asked, None)
    config = recipe.configure(asked, data)
    trainer = recipe.trainer(replace(config, settings={**config.settings, "device": "meta"}), data)
    trainer.start()
    monkeypatch.setattr(torch.Tensor, "item", lambda self: 1.0)
    monkeypatch.setattr(torch.Tensor, "__float__", lambda self: 1.0)
    assert trainer.step()["loss"] > 0
    assert trainer.measure()["bits"] > 0
    assert {each.device.type for each in trainer.network.parameters()} == {"meta"}
    assert trainer.describe().data.endswith("on meta")
    given = list[str]()

    def generate(ids: torch.Tensor, **_: Any) -> torch.Tensor:
        given.append(ids.device.type)
        return torch.zeros(1, 3, dtype=torch.long)

    monkeypatch.setattr(trainer.network, "generate", generate)
    assert isinstance(trainer.sample(), str)
    assert {*given} == {"meta"}
