"""What scripts/check.py finds by itself."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from paths import ROOT


@pytest.fixture(scope="module")
def check() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check", ROOT / "scripts" / "check.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_studios_modules_import_in_no_circle(check: ModuleType) -> None:
    assert not list(check.studio_cycles())


@pytest.mark.parametrize(
    ("second", "is_circle"),
    [
        ('import { a } from "../a.js";', True),
        ('import {\n  a,\n} from "../a.js";', True),
        ('import "../a.js";', True),
        ('export * from "../a.js";', True),
        ('const a = await import("../a.js");', True),
        ('/** @param {import("../a.js").A} a */', False),
        ('/** @import { A } from "../a.js" */', False),
        ('import { c } from "../c.js";', False),
    ],
)
def test_a_circle_is_found_whatever_it_is_made_of(
    check: ModuleType, tmp_path: Path, second: str, is_circle: bool
) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "a.js").write_text('import { b } from "./inner/b.js";\nexport const a = 1;\n')
    (tmp_path / "inner" / "b.js").write_text(f"{second}\nexport const b = 2;\n")
    (tmp_path / "c.js").write_text("export const c = 3;\n")
    found = list(check.studio_cycles(tmp_path))
    assert bool(found) == is_circle
    assert all("a.js" in sentence and "b.js" in sentence for sentence in found)
