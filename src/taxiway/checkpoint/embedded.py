"""Source texts found in a file: hashed, so that known ones can be recognised, and never run."""

import hashlib
from collections.abc import Iterable
from typing import Any

from taxiway.checkpoint.source import Text


def embedded_code(owners: Iterable[tuple[str, str | Text]]) -> list[dict[str, Any]]:
    """Each text once: its "sha256", its "bytes" and the "classes" that come from it."""
    found: dict[int, dict[str, Any]] = {}
    for name, text in owners:
        entry = found.get(id(text)) or _entry(text)
        found[id(text)] = entry
        entry["classes"] = sorted({*entry["classes"], name})
    return list(found.values())


def _entry(text: str | Text) -> dict[str, Any]:
    if isinstance(text, Text):
        return {"sha256": text.span.sha256(), "bytes": len(text.span), "classes": []}
    data = text.encode()
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data), "classes": []}
