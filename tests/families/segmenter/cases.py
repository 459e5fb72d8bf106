"""The set-ups of the family that the contract test runs."""

import tempfile
from pathlib import Path

from families.segmenter.small import exported

CASES = [{"checkpoint": str(exported(Path(tempfile.mkdtemp()) / "pair"))}]
