"""The list of all models, and the catalogue of those that can be fetched."""

import re
from pathlib import Path

import pytest

from taxiway.catalog import manifest as manifests
from taxiway.catalog.listing import NOT_TRIED, OURS, entries, manifest_path
from taxiway.catalog.store.shelf import Shelf
from taxiway.catalog.store.wanted import check_wanted
from taxiway.core.errors import NotFound

FREE = ("Apache-2.0", "MIT", "BSD-3-Clause")
PULLED = sorted(path.stem for path in OURS.glob("*.toml"))


@pytest.mark.parametrize("name", PULLED)
def test_what_we_offer_to_fetch_is_free_safe_and_honest(name: str) -> None:
    manifest = manifests.load(OURS / f"{name}.toml")
    licence = manifest.licence
    assert manifest.name == name
    assert licence.weights in FREE
    assert licence.code in FREE
    assert licence.commercial is True
    assert licence.source.startswith("https://")
    assert manifest.credit
    assert manifest.data
    assert manifest.limits
    assert manifest.bytes or manifest.needs.download_mb
    assert manifest.tested is None  # no hub can be reached from here
    for file in manifest.file:
        check_wanted(file.path)
        assert file.sources
        assert re.fullmatch(r"[0-9a-f]{64}", file.sha256)


def test_the_list_has_all_and_says_what_is_where(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    found = {entry.name: entry for entry in entries(shelf)}
    assert len(PULLED) >= 15
    assert {"rainbow", "painter", *PULLED} <= found.keys()
    assert "stylegan" not in found  # what needs a file is none
    assert found["rainbow"].is_here
    depth = found["depth"]  # by its manifest, which says more than a card
    assert (depth.origin, depth.is_here) == ("taxiway", True)
    assert depth.tried.startswith("Tried on ")
    assert (depth.takes[:1], depth.gives[:1]) == (["image"], ["image"])
    small = found["cutout-u2netp"]
    assert (small.is_here, small.origin, small.bytes) == (False, "catalogue", 4_574_861)
    assert (small.takes, small.gives, small.tried) == (["image"], ["image"], NOT_TRIED)
    with pytest.raises(NotFound, match="No model named 'nothing' can be fetched"):
        manifest_path("nothing", shelf)


def test_one_bad_manifest_hides_no_other(tmp_path: Path) -> None:
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "bad.toml").write_text("taxiway = 1\n")
    found = {entry.name: entry for entry in entries(Shelf(tmp_path))}
    assert "needs 'name'" in found["bad"].cannot or "is no manifest" in found["bad"].cannot
    assert "rainbow" in found
