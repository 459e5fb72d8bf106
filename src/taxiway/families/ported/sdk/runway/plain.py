"""JSON of whatever a port returns: numpy too, and null for numbers that JSON has not."""

import json
import math
from typing import Any

import numpy as np


def to_json(value: Any) -> str:
    """`value` as JSON in ASCII. Raises TypeError for what has no form there."""
    try:
        return json.dumps(value, default=_plain, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(value))


def _plain(value: Any) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    raise TypeError(f"JSON has no form for {type(value).__name__}.")


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return _finite(value.tolist())
    return None if isinstance(value, float) and not math.isfinite(value) else value
