"""Tables for people, and CSV that a spreadsheet takes for nothing but text and numbers."""

import csv
import io
from datetime import datetime

from taxiway.hosting import usage
from taxiway.hosting.records import Hosted, Limits, Rate, Token

USED = Token(
    id=7,
    model="class",
    label="7b",
    hash=b"",
    limits=Limits(rate=Rate(10, 1), budget=100, price=10_000, expires=86400),
    created=0,
    requests=12,
    refused=2,
    errors=3,
    cost=100_000,
    last_use=60,
)
NEW = Token(id=12, model="class", label="=HYPERLINK()", hash=b"", limits=Limits(), created=0)


def test_columns_are_as_wide_as_what_is_in_them() -> None:
    assert usage.table(("name", "n"), [("a", 1), ("bcdef", 100)]) == (
        "NAME     N\na        1\nbcdef  100"
    )
    assert usage.table(("name",), []) == "NAME"


def test_usage_adds_up() -> None:
    lines = usage.usage([USED, NEW], 0).splitlines()
    when = datetime.fromtimestamp(60).astimezone().isoformat(" ", "minutes")
    assert lines[1].split() == ["class", "7", "7b", "ok", "12", "2", "3", "0.10", *when.split()]
    assert lines[-1].split() == ["all", "12", "2", "3", "0.10"]
    assert len(usage.usage([USED], 0).splitlines()) == 2


def test_a_label_that_looks_like_a_formula_is_text_in_a_spreadsheet() -> None:
    rows = list(csv.reader(io.StringIO(usage.usage_csv([USED, NEW], 0))))
    assert rows[0][:5] == ["model", "token", "label", "state", "requests"]
    assert rows[1][:5] == ["class", "7", "7b", "ok", "12"]
    assert rows[2][2] == "'=HYPERLINK()"


def test_tokens_are_told_with_their_limits() -> None:
    shown = usage.tokens([USED, NEW], 10**9).splitlines()
    assert shown[1].split()[:8] == [
        "7", "class", "7b", "expired", "query,info", "10/s", "100", "0.01",
    ]  # fmt: skip
    assert shown[2].split() == ["12", "class", "=HYPERLINK()", "ok", "query,info", "0.00"]


def test_models_are_told_with_their_state() -> None:
    hosted = [
        Hosted(name="class", model="painter", state="running"),
        Hosted(name="old", model="painter", state="running", active=False, public=True),
    ]
    assert [line.split() for line in usage.models(hosted, [USED, NEW], True).splitlines()[1:]] == [
        ["class", "painter", "private", "running", "12"],
        ["old", "painter", "public", "inactive", "0"],
    ]
    assert "asleep" in usage.models(hosted, [], False)
