"""Run a benchmark: `python scripts/bench.py NAME`; without a name, list what there is."""

import ast
import subprocess
import sys
from pathlib import Path

from environment import ROOT, ensure


def benchmarks() -> dict[str, Path]:
    """Name -> file of everything in bench/ that has a `main`."""
    paths = sorted((ROOT / "bench").glob("*.py"))
    return {path.stem: path for path in paths if has_main(ast.parse(path.read_text()))}


def has_main(module: ast.Module) -> bool:
    """Whether a module is a benchmark rather than a part of one."""
    return any(isinstance(node, ast.FunctionDef) and node.name == "main" for node in module.body)


def summary(path: Path) -> str:
    """The first line of a file's docstring."""
    return (ast.get_docstring(ast.parse(path.read_text())) or "").partition("\n")[0]


if __name__ == "__main__":
    known = benchmarks()
    name, *arguments = sys.argv[1:] or [""]
    if name not in known:
        for other, path in known.items():
            print(f"{other:12} {summary(path)}")
        sys.exit(bool(name))
    sys.exit(subprocess.call([ensure("dev"), known[name], *arguments], cwd=ROOT))
