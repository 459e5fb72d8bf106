"""`taxiway host serve --cluster`: hosted models run there; a stand-in takes Ray's place."""

from pathlib import Path

import httpx
import pytest

import ray_stand_in
from taxiway.core.errors import InvalidArgument
from taxiway.engine.cluster import bridge
from taxiway.hosting.app import Settings, serving
from taxiway.hosting.records import Hosted, Limits
from taxiway.hosting.store import Store


def test_another_address_is_refused_before_it_begins() -> None:
    with pytest.raises(InvalidArgument, match="'on' takes ray or ray://HEAD:PORT"):
        Settings(cluster="ssh://box").config()


async def test_a_hosted_model_is_asked_on_the_cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bridge, "main", ray_stand_in.main)
    monkeypatch.setattr("taxiway.engine.executors.ray.lacking", lambda module, what: "")
    monkeypatch.setenv(ray_stand_in.FOLDER, str(tmp_path))
    data = tmp_path / "data"
    data.mkdir()
    with Store(data) as store:
        store.create(Hosted(name="open", model="painter", public=True), "", None, Limits())
    async with (
        serving(data, Settings(port=0, cluster="ray?replicas=0-2")) as listener,
        httpx.AsyncClient(base_url=listener.url, timeout=60) as client,
    ):
        answer = await client.post("/open/v1/query", json={"seed": 1, "size": 32})
        assert answer.status_code == 200, answer.text
    assert (tmp_path / "calls").read_text() == "parts \n"
    assert (tmp_path / "ended").exists()
