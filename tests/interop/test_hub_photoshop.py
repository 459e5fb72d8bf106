"""A panel like Runway's for Photoshop, in Chromium as theirs was, against a whole Taxiway."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from interop.conftest import HERE, Ports, opened, taxiway

pytestmark = pytest.mark.browser

FAMILY = "toys:Gradient"
PANEL = [HERE / "sketches" / "panel.js"]


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[Ports]:
    """It was started with --photoshop."""
    with taxiway(FAMILY, "photoshop") as ports:
        yield ports


def test_a_panel_starts_asks_and_stops_models(page: Page, server: Ports, tmp_path: Path) -> None:
    page.set_default_timeout(30_000)
    with opened(page, tmp_path, "file", PANEL) as wrong:
        seen = page.evaluate("() => play('Painter')")
    assert seen["session"]["application"] == "Photoshop"
    assert seen["picture"].startswith("data:image/jpeg;base64,")
    assert seen["counts"] == [2, 1, 1]
    assert wrong == []


@pytest.mark.parametrize("how", ["file", "port"])
def test_a_panel_without_leave_may_look_but_not_start(
    page: Page, server: Ports, tmp_path: Path, how: str
) -> None:
    with taxiway(FAMILY) as ports, opened(page, tmp_path, how, PANEL):
        hub = (server if how == "port" else ports).hub
        page.evaluate("(port) => { HUB = `http://localhost:${port}/v1`; }", hub)
        assert len(page.evaluate("() => pictureModels()")) >= 2
        start = "() => pictureModels().then(([model]) => start(model)).catch(String)"
        assert page.evaluate(start).startswith("Error: 403")
