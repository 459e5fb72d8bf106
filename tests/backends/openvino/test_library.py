"""Computing by OpenVINO tells nobody, and leaves nothing in the user's home."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("openvino")

ASKED = """
import sys
from taxiway.backends.openvino.network import core
assert core().get_property("CPU", "FULL_DEVICE_NAME")
assert not [name for name in sys.modules if "telemetry" in name]
assert not [name for name in sys.modules if name.startswith("openvino.tools")]
"""


def test_no_telemetry_is_loaded(tmp_path: Path) -> None:
    own = {name: value for name, value in os.environ.items() if name != "CI"}
    home = {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}
    subprocess.run([sys.executable, "-c", ASKED], check=True, timeout=60, env={**own, **home})
    assert not list(tmp_path.iterdir())
