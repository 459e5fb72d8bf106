"""`PYTHONPATH=$(python -m taxiway.compat) python runway_model.py` serves a port by itself."""

from pathlib import Path

print(Path(__file__).parent)
