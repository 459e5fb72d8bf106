"""The log: for people at a terminal as ever, or a JSON object a line for those who collect logs."""

import contextlib
import json
import logging
import os
import sys
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from io import TextIOBase
from logging.handlers import RotatingFileHandler
from pathlib import Path

from msgspec import Struct

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Of the request that is being answered, for every line that is logged meanwhile."""

FILE_BYTES, FILES = 10 * 2**20, 5
"""A log file of this size gives way to a new one; so many older ones are kept."""
CHILDREN = "TAXIWAY_LOG"
"""The environment variable that tells processes of ours how to log."""
ROOT = "taxiway"
SAID = logging.getLogger("taxiway.said")
FIELDS = ("model", "method", "path", "status", "milliseconds", "client")
"""What a line may have beside its message, by `extra`."""


class LogSettings(Struct, frozen=True):
    """`form` is "text" or "json"; without a `file` lines go to stderr."""

    form: str = "text"
    file: str | None = None


class JsonLines(logging.Formatter):
    """A record as one line of JSON: time (UTC), level, logger, message, request, and FIELDS."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if named := request_id.get():
            line["request"] = named
        line |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class TextLines(logging.Formatter):
    """Time, level, request if there is one, message."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(request)s%(message)s")

    def format(self, record: logging.LogRecord) -> str:
        named = request_id.get()
        record.request = f"[{named}] " if named else ""
        return super().format(record)


class Printed(TextIOBase):
    """Takes what is printed, and logs it line by line."""

    def __init__(self) -> None:
        self._rest = ""

    def write(self, text: str) -> int:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in filter(str.strip, lines):
            SAID.info("%s", line.strip())
        return len(text)


@contextlib.contextmanager
def logging_to(settings: LogSettings | None) -> Iterator[None]:
    """Log as told within the block; for None as ever. Raises OSError where the file cannot be.

    As JSON, what is printed is logged as well, so that a collector finds nothing else.
    """
    if settings is None:
        yield
        return
    os.environ[CHILDREN] = f"{settings.form}:{settings.file or ''}"
    handler = _begin(settings)
    try:
        if settings.form == "json":
            with contextlib.redirect_stdout(Printed()):
                yield
        else:
            yield
    finally:
        del os.environ[CHILDREN]
        _end(handler)


def in_child(name: str) -> None:
    """Log as the parent does; into a file of its own, since two cannot share one that is moved."""
    form, _, file = os.environ.get(CHILDREN, "").partition(":")
    if form:
        beside = Path(file).with_suffix(f".{name}{Path(file).suffix}") if file else None
        with contextlib.suppress(OSError):
            _begin(LogSettings(form, str(beside) if beside else None))


def _begin(settings: LogSettings) -> logging.Handler:
    handler: logging.Handler = (
        RotatingFileHandler(settings.file, maxBytes=FILE_BYTES, backupCount=FILES, encoding="utf-8")
        if settings.file
        else logging.StreamHandler(sys.stderr)
    )
    handler.setFormatter(JsonLines() if settings.form == "json" else TextLines())
    logging.getLogger().addHandler(handler)
    logging.getLogger(ROOT).setLevel(logging.INFO)
    return handler


def _end(handler: logging.Handler) -> None:
    logging.getLogger().removeHandler(handler)
    logging.getLogger(ROOT).setLevel(logging.NOTSET)
    handler.close()
