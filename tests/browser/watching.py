"""What tests read off the page."""

from typing import Any

from playwright.sync_api import Page

POLL_MS = 30
"""Between two looks; one for each frame would have frames drawn for nothing else."""


def hold_studio(page: Page) -> None:
    """Let the functions below reach the page's parts, as a person can from the console."""
    page.evaluate(
        """async () => { globalThis.studio = (await import("/studio/main.js")).studio; }"""
    )


def vector(page: Page) -> list[float]:
    numbers: list[float] = page.evaluate("() => Array.from(studio.store.get('vector'))")
    return numbers


def stored(page: Page, key: str) -> Any:
    """A value of the page's store."""
    return page.evaluate("(key) => studio.store.get(key)", key)


def wait_for_store(page: Page, condition: str, seconds: float = 10) -> None:
    """Wait until a JavaScript expression of `store` holds; a promise would not be waited for."""
    script = f"() => {{ const store = studio.store; return {condition}; }}"
    page.wait_for_function(script, timeout=1000 * seconds, polling=POLL_MS)


def wait_for_vector(page: Page, before: list[float]) -> list[float]:
    """Wait for another vector than `before`."""
    wait_for_store(page, f"store.get('vector')[0] !== {before[0]!r}")
    return vector(page)


def pixels(page: Page) -> str:
    """The picture shown, as text to compare."""
    text: str = page.evaluate("document.querySelector('#picture-canvas').toDataURL()")
    return text


def wait_for_other_picture(page: Page, before: str) -> None:
    page.wait_for_function(
        "(before) => document.querySelector('#picture-canvas').toDataURL() !== before",
        arg=before,
        polling=POLL_MS,
    )
