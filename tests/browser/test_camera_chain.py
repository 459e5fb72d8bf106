"""The camera through three families at once: what it sees is drawn, is near or far, has things."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect

from browser.watching import hold_studio, wait_for_store
from chromium import PATIENCE_MS
from taxiway.core.images import from_data_uri

MODELS = ("lineart", "depth", "detector")


@pytest.fixture(scope="module")
def addresses() -> Iterator[list[str]]:
    """Where each model answers, all in one process."""
    chains = [f"--chain={a}:{b}" for a, b in pairwise(MODELS)]
    command = [sys.executable, "-m", "taxiway", "run", *MODELS, *chains, "--no-browser"]
    with subprocess.Popen(
        [*command, "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdout is not None
        found = list[str]()
        for line in process.stdout:
            found += re.findall(r"at (http://\S+) \(Ctrl-C", line)
            if len(found) == len(MODELS):
                break
        yield found
        process.terminate()


@pytest.mark.slow
def test_what_the_camera_sees_goes_through_all_three(
    browser: Browser, addresses: list[str]
) -> None:
    context = browser.new_context(permissions=["camera"])
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(addresses[0])
    hold_studio(page)
    wait_for_store(page, "store.get('state').name === 'running'", 60)
    page.get_by_role("button", name="Camera", exact=True).click()
    page.check("#auto")
    wait_for_store(page, "(store.get('outputs').image ?? '').startsWith('data:image')", 60)
    first = answered(addresses[2])
    sizes = {from_data_uri(picture(answered(each)), "image").size for each in addresses}
    assert len(sizes) == 1, "each has the size of what the camera gave"
    assert {"width", "height"} == {*first["size"]}
    assert (first["size"]["width"], first["size"]["height"]) in sizes
    expect(page.locator("#asked")).to_contain_text("ms")
    for address in addresses:
        before = answered(address)
        until(lambda: picture(answered(address)) != picture(before))  # noqa: B023
    context.close()


def answered(address: str) -> Any:
    """The newest answer of a model."""
    found: dict[str, Any] = {}

    def is_there() -> bool:
        found.update(httpx.get(f"{address}/data", timeout=60).json())
        return bool(found)

    until(is_there)
    return found


def picture(answer: dict[str, Any]) -> str:
    """The first picture of an answer, a data URI."""
    return next(value for value in answer.values() if str(value).startswith("data:image"))


def until(condition: Callable[[], bool]) -> None:
    """Ask until it holds."""
    end = time.monotonic() + PATIENCE_MS / 1000
    while not condition():
        assert time.monotonic() < end, "It did not come."
        time.sleep(0.05)
