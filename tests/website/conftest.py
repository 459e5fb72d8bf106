"""A page of its own for each test, in the worker's one browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Playwright

from chromium import within


@pytest.fixture
def page(chrome: Browser, playwright: Playwright) -> Iterator[Page]:
    """With a context of its own: service workers and caches go with it."""
    with within(playwright):
        context = chrome.new_context()
        yield context.new_page()
        context.close()
