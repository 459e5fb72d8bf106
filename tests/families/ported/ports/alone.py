"""A port in a Python that has no WebSocket library."""

import runpy
import sys
from pathlib import Path

sys.modules["websockets"] = None
runpy.run_path(str(Path(__file__).with_name("classes.py")), run_name="__main__")
