"""Hosted models and what their tokens may do: the records, and how people write them."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

from msgspec import Struct, structs

from taxiway.catalog import catalog
from taxiway.core.errors import InvalidArgument
from taxiway.core.model import ModelSpec

NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
"""What may stand before the first dot of a Host name."""
RESERVED = ("studio", "teacher")
"""Addresses of the server's own pages."""

SCOPES = ("query", "info")
"""What a token may allow: to ask the model, and to be told what it takes."""

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
MICROS = 10**6
"""Prices are whole millionths, so that a hundred of 0.01 are exactly 1."""
ANYONE = "(anyone)"
"""The label of who asks a public model without a token."""


class Hosted(Struct, frozen=True, kw_only=True):
    """A hosted model: what to run, for whom, and how long it stays awake unasked (seconds).

    `state` is what a server last told of it, `copies` at how many servers of those that share a
    store it may be awake; times are seconds since 1970. `watched` is whether the teacher's page
    shows the last pictures.
    """

    name: str
    model: str
    checkpoint: str | None = None
    options: dict[str, Any] = {}
    command: str | None = None
    public: bool = False
    active: bool = True
    idle_seconds: float = 300
    created: float = 0
    state: str = "asleep"
    watched: bool = False
    copies: int = 1

    def spec(self) -> ModelSpec:
        """What the engine is told to run. Raises NotFound if the model or its file is gone."""
        spec = catalog.spec(self.card(), self.options)
        return structs.replace(spec, name=self.name, command=self.command)

    def card(self) -> catalog.Card:
        """What people are told of it. Raises NotFound if the model or its file is gone."""
        return catalog.choose(self.model, Path(self.checkpoint) if self.checkpoint else None)


class Rate(Struct, frozen=True):
    """So many requests in so many seconds; all of them may come at once."""

    requests: int
    seconds: int


class Limits(Struct, frozen=True, kw_only=True):
    """What a token allows. `budget` counts requests; `price` is in millionths for each."""

    scopes: tuple[str, ...] = SCOPES
    expires: float | None = None
    rate: Rate | None = None
    budget: int | None = None
    price: int = 0


class Token(Struct, frozen=True, kw_only=True):
    """A token and what was asked with it; `hash` is None for who needs none.

    `requests` counts every POST to /v1/query; `refused` those of them that the limits kept from
    the model, which cost nothing; `errors` all that were not answered with 200.
    """

    id: int
    model: str
    label: str
    hash: bytes | None
    limits: Limits
    created: float
    revoked: float | None = None
    requests: int = 0
    refused: int = 0
    errors: int = 0
    cost: int = 0
    last_use: float | None = None

    @property
    def left(self) -> int | None:
        """Requests that the budget still allows; None without one."""
        budget = self.limits.budget
        return None if budget is None else max(0, budget - self.requests + self.refused)

    def state(self, now: float) -> str:
        """One word for people."""
        if self.revoked is not None:
            return "revoked"
        if self.limits.expires is not None and self.limits.expires <= now:
            return "expired"
        return "used up" if self.left == 0 else "ok"


class Server(Struct, frozen=True, kw_only=True):
    """One of those that share a store: where the others reach it, and by which word it knows them.

    `beat` grows while it lives.
    """

    id: str
    url: str
    secret: str
    beat: int = 0


def checked_name(name: str) -> str:
    """`name` if a model may have it. Raises InvalidArgument."""
    if not NAME.fullmatch(name) or name in RESERVED:
        raise InvalidArgument(
            f"A hosted model's name is up to 63 of a-z, 0-9 and '-', got '{name}'."
            if name not in RESERVED
            else f"The name '{name}' is taken by Taxiway itself."
        )
    return name


def checked_label(label: str) -> str:
    """`label` if it fits in a table. Raises InvalidArgument."""
    if not label.isprintable() or len(label) > 80:
        raise InvalidArgument("A label is one line of up to 80 characters.")
    return label


def read_scopes(text: str) -> tuple[str, ...]:
    """`query,info` as a tuple. Raises InvalidArgument."""
    scopes = tuple(part.strip() for part in text.split(","))
    if not set(scopes) <= set(SCOPES):
        raise InvalidArgument(f"Scopes are {', '.join(SCOPES)}, got '{text}'.")
    return scopes


def read_period(text: str) -> float:
    """`30d` in seconds; s, m, h, d and w are known. Raises InvalidArgument."""
    found = re.fullmatch(r"([0-9]{1,6})([smhdw])", text)
    if found is None or int(found[1]) == 0:
        raise InvalidArgument(f"A period is written as 90m, 12h, 30d or 2w, got '{text}'.")
    return float(int(found[1]) * SECONDS[found[2]])


def read_rate(text: str) -> Rate:
    """`10/s` as a rate; also /m, /h and /d. Raises InvalidArgument."""
    found = re.fullmatch(r"([0-9]{1,6})/([smhd])", text)
    if found is None or int(found[1]) == 0:
        raise InvalidArgument(f"A rate is written as 10/s, 100/m or 1000/h, got '{text}'.")
    return Rate(int(found[1]), SECONDS[found[2]])


def read_price(text: str) -> int:
    """`0.01` in millionths. Raises InvalidArgument."""
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", text):
        raise InvalidArgument(f"A price is a number such as 0.01, got '{text}'.")
    return int(Decimal(text) * MICROS)


def write_price(micros: int) -> str:
    """Millionths as people write them, with two digits after the point or as many as needed."""
    text = f"{Decimal(micros) / MICROS:.6f}".rstrip("0")
    return text + "0" * max(0, 2 - len(text.partition(".")[2]))


def write_rate(rate: Rate) -> str:
    """The text that `read_rate` takes."""
    unit = next(unit for unit, seconds in SECONDS.items() if seconds == rate.seconds)
    return f"{rate.requests}/{unit}"
