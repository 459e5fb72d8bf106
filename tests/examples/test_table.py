"""Each example has a page, a picture and a row of the table; what pages tell to type is taken."""

import re
import shlex

import pytest
from PIL import Image

from examples.conftest import EXAMPLES
from taxiway import cli

README = (EXAMPLES / "README.md").read_text()
FOLDERS = sorted(each.name for each in EXAMPLES.iterdir() if each.is_dir())
UNTRIED = {"max", "touchdesigner", "processing", "unity", "openframeworks"}


def test_the_table_has_every_example_and_no_other() -> None:
    rows = re.findall(
        r"^\| \[!\[.+?\]\((\S+?)/picture.jpg\)\]\((\S+?)\) \| \[.+?\]\((\S+?)\)", README, re.M
    )
    assert [name for name, *_ in rows] == [name for _, name, _ in rows] == [row[2] for row in rows]
    assert sorted(name for name, *_ in rows) == FOLDERS
    said = {name for name in FOLDERS if re.search(rf"\]\({name}\) \|.*\| no; ", README)}
    assert said == UNTRIED


@pytest.mark.parametrize("name", FOLDERS)
def test_an_example_has_a_page_with_its_picture(name: str) -> None:
    page = (EXAMPLES / name / "README.md").read_text()
    assert len(re.findall(r"!\[[^\]]+\]\(picture.jpg\)", page)) == 1
    assert ("**Not tried in " in page) == (name in UNTRIED)
    with Image.open(EXAMPLES / name / "picture.jpg") as picture:
        assert 300 <= max(picture.size) <= 900
    assert (EXAMPLES / name / "picture.jpg").stat().st_size < 120_000


def test_every_taxiway_line_of_the_pages_parses() -> None:
    told = []
    for page in EXAMPLES.glob("*/README.md"):
        found = re.findall(r"`taxiway ([^`]+)`|^\s*taxiway (\w.*)$", page.read_text(), re.M)
        told += [(one or other).partition("  #")[0] for one, other in found]
    assert len(told) > 20
    for line in told:
        words = shlex.split(line)
        parsed, _ = cli.parser(words).parse_known_args(words)
        assert parsed.command == words[0]
