"""The set-ups of the family that the contract test runs."""

from paths import FIXTURES

CASES = [{"checkpoint": str(FIXTURES / "text_tiny.safetensors")}]
