"""Cards, and what a name or a file means."""

from pathlib import Path

import pytest

from paths import FIXTURES
from taxiway.catalog import catalog
from taxiway.core.errors import InvalidArgument, NotFound


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
    with pytest.raises(NotFound, match="No model named 'stylgan'. There are: painter"):
        catalog.choose("stylgan")
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
