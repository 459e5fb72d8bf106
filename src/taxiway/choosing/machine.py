"""What a measurement depends on but for the network: processor, accelerators, versions."""

import hashlib
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

from taxiway.backends import cores
from taxiway.core import slots
from taxiway.core.errors import TaxiwayError

PROCESSOR = Path("/proc/cpuinfo")
CHANGING = ("cpu MHz", "bogomips", "BogoMIPS", "processor", "core id", "apicid", "initial apicid")
"""Lines about a processor that say nothing of what it can do."""
DEVICES = ("nvidia[0-9]*", "kfd", "dri/renderD*", "accel/accel*")
"""Where Linux shows accelerators."""


def this_machine() -> dict[str, Any]:
    """This machine as plain JSON; nothing heavy is imported for it."""
    return {
        "taxiway": metadata.version("taxiway"),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor(),
        "cores": cores(),
        "accelerators": sorted(str(path) for name in DEVICES for path in Path("/dev").glob(name)),
        "libraries": libraries(),
    }


def processor() -> str:
    """The processor's name with a digest of all that it can do, as its system says."""
    try:
        first = PROCESSOR.read_text("utf-8", "replace").partition("\n\n")[0].splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    facts = [line for line in first if not line.startswith(CHANGING)]
    name = next((line.partition(":")[2].strip() for line in facts if "model name" in line), "")
    digest = hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]
    return f"{name} {digest}".strip()


def libraries() -> dict[str, str]:
    """The versions of what backends compute with, and of packages that bring a backend."""
    names: set[str] = set()
    for name in slots.members("backends"):
        try:
            backend = slots.load("backends", name)
            names |= {*getattr(backend, "distributions", ()), slots.find("backends", name).package}
        except TaxiwayError:  # one that is broken hurts no other
            continue
    return {name: version for name in sorted(names) if (version := version_of(name))}


def version_of(distribution: str) -> str | None:
    """The version of what pip calls so, None if it is not installed."""
    try:
        return metadata.version(distribution)
    except (metadata.PackageNotFoundError, ValueError):
        return None
