"""Check the code without running it: format, lint, types, imports, sizes, versions."""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import version
from pathlib import Path
from statistics import quantiles

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
STUDIO = ROOT / "src" / "taxiway" / "studio"
BROWSER = (STUDIO, ROOT / "src" / "taxiway" / "website")
"""What runs in browsers."""
LINES_OF_A_FILE = 500
LINES_OF_A_FUNCTION = 60
LINES_OF_NINE_FUNCTIONS_IN_TEN = 30


def tools() -> Iterator[str]:
    """Names of the tools that complain, all at work at once; then what they say."""
    commands = {
        "format": ["-m", "ruff", "format", "--check", "-q", "."],
        "lint": ["-m", "ruff", "check", "-q", "."],
        "types": ["-m", "mypy", "--no-error-summary"],
        "imports": ["-c", "from importlinter.cli import lint_imports_command as c; c()"],
        "words": [str(HERE / "words.py")],
    }
    with ThreadPoolExecutor(len(commands)) as threads:
        working = {name: threads.submit(_run, command) for name, command in commands.items()}
        for name, work in working.items():
            print(f"check: {name}", flush=True)
            done = work.result()
            if done.returncode:
                print(done.stdout)
                yield name


def _run(command: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def studio_types() -> Iterator[str]:
    """What TypeScript's checker finds in browsers' modules, whose types stand in comments."""
    print("check: studio and website", flush=True)
    npm = shutil.which("npm")
    if npm is None:
        # Only Node.js has this checker; the developer of another room need not install it.
        print("check: without npm browsers' types are not checked")
        yield from ["browsers' types need npm"] if os.environ.get("CI") else []
        return
    mark, lock = HERE / "node_modules" / ".package-lock.json", HERE / "package-lock.json"
    if not mark.exists() or mark.stat().st_mtime < lock.stat().st_mtime:
        install = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"]
        subprocess.run(install, cwd=HERE, check=True)
    checker = HERE / "node_modules" / "typescript" / "bin" / "tsc"
    for folder in BROWSER:
        if subprocess.run(["node", checker, "--noEmit", "-p", folder / "jsconfig.json"]).returncode:
            yield f"the {folder.name}'s types"


def studio_cycles(studio: Path = STUDIO) -> Iterator[str]:
    """A circle of modules that import each other, if there is one."""
    imported = re.compile(
        r"""^(?:import|export)\b[^;"]*?["'](\.[^"']+)["']|\bimport\(\s*["'](\.[^"']+)["']""",
        re.MULTILINE,
    )
    graph = {
        path: {
            (path.parent / (static or dynamic)).resolve()
            # Types in comments may refer to anything.
            for static, dynamic in imported.findall(
                re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)
            )
        }
        for path in studio.resolve().rglob("*.js")
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = " imports ".join(path.name for path in reversed(error.args[1]))
        yield f"the studio's modules import in a circle: {circle}"


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
    complaints = [*tools(), *studio_types(), *studio_cycles(), *sizes(), *changelog()]
    for complaint in complaints:
        print(f"check failed: {complaint}")
    sys.exit(bool(complaints))
