"""Folders as `transformers` saves them, read without what it says besides."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from taxiway.core.errors import UnreadableCheckpoint


@contextmanager
def reading(folder: Path, what: str) -> Iterator[None]:
    """Make a sentence of whatever transformers raises at a folder that is to hold `what`."""
    from transformers.utils import logging as transformers_logging

    words: Any = transformers_logging
    before, has_bars = words.get_verbosity(), words.is_progress_bar_enabled()
    words.set_verbosity(logging.ERROR)
    words.disable_progress_bar()
    try:
        yield
    except Exception as error:
        said = " ".join(str(error).split())[:200] or type(error).__name__
        raise UnreadableCheckpoint(
            f"'{folder.name}' is no {what} that transformers reads: {said.rstrip('.')}."
        ) from None
    finally:
        words.set_verbosity(before)
        if has_bars:
            words.enable_progress_bar()
