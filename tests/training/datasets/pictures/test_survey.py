import re

import numpy as np
import pytest
from PIL import Image, ImageFilter

from taxiway.training.datasets.pictures.crops import Plan
from taxiway.training.datasets.pictures.prepare import Summary
from taxiway.training.datasets.pictures.report import report
from taxiway.training.datasets.pictures.sources import open_source
from taxiway.training.datasets.pictures.survey import Facts, blurred, lookalikes, survey
from training.datasets.pictures.folders import fill, noise


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> list[Facts]:
    folder = fill(tmp_path_factory.mktemp("pictures"), 12)
    noise(3).resize((80, 64)).save(folder / "q again.jpg", quality=60)
    noise(40).filter(ImageFilter.GaussianBlur(5)).save(folder / "q soft.png")
    noise(41, (120, 32)).save(folder / "q long.png")
    (folder / "q <b>broken.png").write_bytes(b"")
    with open_source(folder) as source:
        return list(survey(source, Plan(32), 100))


def test_pictures_that_look_alike_are_grouped(found) -> None:
    (group,) = lookalikes(found)
    assert [facts.name for facts in group] == ["p003.png", "q again.jpg"]


def test_chains_of_lookalikes_make_one_group() -> None:
    hashes = [0, 0b111, 0b111111, 2**64 - 1]
    found = [Facts(str(i), phash=value) for i, value in enumerate(hashes)]
    assert [[f.name for f in group] for group in lookalikes(found)] == [["0", "1", "2"]]


def test_soft_pictures_stand_out(found) -> None:
    assert [facts.name for facts in blurred(found)] == ["q soft.png"]


def test_what_is_said_of_a_picture(found) -> None:
    facts = next(facts for facts in found if facts.name == "q long.png")
    assert (facts.width, facts.height, facts.aspect, facts.scale) == (120, 32, 3.75, 1.0)
    assert facts.taken
    assert Image.open(__import__("io").BytesIO(facts.thumbnail)).size == (96, 96)
    assert np.isfinite(facts.sharpness)


def test_the_page_shows_everything_and_needs_no_other_file(found) -> None:
    page = report("my <i>skies", Summary(found, 2), Plan(32), [("64 px", "2 h")])
    for heading in ("Taken", "Left out: broken", "Alike", "Odd shapes", "Blurred", "Sizes"):
        assert re.search(rf"<h2>{heading}", page), heading
    assert "<b>15</b><span>taken" in page
    assert "q &lt;b&gt;broken.png" in page
    assert "my &lt;i&gt;skies" in page
    assert "15 pictures are few" in page
    assert "2 h" in page
    assert not re.search(r"(?:src|href)=\"(?!data:)|url\(|<script", page)


def test_the_page_of_nothing_is_a_page_too() -> None:
    assert "<b>0</b><span>taken" in report("empty", Summary([], 0), Plan(32), [])
