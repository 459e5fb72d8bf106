"""The studio's words: each is in every language's catalogue, as scripts/words.py finds them."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from paths import ROOT

SCRIPTS = ROOT / "scripts"


@pytest.fixture(scope="module")
def words() -> ModuleType:
    sys.path.append(str(SCRIPTS))
    spec = importlib.util.spec_from_file_location("words", SCRIPTS / "words.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_language_has_all_words_and_none_that_is_stale(words: ModuleType) -> None:
    assert set(words.catalogues()) == {"de"}
    assert not list(words.all_complaints())


@pytest.mark.parametrize(
    ("english", "entry", "fault"),
    [
        ("{n} of {total}", "{n} von {all}", "placeholders"),
        ("{n} box | {n} boxes", "{n} Boxen", "plural forms"),
        ("Seed", "<b>Seed</b>", "markup"),
        ("Seed", " ", "empty"),
        ("A word that nobody says", "Ein Wort, das niemand sagt", "nowhere"),
    ],
)
def test_an_entry_that_does_not_fit_is_named(
    words: ModuleType, english: str, entry: str, fault: str
) -> None:
    known = {**words.catalogues()["de"], english: entry}
    (complaint,) = (
        each
        for each in words.complaints("de", known)
        if repr(english) in each or repr(entry) in each
    )
    assert fault in complaint


def test_words_are_found_where_people_read_them_and_nowhere_else(
    words: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "panel.js").write_text("""
        import { h } from "./An import.js";
        const label = "A label";
        h("button", { class: "Two classes", title: "A hint" }, on ? "Stop it" : "Go on");
        document.querySelector("No words");
        element.setAttribute("aria-label", "Read aloud");
        if (state === "Never shown") element.textContent = t("small");
    """)
    monkeypatch.setattr(words, "STUDIO", tmp_path)
    words.code_words.cache_clear()
    every, needed = words.code_words()
    words.code_words.cache_clear()
    assert set(needed) == {"A label", "A hint", "Stop it", "Go on", "Read aloud", "small"}
    assert "Never shown" in every
    assert not list(words.templates())


def test_what_is_put_together_is_found(
    words: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(words, "STUDIO", tmp_path)
    (tmp_path / "panel.js").write_text("const said = `${count} pictures came`; go(`/a/${id}`);")
    (found,) = words.templates()
    assert "pictures came" in found
    (tmp_path / "a.css").write_text(
        "p { margin-left: 1px; inset-inline-start: 0; text-align: right; }"
    )
    assert len(list(words.sides(tmp_path))) == 2
