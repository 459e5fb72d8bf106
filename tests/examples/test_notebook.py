"""The notebook: its cells here with a small network, and all of it as Jupyter runs it."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from examples.conftest import EXAMPLES
from players import FIXTURES

NOTEBOOK = EXAMPLES / "notebook" / "rainbows.ipynb"
SMALL = f"load({str(FIXTURES / 'stylegan2-ada_32_z512.pkl')!r})"


def last_value(cell: str, names: dict[str, Any]) -> Any:
    """Run a cell; the value of its last line, which a notebook shows."""
    *lines, last = ast.parse(cell).body
    assert isinstance(last, ast.Expr)
    exec(compile(ast.Module(lines, []), "cell", "exec"), names)  # noqa: S102
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)  # noqa: S307


def test_every_cell_shows_a_picture() -> None:
    names: dict[str, Any] = {}
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    code = ["".join(each["source"]) for each in cells if each["cell_type"] == "code"]
    assert code[0].count('load("rainbow")') == 1
    for cell in code:
        picture = last_value(cell.replace('load("rainbow")', SMALL), names)
        assert isinstance(picture, Image.Image)
    assert all(each.get("outputs", []) == [] for each in cells)  # nobody's own run is kept


@pytest.mark.slow
def test_jupyter_runs_it_as_it_is(tmp_path: Path) -> None:
    import nbclient
    import nbformat

    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    run = nbclient.NotebookClient(notebook, timeout=100, resources={"metadata": {"path": tmp_path}})
    done = run.execute()
    shown = [each for cell in done.cells for each in cell.get("outputs", [])]
    assert sum("image/png" in each.get("data", {}) for each in shown) == 4
