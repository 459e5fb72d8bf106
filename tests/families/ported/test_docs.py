"""What docs/ports.md shows is what there is."""

import json
import re
import subprocess
import sys
from pathlib import Path

from families.ported.running import serving
from paths import ROOT
from taxiway.families.ported.sdk.runway.model import RunwayModel

PAGE = (ROOT / "docs" / "ports.md").read_text()


def test_the_question_of_the_page_gets_its_answer() -> None:
    path, body = re.findall(r"curl http://localhost:9000(\S+) -d '(.*)'", PAGE)[0]
    answer = re.findall(r"```\n(\{\"haiku\".*)\n```", PAGE)[0]
    with serving(ROOT / "examples/ports/haiku/runway_model.py") as port:
        assert port.ask(path, json.loads(body)) == json.loads(answer)
        told = re.findall(r"```\n(Initializing.*?)\n```", PAGE, re.DOTALL)[0].splitlines()
        assert [line.split("(")[0].split("http")[0] for line in told] == [
            line.split("(")[0].split("http")[0] for line in port.printed
        ]


def test_the_folder_for_the_path_is_printed() -> None:
    command = [sys.executable, "-m", "taxiway.compat"]
    assert "$(python -m taxiway.compat)" in PAGE
    folder = Path(subprocess.run(command, capture_output=True, text=True, check=True).stdout[:-1])
    assert (folder / "runway" / "__init__.py").is_file()


def test_every_variable_is_told() -> None:
    code = Path(sys.modules[RunwayModel.__module__].__file__ or "").read_text()
    read = set(re.findall(r"\"(RW_\w+|GPU)\"", code))
    assert read == {
        "RW_META",
        "RW_MODEL_OPTIONS",
        "RW_HOST",
        "RW_PORT",
        "RW_NO_SERVE",
        "RW_DEBUG",
        "GPU",
    }
    for name in read:
        assert f"`{name}" in PAGE
