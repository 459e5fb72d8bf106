"""`PYTHONPATH=$(python -m taxiway.compat) python runway_model.py` serves a port by itself."""

from pathlib import Path

SDK = Path(__file__).parent / "families" / "ported" / "sdk"
"""The folder that holds the module `runway`, and nothing else."""

if __name__ == "__main__":
    print(SDK)
