"""What axe-core, from npm, finds wrong with a page for people who do not see or point."""

from functools import cache
from typing import Any

from playwright.sync_api import Page

from interop.npm import packages

SERIOUS = ("serious", "critical")


@cache
def axe() -> str:
    """Its source; the page's security policy lets no page load it."""
    return (packages() / "axe-core" / "axe.min.js").read_text()


def serious(page: Page, within: str | dict[str, list[str]] = "html") -> list[tuple[str, str]]:
    """The serious findings on what is shown now: a rule and the first element of each.

    `within` names the part that is looked through, which takes as long as it is large, or what
    to leave out.
    """
    page.evaluate(f"globalThis.axe ? 0 : (() => {{ {axe()} }})()")
    found: list[dict[str, Any]] = page.evaluate(
        "async (part) => (await axe.run(part, { resultTypes: ['violations'] })).violations", within
    )
    return [
        (rule["id"], rule["nodes"][0]["html"][:200]) for rule in found if rule["impact"] in SERIOUS
    ]
