"""Whether a server works with a data folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from taxiway.core.errors import InvalidArgument
from taxiway.core.locks import held, is_held

FILE = "serving.lock"


@contextmanager
def serving(folder: Path) -> Iterator[None]:
    """Be the only server of `folder` within the block. Raises InvalidArgument if there is one."""
    with held(folder / FILE) as ours:
        if not ours:
            raise InvalidArgument(f"A server works with {folder} already; stop it first.")
        yield


def is_serving(folder: Path) -> bool:
    """Whether a server works with `folder`."""
    return is_held(folder / FILE)
