"""Nothing that runs depends on the clock on the wall, which jumps."""

import ast
from collections.abc import Iterator
from pathlib import Path

import taxiway

ROOT = Path(taxiway.__file__).parent
ROOMS = ("engine", "hosting", "jobs", "live", "servers", "web")
TELLING = {
    "servers/hub/records.py": "when a session began is told to plug-ins, and to nothing else",
    "hosting/lately.py": "the teacher's page says when something happened",
    "hosting/teacher.py": "tokens that it makes end on a date",
    "hosting/owner.py": "an owner's link is kept in a file, which outlives a start",
    "hosting/server.py": "usage is counted by the day",
    "hosting/tokens.py": "they end on a date",
    "hosting/actions.py": "the command writes and prints dates",
    "hosting/restoring.py": "what was put aside has its date in its name",
    "jobs/expiry.py": "jobs are kept for days",
    "live/presets/state_folder.py": "a picture that nothing uses is kept for an hour by its file's",
    "web/tracing.py": "a span says when it was",
    "jobs/runner.py": "a record says when its job was asked for, began and ended",
}
WALL = {"time.time", "time.time_ns", "time.localtime", "datetime.now", "datetime.utcnow"}


def looks(tree: ast.Module) -> Iterator[str]:
    """Calls by which a module looks at the wall."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in WALL:
            yield f"{ast.unparse(node.func)} in line {node.lineno}"
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            yield from (f"{name.name} from time" for name in node.names if name.name == "time")


def test_what_runs_has_monotonic_clocks_only() -> None:
    found = {}
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            if wall := list(looks(ast.parse(path.read_text(encoding="utf-8")))):
                found[path.relative_to(ROOT).as_posix()] = wall
    assert found.keys() == TELLING.keys(), found
