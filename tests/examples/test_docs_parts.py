"""docs/parts.md as a new user would try it: the model in a file, and the program beside it."""

import os
import re
import subprocess
import sys
from pathlib import Path

from paths import ROOT

PAGE = (ROOT / "docs" / "parts.md").read_text("utf-8")


def test_the_model_and_the_program_work_as_they_stand(tmp_path: Path) -> None:
    model, program = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "count.py").write_text(model)
    (tmp_path / "program.py").write_text(program)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    run = [sys.executable, "program.py"]
    done = subprocess.run(run, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    *progress, said = done.stdout.splitlines()
    assert progress[-1].startswith("100% At 3 of 3.")
    assert said == "1 2 3 "
