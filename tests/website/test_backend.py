"""A tab of the studio makes the server's pictures, in Chromium; the server does once it goes."""

from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from chromium import PATIENCE_MS
from examples.conftest import running
from examples.pictures import decoded
from paths import FIXTURES

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with running(str(FIXTURES / "stylegan2-ada_32_z512.pkl")) as at:
        yield at


def asked(address: str) -> Any:
    answer = httpx.post(f"{address}/query", json={"seed": 7, "format": "PNG"}, timeout=60)
    return np.asarray(decoded(answer.json()["image"]), np.float32)


def test_a_tab_makes_the_pictures_of_the_server_until_it_is_closed(
    page: Page, address: str
) -> None:
    sent: list[int] = []
    page.on(
        "websocket",
        lambda socket: (
            socket.url.endswith("/studio/backend")
            and socket.on("framesent", lambda data: sent.append(len(data)))
        ),
    )
    before = asked(address)
    page.goto(address)
    switch = page.get_by_role("switch", name="This tab makes the pictures")
    switch.check()
    said = page.locator("#backend-said")
    expect(said).to_contain_text("Made here by", timeout=8 * PATIENCE_MS)
    there = asked(address)
    page.wait_for_timeout(50)
    assert sent[1:] == [32 * 32 * 3] * (len(sent) - 1)
    assert len(sent) >= 1 + 3 + 1
    assert np.abs(there - before).max() <= 1
    switch.uncheck()
    expect(said).to_be_empty()
    count = len(sent)
    np.testing.assert_array_equal(asked(address), before)
    page.wait_for_timeout(50)
    assert len(sent) == count
