"""Check the code without running it: format, lint, types, imports, sizes, versions."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from statistics import quantiles

ROOT = Path(__file__).resolve().parent.parent
LINES_OF_A_FILE = 500
LINES_OF_A_FUNCTION = 60
LINES_OF_NINE_FUNCTIONS_IN_TEN = 30


def tools() -> Iterator[str]:
    """Names of the tools that complain; what they say goes to the terminal."""
    commands = {
        "format": ["-m", "ruff", "format", "--check", "-q", "."],
        "lint": ["-m", "ruff", "check", "-q", "."],
        "types": ["-m", "mypy", "--no-error-summary"],
        "imports": ["-c", "from importlinter.cli import lint_imports_command as c; c()"],
    }
    for name, command in commands.items():
        print(f"check: {name}", flush=True)
        quiet = subprocess.PIPE if name == "imports" else None
        done = subprocess.run([sys.executable, *command], cwd=ROOT, stdout=quiet, text=True)
        if done.returncode:
            print(done.stdout or "")
            yield name


def sizes() -> Iterator[str]:
    """Files and functions over the budget."""
    lengths = []
    for path in sorted((ROOT / "src").rglob("*.py")):
        text = path.read_text()
        if text.count("\n") > LINES_OF_A_FILE:
            yield f"{path.relative_to(ROOT)} is longer than {LINES_OF_A_FILE} lines"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                lengths.append(length)
                if length > LINES_OF_A_FUNCTION:
                    yield f"{path.relative_to(ROOT)}: {node.name} has {length} lines"
    p90 = quantiles(lengths, n=10)[-1]
    if p90 > LINES_OF_NINE_FUNCTIONS_IN_TEN:
        yield f"nine functions in ten have up to {p90:.0f} lines"


def changelog() -> Iterator[str]:
    """The newest version in the changelog is the package's."""
    newest = re.search(r"^## (\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    if newest is None or newest[1] != version("taxiway"):
        yield f"CHANGELOG.md does not start with {version('taxiway')}"


if __name__ == "__main__":
    complaints = [*tools(), *sizes(), *changelog()]
    for complaint in complaints:
        print(f"check failed: {complaint}")
    sys.exit(bool(complaints))
