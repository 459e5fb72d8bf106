"""QR codes: what is drawn is what the library made, light on dark in a terminal."""

import re
from urllib.parse import unquote

import segno

from taxiway.web import qr

ADDRESS = "http://192.168.1.20:8000"
BLOCKS = {" ": (1, 1), "▀": (0, 1), "▄": (1, 0), "█": (0, 0)}
"""Upper and lower module of a character, 1 where it is dark, in a terminal that is dark."""


def test_in_a_terminal_every_module_is_where_it_belongs() -> None:
    matrix = list(segno.make(ADDRESS).matrix_iter(border=qr.QUIET))
    lines = re.sub(r"\x1b\[\d*m", "", qr.as_text(ADDRESS)).split("\n")
    drawn = [[BLOCKS[letter][row] for letter in line] for line in lines for row in (0, 1)]
    assert [list(row) for row in matrix] == drawn[: len(matrix)]
    assert max(map(len, lines)) < 80


def test_a_page_gets_a_picture_that_is_text() -> None:
    head, _, svg = qr.as_svg(ADDRESS).partition(",")
    assert head.startswith("data:image/svg+xml")
    side = segno.make(ADDRESS).symbol_size(border=qr.QUIET)[0]
    assert f"viewBox='0 0 {side} {side}'" in unquote(svg).replace('"', "'")
