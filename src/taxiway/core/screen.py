"""Whether there is a screen to open a browser on."""

import os
import sys


def has_screen() -> bool:
    """Without one, webbrowser would open a text browser in this very terminal."""
    return sys.platform in ("win32", "darwin") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
