"""The set-ups of the family that the contract test runs: the example ports."""

from paths import ROOT

CASES = [{"path": str(ROOT / "examples" / "ports" / name)} for name in ("edges", "haiku")]
