"""Cards, and what a name or a file means."""

import json
from pathlib import Path

import pytest

import stranger
from paths import FIXTURES
from taxiway.catalog import catalog
from taxiway.core.errors import InvalidArgument, NotFound, UnreadableCheckpoint
from taxiway.families.stylegan.model import StyleGAN


def test_the_default_model_comes_first_and_every_card_is_whole() -> None:
    cards = catalog.cards()
    assert cards[0].name == catalog.DEFAULT
    for card in cards:
        assert card.title
        assert card.summary.endswith(".")
        if card.needs:
            continue  # a family of its own, which asks for a file
        assert card.licence == "Apache-2.0"
        options = catalog.spec(card).options
        assert "checkpoint" not in options or Path(options["checkpoint"]).is_file()


def test_a_checkpoint_by_itself_is_a_stylegan_named_after_it(tmp_path: Path) -> None:
    file = tmp_path / "My Cats (final)"
    file.write_bytes((FIXTURES / "stylegan2-ada_32.pkl").read_bytes())
    card = catalog.choose(str(file))
    assert (card.name, card.family) == ("my-cats-final", "stylegan")
    assert catalog.spec(card, {"device": "cpu"}).options == {
        "checkpoint": str(file),
        "device": "cpu",
    }
    assert catalog.choose("stylegan", file) == card


def test_what_does_not_exist_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="No model named 'stylgan'. There are: "):
        catalog.choose("stylgan")
    with pytest.raises(NotFound, match="No model named ''"):
        catalog.choose("")
    with pytest.raises(NotFound, match="There is no file"):
        catalog.choose("stylegan", tmp_path / "no.pkl")
    file = tmp_path / "a.pkl"
    file.touch()
    with pytest.raises(InvalidArgument, match="'painter' takes no checkpoint"):
        catalog.choose("painter", file)


def test_a_card_beside_a_checkpoint_is_its_card(tmp_path: Path) -> None:
    file, words = tmp_path / "model.pkl", tmp_path / "model.json"
    file.write_bytes((FIXTURES / "stylegan2-ada_32.pkl").read_bytes())
    words.write_text(
        '{"name": "My Cats", "family": "ported", "title": "Cats!", "summary": "Of mine.",'
        ' "checkpoint": "/etc/passwd", "setup": {"folder": "/"}, "licence": "CC0"}'
    )
    card = catalog.choose(str(file))
    assert (card.name, card.title, card.licence) == ("my-cats", "Cats!", "CC0")
    assert (card.family, card.checkpoint, card.setup) == ("stylegan", str(file), {})


@pytest.mark.parametrize(
    "text", ["", "[]", '{"name": 3}', '{"name": "x"}', "[" * 5000, " " * 200_000]
)
def test_what_is_no_card_is_passed_over(tmp_path: Path, text: str) -> None:
    file = tmp_path / "model.pkl"
    file.write_bytes((FIXTURES / "stylegan2-ada_32.pkl").read_bytes())
    (tmp_path / "model.json").write_text(text)
    assert catalog.choose(str(file)).title == "model"


OPENER = """
from taxiway.core.command import Command
from taxiway.core.datatypes import File, Text
from pathlib import Path

class Opener:
    options = {"checkpoint": File()}
    commands = {"a": Command(name="a", inputs={}, outputs={"b": Text()})}
    @staticmethod
    def opens(path):
        return Path(path).is_file() and Path(path).read_bytes()[:4] == b"OPEN"
    def setup(self, device, options): ...
    def predict(self, command, batch): ...
"""


def test_a_card_of_a_training_runs_no_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stranger_of_a_card.py").write_text("raise SystemExit('It ran.')")
    monkeypatch.syspath_prepend(tmp_path)
    card = {"name": "x", "family": "stranger_of_a_card:Model", "title": "X", "summary": "It is."}
    (tmp_path / "model.json").write_text(json.dumps(card))
    found = catalog.trained(tmp_path / "model.safetensors")
    assert found is not None
    assert (found.title, found.error, found.commands) == ("X", "", [])
    card["family"] = "stylegan"
    (tmp_path / "model.json").write_text(json.dumps(card))
    found = catalog.trained(tmp_path / "model.safetensors")
    assert found is not None
    assert found.options


@pytest.fixture
def opener(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another family, in a folder to work in; the folder."""
    points = {"taxiway.families: opener": "opener"}
    stranger.install(tmp_path, {"opener.py": OPENER}, points, monkeypatch)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_family_is_asked_and_the_ending_counts_for_nothing(opener: Path) -> None:
    (opener / "cats.pkl").write_bytes(b"OPEN it")
    (opener / "dogs.txt").write_bytes((FIXTURES / "stylegan2-ada_32.pkl").read_bytes())
    cats, dogs = catalog.choose("cats.pkl"), catalog.choose(None, Path("dogs.txt"))
    assert (cats.family, cats.summary) == ("opener", "A Opener from your file cats.pkl.")
    assert dogs.family == "stylegan"


def test_two_that_open_a_file_are_named_with_the_way_to_choose(
    opener: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (opener / "cats.pkl").write_bytes(b"OPEN it")
    monkeypatch.setattr(StyleGAN, "opens", staticmethod(lambda path: True))
    with pytest.raises(InvalidArgument) as told:
        catalog.choose("cats.pkl")
    assert str(told.value) == (
        "opener and stylegan both open 'cats.pkl': choose with "
        "taxiway run opener --checkpoint cats.pkl."
    )
    assert catalog.choose("opener", Path("cats.pkl")).family == "opener"


def test_a_file_that_nobody_opens_is_described(opener: Path) -> None:
    (opener / "page.pkl").write_text("<!doctype html>")
    with pytest.raises(UnreadableCheckpoint, match="No model family opens 'page.pkl': it is a web"):
        catalog.choose("page.pkl")
    whole = (FIXTURES / "stylegan2-ada_32.pkl").read_bytes()
    (opener / "half.pkl").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnreadableCheckpoint, match="'half.pkl': it ends in the middle"):
        catalog.choose("half.pkl")


def test_a_name_is_not_shadowed_by_what_is_here(opener: Path) -> None:
    (opener / "painter").write_bytes(b"OPEN it")
    with pytest.raises(InvalidArgument, match="'painter' is a model's name and something"):
        catalog.choose("painter")
    card = catalog.choose("./painter")
    assert (card.name, card.family) == ("painter-2", "opener")
    (opener / "rainbow").mkdir()
    assert catalog.choose("rainbow").title == "Rainbow"
