"""Set everything up, check the code, run the tests: `python3 scripts/test.py [pytest's arguments]`.

With arguments only pytest runs, with these.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from environment import ROOT, ensure, install_packages, run_quietly, say, stop

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium(python: Path) -> str | None:
    """A Chromium for the browser tests, brought where there is none: its path, or None for
    Playwright's own."""
    if found := installed():
        return found
    say("Looking for a Chromium that Playwright can bring.")
    if run_quietly(python, "-m", "playwright", "install", "chromium") and starts(python):
        return None
    if install_packages("chromium") and (found := installed()):
        return found
    stop("The browser tests need Chromium: install it, or let Playwright download its own.")
    return None


def installed() -> str | None:
    """The first browser of the Chromium family on the path."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def starts(python: Path) -> bool:
    """Whether Playwright's own Chromium runs here; it may lack system libraries."""
    script = (
        "from playwright.sync_api import sync_playwright as p\n"
        "with p() as play: play.chromium.launch().close()"
    )
    return run_quietly(python, "-c", script)


def node() -> None:
    """npm brings p5, as a student's page would, and the checker of the studio's types."""
    if shutil.which("npm") is None and not install_packages("nodejs", "npm"):
        stop("The check of the studio and the tests of the p5 examples need npm: install Node.js.")


if __name__ == "__main__":
    python = ensure("dev")
    environment = dict(os.environ)
    if browser := chromium(python):
        environment["TAXIWAY_CHROMIUM"] = browser
    node()
    if len(sys.argv) == 1 and subprocess.call([python, ROOT / "scripts" / "check.py"]):
        sys.exit(1)
    sys.exit(subprocess.call([python, "-m", "pytest", *sys.argv[1:]], cwd=ROOT, env=environment))
