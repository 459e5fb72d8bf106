"""Models of every family from Python: by name, by command, in parts, with pictures and paths."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from taxiway import load
from taxiway.any_model import AnyModel
from taxiway.core.errors import InvalidArgument, TaxiwayError


def test_a_model_answers_in_parts_and_with_the_last() -> None:
    m = load("toys:Writer")
    assert repr(m) == "<writer-2: write, develop>"
    assert [part["text"] for part in m.parts(text="abc")] == ["a", "ab", "abc", "abc"]
    assert m.query(text="abc") == {"text": "abc", "letters": 3}
    pictures = [part["image"] for part in m.parts("develop", steps=2)]
    assert [(picture.size, picture.getpixel((0, 0))[0]) for picture in pictures] == [
        ((64, 64), 20), ((64, 64), 40),
    ]  # fmt: skip


def test_a_model_is_closed_where_the_loop_is_left(tmp_path: Path) -> None:
    left = tmp_path / "left"
    parts = load("toys:Writer").parts(text="for ever", left=str(left))
    assert len(list(islice(parts, 3))) == 3
    parts.close()
    assert left.exists()


def test_a_picture_is_given_in_any_form(tmp_path: Path) -> None:
    picture = Image.new("RGB", (8, 8), (30, 30, 30))
    picture.save(tmp_path / "dark.png")
    m = load("toys:Looker")
    by_path = m.query("look", picture=tmp_path / "dark.png")
    assert m.query("look", picture=picture) == by_path
    assert m.query("look", picture=np.asarray(picture)) == by_path


def test_options_are_those_of_the_set_up() -> None:
    assert isinstance(load("toys:Gradient", length=8), AnyModel)
    with pytest.raises(InvalidArgument, match="no option 'width'"):
        load("toys:Gradient", width=8)


@pytest.mark.parametrize(
    ("command", "inputs", "said"),
    [
        ("draw", {}, "'writer-2' has no command 'draw'. There are: write, develop."),
        (None, {"text": 3}, "'text' takes text"),
        (None, {"text": "fail"}, "out of ink"),
    ],
)
def test_what_does_not_fit_is_one_sentence(
    command: str | None, inputs: dict[str, object], said: str
) -> None:
    with pytest.raises(TaxiwayError, match=said):
        load("toys:Writer").query(command, **inputs)
