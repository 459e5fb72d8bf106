"""The set-ups of the family that the contract test runs."""

import tempfile
from pathlib import Path

from families.detector.networks import detector
from taxiway.catalog import catalog

CASES = [
    catalog.spec(catalog.card("detector")).options,
    {"checkpoint": str(detector(Path(tempfile.mkdtemp()) / "small.safetensors"))},
]
