"""The set-ups of the family that the contract test runs."""

import tempfile
from pathlib import Path

from families.detector.networks import detector

CASES = [{"checkpoint": str(detector(Path(tempfile.mkdtemp()) / "small.safetensors"))}]
