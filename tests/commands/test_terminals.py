"""What is printed into a wide, a narrow, a colourless and no terminal."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import taxiway

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="terminals of POSIX")


def in_a_terminal(*arguments: object, **environment: str) -> str:
    """What a command prints into a terminal."""
    ours, theirs = os.openpty()
    usual = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    process = subprocess.Popen(
        [sys.executable, "-m", "taxiway", *map(str, arguments)],
        stdin=theirs, stdout=theirs, stderr=theirs,
        env={**usual, "TERM": "xterm-256color", "COLUMNS": "80", **environment},
    )  # fmt: skip
    os.close(theirs)
    said = b""
    try:
        while part := os.read(ours, 1 << 16):
            said += part
    except OSError:  # what Linux says of a terminal that nobody writes to any more
        pass
    finally:
        os.close(ours)
    assert process.wait(60) == 0, said
    return said.decode().replace("\r\n", "\n")


@POSIX
def test_in_a_narrow_terminal_lines_are_broken_between_words() -> None:
    narrow = in_a_terminal("models", COLUMNS="40")
    assert max(map(len, narrow.splitlines())) <= 40
    assert "    A small StyleGAN2 that has learned\n    rainbow landscapes" in narrow
    assert narrow.split() == taxiway("models", TERM="dumb").stdout.split()


@POSIX
def test_programs_get_whole_lines() -> None:
    said = taxiway("models", COLUMNS="40").stdout
    assert "    A small StyleGAN2 that has learned rainbow landscapes, 512 pixels wide.\n" in said


@POSIX
@pytest.mark.slow
def test_bars_have_the_width_that_a_terminal_has(tmp_path: Path) -> None:
    made = ("generate", "painter", "--seeds", "0-3", "--size", "32", "--force", "--out", tmp_path)
    wide = in_a_terminal(*made)
    assert " 4/4 00:00" in wide
    assert max(map(len, wide.splitlines())) in (79, len(f"Its files are in {tmp_path}."))
    dumb = in_a_terminal(*made, TERM="dumb", COLUMNS="40")
    assert "\x1b" not in dumb
    assert max(map(len, dumb.splitlines())) <= max(40, len(f"Its files are in {tmp_path}."))
    assert not taxiway(*made).stderr
