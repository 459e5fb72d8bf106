"""docs/http.md: its examples run in their order, its list of routes is whole."""

import json
import re
import shlex
import shutil
import subprocess
from typing import Any

import pytest
from starlette.routing import Route

from examples.conftest import ROOT, TOLD
from interop.npm import absent
from taxiway.engine import Engine
from taxiway.servers.http import routes as http

PAGE = (ROOT / "docs" / "http.md").read_text()


@pytest.mark.smoke
def test_every_example_is_answered_as_it_says(address: str) -> None:
    if shutil.which("curl") is None:
        absent("The curl examples need curl: install it.")
    examples = re.findall(r"```sh\n(.*?)```\n\n```json\n(.*?)```", PAGE, re.DOTALL)
    assert len(examples) == PAGE.count("```sh\ncurl -s ") == PAGE.count("curl -s")
    for command, shown in examples:
        said = subprocess.check_output(shlex.split(command.replace(TOLD, address)), timeout=60)
        assert is_short_for(json.loads(shown), json.loads(said)), command


async def test_it_tells_of_every_route() -> None:
    async with Engine() as engine:
        for route in http.routes(engine, lambda: "painter"):
            assert isinstance(route, Route)
            method = "POST" if "POST" in (route.methods or ()) else "GET"
            assert f"`{method} {route.path}`" in PAGE


def is_short_for(shown: Any, said: Any) -> bool:
    """Whether an example with `...` in it stands for the answer."""
    if isinstance(shown, str) and shown.endswith("..."):
        return str(said).startswith(shown.removesuffix("..."))
    if isinstance(shown, dict) and isinstance(said, dict):
        return shown.keys() == said.keys() and all(
            is_short_for(shown[key], said[key]) for key in shown
        )
    if isinstance(shown, list) and isinstance(said, list):
        if shown[-1:] == ["..."]:
            shown, said = shown[:-1], said[: len(shown) - 1]
        return len(shown) == len(said) and all(map(is_short_for, shown, said))
    return bool(shown == said)
