"""Every promise of docs/hardening.md has its tests, and they run."""

import ast
import re
from pathlib import Path

import pytest

from paths import TESTS

PAGE = (TESTS.parent / "docs" / "hardening.md").read_text(encoding="utf-8")
TABLES = [table for table in PAGE.split("\n\n") if table.startswith("| Threat |")]
ROWS = [row for table in TABLES for row in table.splitlines()[2:]]
NAMED = sorted(set(re.findall(r"`([\w/]+\.py::\w+)`", PAGE)))
LEFT_OUT = ("skip", "xfail", "slow", "gpu")


def test_the_page_has_rows() -> None:
    assert len(TABLES) == 4
    assert len(ROWS) >= 30
    assert len(NAMED) >= 80


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip()[:40])
def test_every_promise_names_a_test_and_nothing_else(row: str) -> None:
    threat, promise, tests = (cell.strip() for cell in row.strip("|").split("|"))
    assert threat
    assert promise
    assert all(f"{name}" in NAMED for name in re.findall(r"`([^`]+)`", tests))
    assert re.fullmatch(r"(`[\w/]+\.py::\w+`\s?)+", tests)


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.smoke
def test_every_test_that_is_named_exists_and_runs(name: str) -> None:
    path, _, function = name.partition("::")
    module = ast.parse((TESTS / path).read_text(encoding="utf-8"))
    found = [
        node
        for node in module.body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == function
    ]
    assert found, f"{path} has no test {function}"
    marks = " ".join(ast.unparse(mark) for mark in found[0].decorator_list)
    assert not re.search(rf"mark\.({'|'.join(LEFT_OUT)})\b", marks)


def test_every_hardening_test_keeps_a_promise_of_the_page() -> None:
    own = {
        f"hardening/{path.name}::{name}"
        for path in (TESTS / "hardening").glob("test_*.py")
        if path.name != Path(__file__).name
        for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text(), re.MULTILINE)
    }
    assert own <= set(NAMED)
