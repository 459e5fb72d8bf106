"""What went wrong in somebody's Python, as one sentence with the file and the line."""

import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, requires
from types import FrameType, ModuleType
from typing import Any

from taxiway.core.errors import BrokenMember, MissingDependency, TaxiwayError
from taxiway.core.extras import PROJECTS, lacking
from taxiway.core.places import absent, place_of

LONGEST = 300
SLOW_SECONDS = 10.0
log = logging.getLogger("taxiway.slots")
REQUIREMENT = re.compile(r"([\w.-]+)(?:.*\bextra\s*==\s*['\"]([^'\"]+))?")


def failure(error: BaseException, name: str, module: str, package: str = "") -> TaxiwayError:
    """Why `name`, which `module` of the package that pip calls `package` defines, does not load.

    MissingDependency says what to install; BrokenMember names file and line.
    """
    if isinstance(error, TaxiwayError):
        return error
    where = line_of(error, module)
    place = f" ({where})" if where else ""
    if isinstance(error, AttributeError) and error.obj is sys.modules.get(module) and not where:
        return BrokenMember(f"'{name}' cannot be loaded: {absent(module, str(error.name))}.")
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    if missing and not _is_within(missing, module.partition(".")[0]):
        top = missing.partition(".")[0]
        if said := lacking(top, f"'{name}'"):
            return MissingDependency(said)
        how = f": {line}" if (line := install_line(top, package)) else ", which is not installed"
        return MissingDependency(f"'{name}' needs the package '{top}'{how}{place}.")
    return BrokenMember(f"'{name}' cannot be loaded: {words_of(error)}{place}.")


@contextmanager
def blamed(found: Any, what: str) -> Iterator[None]:
    """Raise what `raised` says of whatever a member's own code raises within the block."""
    try:
        yield
    except Exception as error:
        if isinstance(error, TaxiwayError | OSError):  # sentences by themselves
            raise
        log.debug("%s", what, exc_info=True)
        raise raised(error, found, what) from None


def raised(error: BaseException, found: Any, what: str) -> TaxiwayError:
    """`WHAT failed: ERROR (FILE, line N)`, or what to install where a module is not there."""
    if isinstance(error, ModuleNotFoundError):
        return failure(error, what.strip("'"), _module_of(found))
    return BrokenMember(f"{what} failed: {with_line(error, found)}.")


def with_line(error: BaseException, found: Any) -> str:
    """`ERROR (FILE, line N)`, for what the code of `found` raised: a class, an object or a module.

    Where the line is none of its own, as for a wrong call of it, it is where that stands.
    """
    module = _module_of(found)
    kind = found if isinstance(found, type | ModuleType) else type(found)
    return f"{words_of(error)} ({line_of(error, module) or place_of(kind, module)})"


def broken(found: Any, clause: str) -> BrokenMember:
    """`CLAUSE (FILE, line N)`, for what the code of `found` gives: an object, or its class."""
    kind = found if isinstance(found, type) else type(found)
    return BrokenMember(f"{clause} ({place_of(kind, kind.__module__)}).")


def _module_of(found: Any) -> str:
    if isinstance(found, ModuleType):
        return found.__name__
    return str((found if isinstance(found, type) else type(found)).__module__)


@contextmanager
def noticed(name: str, module: str) -> Iterator[None]:
    """Say so, once and with the line, where loading `name` takes long: it may wait for ever."""
    thread = threading.get_ident()

    def report() -> None:
        where = place_in(sys._current_frames().get(thread), module)
        log.warning("'%s' is still being loaded after %g s (%s).", name, SLOW_SECONDS, where)

    timer = threading.Timer(SLOW_SECONDS, report)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def place_in(frame: FrameType | None, module: str) -> str:
    """`FILE, line N`: where `module`, or one beside it, is in a stack; else its name."""
    root = module.rpartition(".")[0] or module
    while frame is not None:
        if _is_within(frame.f_globals.get("__name__", ""), root):
            return f"{frame.f_code.co_filename}, line {frame.f_lineno}"
        frame = frame.f_back
    return module


def words_of(error: BaseException) -> str:
    """`NameError: name 'x' is not defined`, on one line."""
    said = error.msg if isinstance(error, SyntaxError) else str(error)
    words = " ".join(f"{type(error).__name__}: {said}".split()).rstrip(".: ")
    return words if len(words) <= LONGEST else f"{words[:LONGEST]}..."


def line_of(error: BaseException, module: str) -> str:
    """`FILE, line N`: where `module`, or one beside it, was when it failed; "" if it never was."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}, line {error.lineno}"
    root = module.rpartition(".")[0] or module
    found = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        if _is_within(frame.f_globals.get("__name__", ""), root):
            found = f"{frame.f_code.co_filename}, line {line}"
    return found


def install_line(module: str, package: str) -> str:
    """What to type to get `module`, by the extra of `package` that brings it where one does.

    "" for one that nobody names: its name may be mistyped, and belong to a stranger.
    """
    project = PROJECTS.get(module.lower(), module)
    for line in _requirements(package):
        match = REQUIREMENT.match(line)
        if match and _plain(match[1]) == _plain(project):
            return f"pip install '{package}[{match[2]}]'" if match[2] else f"pip install {project}"
    return f"pip install {project}" if project != module else ""


def _requirements(package: str) -> list[str]:
    try:
        return (requires(package) if package else None) or []
    except PackageNotFoundError:
        return []


def _plain(project: str) -> str:
    return re.sub(r"[-_.]+", "-", project).lower()


def _is_within(module: str, root: str) -> bool:
    return f"{module}.".startswith(f"{root}.")
