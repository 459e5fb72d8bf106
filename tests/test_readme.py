"""What README and docs/ promise is there: files, scripts, commands."""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest

from paths import ROOT
from taxiway import cli, commands

PAGES = [ROOT / name for name in ("README.md", "CHANGELOG.md", "examples/README.md")] + sorted(
    [*(ROOT / "docs").glob("*.md"), *(ROOT / "examples").glob("*/README.md")]
)
LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")
TELLING = ("commands", "install", "from-runway", "which-model")
README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = ["".join(found) for found in LINK.findall(page.read_text())]
    here = [target.partition("#")[0] for target in targets if "://" not in target]
    missing = [target for target in here if not (page.parent / unquote(target)).exists()]
    assert missing == []


def test_the_two_commands_name_scripts() -> None:
    named = re.findall(r"^python3 (\S+)", README, re.MULTILINE)
    assert named == ["scripts/start.py", "scripts/test.py"]
    for script in named:
        assert (ROOT / script).is_file()


def test_the_scripts_named_anywhere_are_there() -> None:
    for page in PAGES:
        for script in re.findall(
            r"\b(?:scripts|bench|examples)/[\w/]+\.(?:py|sh)\b", page.read_text()
        ):
            assert (ROOT / script).is_file(), f"{page.name} names {script}"


def test_every_command_is_told_of_and_what_is_told_parses() -> None:
    told = README + "".join((ROOT / "docs" / f"{name}.md").read_text() for name in TELLING)
    told_commands = re.findall(r"`taxiway (\w[^`]*)`", told)
    assert {command.split()[0] for command in told_commands} >= set(commands.names())
    for command in sorted(set(told_commands)):
        words = shlex.split(command)
        parsed, _ = cli.parser(words).parse_known_args(words)
        assert parsed.command == command.split()[0]


def test_help_lists_every_command_of_it() -> None:
    command = [sys.executable, "-m", "taxiway", "--help"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for name in re.findall(r"`taxiway (\w+)", README):
        assert f"    {name} " in said
