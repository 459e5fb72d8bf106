"""An address as a QR code, for a camera in place of typing: as a picture, and in a terminal."""

import io

QUIET = 2
"""Modules of margin; cameras do with fewer than the four of the standard."""


def as_svg(address: str) -> str:
    """A black and white SVG as a data URI, one unit a module."""
    import segno

    return str(segno.make(address).svg_data_uri(border=QUIET, light="#fff", omitsize=True))


def as_text(address: str) -> str:
    """Lines of half blocks, light on dark: for a terminal that has them and is dark."""
    import segno

    drawn = io.StringIO()
    segno.make(address).terminal(drawn, border=QUIET, compact=True)
    return drawn.getvalue().rstrip("\n")
