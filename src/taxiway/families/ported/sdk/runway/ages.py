"""Ports of other days: what libraries have dropped since, and the version that still has it."""

import re
import sys
from typing import Any

DROPPED = (
    (
        r"PIL\.Image' has no attribute '(ANTIALIAS|LINEAR|CUBIC|FLIP_LEFT_RIGHT|AFFINE)'"
        r"|'(textsize|multiline_textsize|getsize|getsize_multiline|getoffset)'",
        "Pillow",
        "pillow<10",
    ),
    (r"PILLOW_VERSION", "Pillow", "pillow<7"),
    (
        r"numpy' has no attribute '(float|int|bool|object|str|complex|long|typeDict)'",
        "numpy",
        "numpy<1.24",
    ),
    (r"tensorflow' has no attribute '|tensorflow\.contrib", "TensorFlow", "tensorflow<2"),
    (r"'scipy\.misc'|from 'scipy\.misc'", "SciPy", "scipy<1.2"),
    (r"'skimage\.measure' has no attribute 'compare_", "scikit-image", "scikit-image<0.18"),
)
"""What an error says, whose it is, and what pip is to be told."""


def advice(error: BaseException) -> str:
    """A sentence that says which version a port wants, or nothing."""
    for pattern, library, wanted in DROPPED:
        if isinstance(error, (AttributeError, ImportError)) and re.search(pattern, str(error)):
            return (
                f"The port wants an older {library} than the one it has: "
                f"pip install '{wanted}' in its own Python."
            )
    return ""


def hook(kind: Any, error: Any, trace: Any) -> None:
    """Show what ends the program; what can be done about it is the last line."""
    sys.__excepthook__(kind, error, trace)
    said = advice(error)
    if said:
        print(f"{kind.__name__}: {error}. {said}", file=sys.stderr, flush=True)
