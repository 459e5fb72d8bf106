"""The whole of Taxiway, every door open, as `taxiway run` starts it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from taxiway import app
from taxiway.catalog import catalog
from taxiway.core.config import Config
from taxiway.model_servers import ModelServers

EVERY_DOOR = Config(port=0, socketio_port=0, osc_port=0, hub_port=0)


@pytest.fixture
async def model_servers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[ModelServers]:
    monkeypatch.setenv("TAXIWAY_DATA", str(tmp_path))
    async with app.serving(EVERY_DOOR, [catalog.card("painter")], {}) as model_servers:
        yield model_servers
