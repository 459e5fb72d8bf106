"""Lines for people: broken between words as wide as their terminal is."""

import shutil
import sys
import textwrap

LEAST = 20


def folded(line: str, indent: int = 4) -> str:
    """A line in as many as a terminal needs, those after the first below `indent` spaces.

    For programs and files it stays one line. Not for lines with something to copy.
    """
    if not sys.stdout.isatty():
        return line
    width = max(LEAST, shutil.get_terminal_size().columns)
    return textwrap.fill(
        line,
        width,
        subsequent_indent=" " * min(indent, width // 3),
        break_long_words=False,
        break_on_hyphens=False,
    )
