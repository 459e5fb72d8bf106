"""How one way out of a session does, for people and programs."""

from typing import Any

from msgspec import Struct

LOOK_SECONDS = 1.0
"""Between two looks at who receives, and the span over which the rate is counted."""


class OutputStatus(Struct, kw_only=True, rename="camel"):
    """How one sink of a model does; `needs` and `error` are sentences, empty where all is well.

    `seen` says how a person comes to see it elsewhere.
    `state` is `off`, `on`, or `failed` until it is started again. `age_ms` is from the moment the
    newest frame sent was ready, or came out of its rest, until it was sent; `dropped` frames were
    overtaken by newer ones.
    """

    name: str
    title: str
    needs: str
    seen: str = ""
    always: bool = False
    settings: list[dict[str, Any]] = []
    values: dict[str, Any] = {}
    state: str = "off"
    message: str = ""
    error: str = ""
    address: str = ""
    rate: float = 0.0
    age_ms: float | None = None
    sent: int = 0
    dropped: int = 0
    receivers: int | None = None
