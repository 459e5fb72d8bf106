"""Exported sites of fixtures, given to a browser without a server."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from playwright.sync_api import Page, Route

from paths import FIXTURES
from taxiway.catalog.catalog import Card
from taxiway.checkpoint import read_checkpoint
from taxiway.families.stylegan.website import website

ORIGIN = "http://localhost:9/"
"""Nobody is asked there; pages of localhost may use WebGPU and service workers."""
PICTURE = re.compile(r"uint8(?:_psi([\d.]+)(?:_cutoff(\d+))?_noise_const)?")
TYPES = {
    "html": "text/html",
    "js": "text/javascript",
    "css": "text/css",
    "svg": "image/svg+xml",
    "json": "application/json",
    "wasm": "application/wasm",
    "jpg": "image/jpeg",
}


def fixture_site(name: str, dtype: str = "float32") -> dict[str, bytes]:
    """The files of a fixture's site, without directions and presets."""
    checkpoint = read_checkpoint(FIXTURES / f"{name}.pkl")
    card = Card(name=name, family="stylegan", title="A fixture", summary="Random weights.")
    return website(checkpoint, card, {}, [], np.zeros((8, 8, 3), np.uint8), dtype)


def serve(page: Page, sites: Mapping[str, Mapping[str, bytes]]) -> None:
    """Answer what a page asks below ORIGIN with the files of sites, each in a folder."""

    def answer(route: Route) -> None:
        folder, _, path = route.request.url.removeprefix(ORIGIN).partition("/")
        data = sites.get(folder, {}).get(path or "index.html")
        kind = TYPES.get((path or "index.html").rpartition(".")[2], "application/octet-stream")
        if data is None:
            route.fulfill(status=404)
        else:
            route.fulfill(body=data, content_type=kind)

    page.route(f"{ORIGIN}**", answer)


def expected(name: str) -> tuple[dict[str, Any], Any]:
    """Inputs, and the picture uint8 [H, W, C] that a reference made of them."""
    found = np.load(FIXTURES / f"{name}.npz")
    config = read_checkpoint(FIXTURES / f"{name}.pkl").config
    rows, cutoff = config["num_ws"], config.get("truncation_cutoff")
    matches = [match for key in found if (match := PICTURE.fullmatch(key))]
    # The references truncate the layers that the key names; a page those that the network says.
    match = next(each for each in matches if int(each[2] or rows) == min(rows, cutoff or rows))
    inputs: dict[str, Any] = {"z": found["z"][0].tolist(), "truncation": float(match[1] or 1)}
    if config["c_dim"]:
        inputs["label"] = int(found["c"][0].argmax())
    return inputs, found[match[0]][0]
