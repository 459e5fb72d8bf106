"""What long work needs to go on from, written so that a full disk loses nothing."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from taxiway.core.files import whole_file


def write_state(path: Path, state: Mapping[str, Any]) -> None:
    """Write tensors and plain values to `path`, whole, for `torch.load(..., weights_only=True)`.

    Raises OSError, as on a full disk; the file is then what it was before.
    """
    with whole_file(path) as file:
        try:
            torch.save(state, file)
        except RuntimeError as error:
            if isinstance(error.__context__, OSError):  # of a full disk torch tells the outcome
                raise error.__context__ from None
            raise
