"""A port that Taxiway started ends with it, even where Taxiway is killed."""

import os
import threading

VARIABLE = "TAXIWAY_LEASH"
"""Set where standard input is a pipe that Taxiway holds open as long as it lives."""


def hold() -> None:
    """End this process as soon as the other end of its standard input is gone."""
    if os.environ.get(VARIABLE):
        threading.Thread(target=_wait, name="leash", daemon=True).start()


def _wait() -> None:
    try:
        while os.read(0, 1024):
            pass
    except OSError:
        pass
    os._exit(1)
