"""A store killed at every write to its file, and brought from every form that it has had."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hosting import killed_writes
from hosting.forms import FORMS, make
from hosting.store_cases import hosting
from sqlite_faults import is_possible
from taxiway.hosting.records import Rate
from taxiway.hosting.schema import MIGRATIONS
from taxiway.hosting.store import Store

needs_the_seam = pytest.mark.skipif(
    sys.platform == "win32" or not is_possible(),
    reason="this Python's SQLite does not show its file layer",
)


def tables(store: Store) -> list[object]:
    """What tables there are and their columns, however they came about."""
    names = [
        row["name"]
        for row in store._rows("SELECT name FROM sqlite_master WHERE type != 'trigger' ORDER BY 1")
    ]
    columns = {
        name: sorted(
            (row["name"], row["type"], row["notnull"], row["dflt_value"], row["pk"])
            for row in store._rows(f"PRAGMA table_info({name})")
        )
        for name in names
    }
    return [names, columns]


@pytest.mark.parametrize("form", range(1, len(MIGRATIONS)))
def test_every_earlier_form_becomes_this_one_with_all_that_was_in_it(
    tmp_path: Path, form: int
) -> None:
    assert len(FORMS) == len(MIGRATIONS) - 1, "keep the form before yours in forms.py"
    make(tmp_path, form)
    new = tmp_path / "new"
    new.mkdir()
    with Store(tmp_path) as store, Store(new) as fresh:
        assert tables(store) == tables(fresh)
        [model], [token] = store.models(), store.tokens()
        assert (model.name, model.options, model.copies) == ("old", {"size": 64}, 1)
        assert model.watched == (form > 1)
        assert (token.id, token.hash, token.limits.rate) == (7, b"\xaa", Rate(10, 1))
        assert (token.requests, token.refused, token.errors, token.cost) == (8, 1, 2, 70_000)
        assert token.left == 43
        assert store.url == "http://localhost:8080"
        assert store.owns(b"\xbb", 1.0) == (form > 1)
        assert hosting(store) > 0


CASES = [
    (0, 41, "whole"),
    (1, 37, "torn"),
    *(
        pytest.param(form, 1, torn, marks=pytest.mark.slow)
        for form in range(len(MIGRATIONS))
        for torn in ("whole", "torn")
    ),
]


@needs_the_seam
@pytest.mark.parametrize(("form", "every", "torn"), CASES)
def test_whatever_write_it_is_killed_at_what_was_acknowledged_is_there_and_nothing_is_half(
    tmp_path: Path, form: int, every: int, torn: str
) -> None:
    done = subprocess.run(
        [sys.executable, killed_writes.__file__, tmp_path, str(form), str(every), torn],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
        capture_output=True,
        text=True,
    )
    first, *cases = map(json.loads, done.stdout.splitlines())
    states = first["states"]
    assert len(cases) * every > 60
    assert cases[-1]["acknowledged"] >= len(states) - 1 - every
    for case in cases:
        # The act at whose write it died has happened whole or not at all; before the first act
        # there may be no tables, which opening the store has made then.
        happened = max(case["acknowledged"] - 1, 0)
        assert case["kept"] in states[happened : happened + 2], case["at"]
        assert case["check"] == "ok"
