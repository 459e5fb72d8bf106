"""What is wrong with a site of files: links that lead nowhere, things loaded from elsewhere."""

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src"} | {
    "link": "href"
}
NAMED = ("canonical", "search", "next", "prev", "index")
"""Relations of a `<link>` by which nothing is loaded."""


class Page(HTMLParser):
    """The links of a page, what it loads, and the places that links can lead to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links, self.loaded, self.places = set[str](), set[str](), {"", "top"}
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        self.places |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.add(given["href"])
        if (where := LOADED.get(tag)) in given and given.get("rel") not in NAMED:
            self.loaded.add(given[where or ""])


def faults(site: Path) -> Iterator[str]:
    """A line for each; files to take along, such as a sketch's page, are no pages of the site."""
    site = site.resolve()
    found = [path for path in sorted(site.rglob("*.html")) if "_downloads" not in path.parts]
    pages = {path: Page(path.read_text()) for path in found}
    for path, page in pages.items():
        where = path.relative_to(site)
        for address in sorted(page.loaded):
            if urlsplit(address).scheme not in ("", "data") or address.startswith("//"):
                yield f"{where} loads {address} from elsewhere"
        for address in sorted(page.links | page.loaded):
            if why := lost(address, path, pages):
                yield f"{where} names {address}, {why}"


def lost(address: str, page: Path, pages: dict[Path, Page]) -> str:
    """Why an address in a page leads nowhere; "" where it does, or away from the site."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return ""
    if parts.path.startswith("/"):
        return "which is elsewhere below a path"
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if not target.exists():
        return "which is not there"
    is_place = target not in pages or unquote(parts.fragment) in pages[target].places
    return "" if is_place else "which has no such place"
