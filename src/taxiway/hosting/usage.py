"""What is hosted and what was asked, as tables for people and as CSV."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime

from taxiway.hosting.records import Hosted, Token, write_price, write_rate

USAGE = (
    "model", "token", "label", "state", "requests", "refused", "errors", "cost", "last use",
)  # fmt: skip


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Aligned columns; numbers to the right."""
    lines = [[head.upper() for head in heads], *(list(map(str, row)) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    numeric = [
        all(isinstance(row[i], int) or row[i] == "" for row in rows) for i in range(len(heads))
    ]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        ).rstrip()
        for line in lines
    )


def models(hosted: Sequence[Hosted], tokens: Sequence[Token], is_serving: bool) -> str:
    """Every hosted model with its state and all that was asked of it."""
    rows = []
    for model in hosted:
        state = (model.state if is_serving else "asleep") if model.active else "inactive"
        requests = sum(token.requests for token in tokens if token.model == model.name)
        who = "public" if model.public else "private"
        rows.append((model.name, model.model, who, state, requests))
    return table(("name", "model", "for", "state", "requests"), rows)


def tokens(given: Sequence[Token], now: float) -> str:
    """Every token with its limits; never the token itself, which nobody has kept."""
    rows = [
        (
            token.id,
            token.model,
            token.label,
            token.state(now),
            ",".join(token.limits.scopes),
            write_rate(token.limits.rate) if token.limits.rate else "",
            "" if token.limits.budget is None else token.limits.budget,
            write_price(token.limits.price),
            _date(token.limits.expires),
        )
        for token in given
    ]
    heads = ("token", "model", "label", "state", "scopes", "rate", "budget", "price", "expires")
    return table(heads, rows)


def usage(given: Sequence[Token], now: float) -> str:
    """What was asked with each token, and all in all."""
    rows = [_used(token, now) for token in given]
    sums = [
        sum(getattr(token, name) for token in given) for name in ("requests", "refused", "errors")
    ]
    total = ("all", "", "", "", *sums, write_price(sum(token.cost for token in given)), "")
    return table(USAGE, [*rows, total] if len(rows) > 1 else rows)


def usage_csv(given: Sequence[Token], now: float) -> str:
    """The same for a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head.replace(" ", "_") for head in USAGE)
    for token in given:
        writer.writerow(_harmless(cell) for cell in _used(token, now))
    return text.getvalue()


def _used(token: Token, now: float) -> tuple[object, ...]:
    return (
        token.model,
        token.id,
        token.label,
        token.state(now),
        token.requests,
        token.refused,
        token.errors,
        write_price(token.cost),
        _date(token.last_use),
    )


def _harmless(cell: object) -> object:
    """A text that a spreadsheet does not take for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in tuple("=+-@") else cell


def _date(seconds: float | None) -> str:
    """Local time, or nothing for never."""
    if seconds is None:
        return ""
    return datetime.fromtimestamp(seconds).astimezone().isoformat(" ", "minutes")
