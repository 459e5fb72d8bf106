"""Flags for whoever looks after a server: what is watched, and when a worker starts anew."""

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taxiway.core.logs import LogSettings

PLACE = re.compile(r"(?:(?P<host>[\w.-]+|\[[\da-fA-F:.]+\]):)?(?P<port>\d{1,5})", re.ASCII)


def arguments(parser: argparse.ArgumentParser) -> None:
    """The flags, the same for `run` and `host serve`."""
    group = parser.add_argument_group("operating", "See docs/operating.md.")
    group.add_argument(
        "--metrics-port", type=place, metavar="[ADDRESS:]PORT",
        help="let Prometheus read there, such as 9464; on this machine alone without an ADDRESS",
    )  # fmt: skip
    group.add_argument(
        "--trace", action="store_true",
        help="send traces where OTEL_EXPORTER_OTLP_ENDPOINT says, http://localhost:4318 if nothing",
    )  # fmt: skip
    group.add_argument(
        "--worker-memory", type=megabytes, metavar="MB",
        help="start a model's process anew, between two calls, once it takes more (Linux)",
    )  # fmt: skip
    group.add_argument(
        "--log", choices=("text", "json"),
        help="log requests too, as text or as a JSON object a line, to stderr or --log-file",
    )  # fmt: skip
    group.add_argument(
        "--log-file", type=Path, metavar="FILE",
        help="log there: 10 MB, then a new one, and the last five are kept",
    )  # fmt: skip
    group.add_argument(
        "--stop-seconds", type=seconds, default=3.0, metavar="N",
        help="how long requests in flight may go on when it is told to stop; 3 if not given",
    )  # fmt: skip


def settings(parsed: argparse.Namespace) -> dict[str, Any]:
    """The fields of `Config` that the flags stand for. Raises MissingDependency."""
    from taxiway.core.extras import need

    if parsed.metrics_port is not None:
        need("prometheus_client", "--metrics-port")
    if parsed.trace:
        need("opentelemetry.sdk", "--trace")
        need("opentelemetry.exporter", "--trace")
    return {
        "metrics": parsed.metrics_port,
        "worker_bytes": parsed.worker_memory,
        "trace": parsed.trace,
        "stop_seconds": parsed.stop_seconds,
    }


def log_settings(parsed: argparse.Namespace) -> "LogSettings | None":
    """How to log; None for as ever."""
    from taxiway.core.logs import LogSettings

    file = parsed.log_file and str(parsed.log_file.expanduser().absolute())
    return LogSettings(parsed.log or "text", file) if parsed.log or file else None


def place(text: str) -> tuple[str, int]:
    """`9464` or `0.0.0.0:9464` as an address and a port."""
    found = PLACE.fullmatch(text)
    if found is None or int(found["port"]) > 65535:
        raise argparse.ArgumentTypeError(
            f"a place is a port, or an address and one as 0.0.0.0:9464, got {text!r}"
        )
    return (found["host"] or "127.0.0.1").strip("[]"), int(found["port"])


def seconds(text: str) -> float:
    """A time in seconds, up to an hour."""
    if not re.fullmatch(r"\d{1,4}(\.\d{1,3})?", text, re.ASCII) or float(text) > 3600:
        raise argparse.ArgumentTypeError(f"a time is a number of seconds, got {text!r}")
    return float(text)


def days(text: str) -> float:
    """A time in days."""
    if not re.fullmatch(r"\d{1,5}(\.\d{1,3})?", text, re.ASCII) or not float(text):
        raise argparse.ArgumentTypeError(f"a time is a number of days, got {text!r}")
    return float(text)


def megabytes(text: str) -> int:
    """An amount of memory, in bytes."""
    if not re.fullmatch(r"[1-9]\d{0,6}", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"an amount is a number of megabytes, got {text!r}")
    return int(text) * 10**6
