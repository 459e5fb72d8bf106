"""What every source promises, whoever wrote it: pytest finds all that are installed."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from session_fakes import FakeEngine, on_session
from taxiway.core.command import Command
from taxiway.core.datatypes import Image, Text
from taxiway.core.images import encode_png
from taxiway.core.session_file import change_line, head_line
from taxiway.core.source import Source
from taxiway.live.inputs import Inputs, sources

MEMBERS = sources()
TAKES = Command(name="take", inputs={"photo": Image(), "words": Text()}, outputs={"image": Image()})


@pytest.fixture(params=sorted(MEMBERS.kinds))
def name(request: pytest.FixtureRequest) -> str:
    if missing := MEMBERS.probe(request.param):
        pytest.skip(missing)
    return str(request.param)


@pytest.fixture
async def inputs() -> AsyncIterator[Inputs]:
    async with on_session(FakeEngine(TAKES)) as session:
        inputs = Inputs(session, MEMBERS)
        yield inputs
        await inputs.close()


def settings(name: str, folder: Path) -> dict[str, Any]:
    """Examples of a source's settings; a path has a picture in it."""
    (folder / "a.png").write_bytes(encode_png(np.zeros((5, 3, 4), np.uint8)))
    fields = MEMBERS.declaration(name).inputs
    if name == "replay":
        take = folder / "take.jsonl"
        take.write_bytes(head_line("take") + change_line(0, {"words": "a"}) + change_line(99, {}))
        return {"path": str(take)}
    if name == "faces":
        return {"port": 9}
    if name == "omt":
        return {"address": "omt://127.0.0.1:6599"}
    return {"path": str(folder)} if "path" in fields else {}


def test_none_is_broken() -> None:
    assert not MEMBERS.broken
    assert "frames" in MEMBERS.kinds


@pytest.mark.parametrize("kind", MEMBERS.kinds.values(), ids=str)
def test_it_says_what_it_needs_and_takes(kind: type[Source]) -> None:
    missing = kind.probe()
    assert missing is None or (missing.endswith(".") and len(missing) > 10)
    assert kind.title
    for setting, field in kind.settings.items():
        assert setting.isidentifier()
        assert field.describe(setting)["name"] == setting


async def test_it_starts_and_stops_again_and_again(
    inputs: Inputs, name: str, tmp_path: Path
) -> None:
    for _ in range(3):
        status = await inputs.start(name, settings(name, tmp_path))
        assert (status.state, status.error) == ("on", "")
        await inputs.stop(name)
        assert (await inputs.one(name)).state == "off"
    await inputs.stop(name)


async def test_one_that_fails_in_the_middle_says_so(
    inputs: Inputs, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Source) -> Any:
        yield {"words": "one"}
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(MEMBERS.kinds[name], "read", broken)
        await inputs.start(name, settings(name, tmp_path))
        async with asyncio.timeout(60):
            while (await inputs.one(name)).state == "on":
                await asyncio.sleep(0.005)
        status = await inputs.one(name)
        assert (status.state, status.error) == ("failed", "Input/output error.")
    assert (await inputs.start(name, settings(name, tmp_path))).error == ""
