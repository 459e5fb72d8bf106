"""The set-ups of the family that the contract test runs."""

from paths import FIXTURES

CASES = [{"checkpoint": str(FIXTURES / "onnx_style.onnx"), "precision": "float32"}]
