"""The two kinds of store, to which the same promises are held."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from postgres_server import Server, running
from taxiway.hosting.store import Store

Opened = Callable[[], Store]
"""One more connection to the store of a test."""


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    """How to open the store of a test, as often as it likes."""
    address = None
    if request.param == "postgres":
        address = request.getfixturevalue("postgres").address()
    stores: list[Store] = []

    def more() -> Store:
        stores.append(Store(tmp_path, durable=False, address=address))
        return stores[-1]

    yield more
    for store in stores:
        store.close()
