"""The whole of Taxiway, every door open, as `taxiway run` starts it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from taxiway import app
from taxiway.core.config import Config
from taxiway.gates import Gates
from taxiway.library import catalog

EVERY_DOOR = Config(port=0, socketio_port=0, osc_port=0, hub_port=0)


@pytest.fixture
async def gates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Gates]:
    monkeypatch.setenv("TAXIWAY_DATA", str(tmp_path))
    async with app.serving(EVERY_DOOR, [catalog.card("painter")], {}) as gates:
        yield gates
