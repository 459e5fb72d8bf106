"""The address for another device, where others are let in."""

import httpx
import pytest

from taxiway.core.config import Config
from taxiway.servers.studio.elsewhere_routes import routes
from taxiway.web import addresses
from taxiway.web.application import application
from taxiway.web.powers import Tokens


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", None),
        ("localhost", None),
        ("0.0.0.0", "http://192.0.2.7:8000"),
        ("::", "http://192.0.2.7:8000"),
        ("192.0.2.9", "http://192.0.2.9:8000"),
    ],
)
async def test_it_is_told_with_its_picture_where_there_is_one(
    host: str, address: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses, "own_address", lambda: "192.0.2.7")
    config = Config(host=host)
    app = application(routes(config, Tokens("to play", "to own")), config)
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 5))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
        path, headers = "/studio/api/elsewhere", {"authorization": "Bearer to play"}
        told = (await client.get(path, headers=headers)).json()
        assert told["address"] == address
        assert (told["picture"] or "").startswith("data:image/svg" if address else "")
        assert (await client.get(path)).status_code == 403
