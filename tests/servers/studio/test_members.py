"""Panels and widgets: ours by their files, other packages' by their entry points."""

import json
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

import stranger
from session_fakes import served
from taxiway.servers.studio.members import members, servable
from taxiway.servers.studio.page import FOLDER, routes
from taxiway.web.powers import Tokens

INIT = {"lamps/__init__.py": ""}


def listed(slot: str = "panels") -> dict[str, dict[str, str]]:
    return {one["name"]: one for one in members(slot, servable(FOLDER))}


async def asked(*paths: str) -> dict[str, tuple[int, str]]:
    """Status and text of files of the studio."""
    async with (
        served(Starlette(routes=routes(Tokens.new()))) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):
        answers = {path: await client.get(f"/studio/{path}") for path in paths}
    return {path: (answer.status_code, answer.text) for path, answer in answers.items()}


def test_every_file_of_ours_is_a_member_but_the_index() -> None:
    for slot in ("panels", "widgets"):
        files = {path.stem for path in (FOLDER / slot).glob("*.js")} - {"index"}
        assert listed(slot).keys() >= files
        for name in files:
            url = f"/studio/{slot}/{name}.js"
            assert listed(slot)[name] == {"name": name, "url": url, "ours": True}


async def test_a_file_of_a_package_is_served_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {**INIT, "lamps/lamp.js": "export default 1;", "lamps/other.js": "2"}
    stranger.install(tmp_path, files, {"taxiway.panels: lamp": "lamps:lamp.js"}, monkeypatch)
    answers = await asked("panels/lamp.js", "panels/other.js", "panels/lamp/other.js", "../")
    assert answers["panels/lamp.js"] == (200, "export default 1;")
    assert answers["panels/other.js"][0] == answers["panels/lamp/other.js"][0] == 404
    assert "&quot;url&quot;: &quot;/studio/panels/lamp.js&quot;" in answers["../"][1]


async def test_a_folder_of_a_package_is_served_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {**INIT, "lamps/studio/index.js": "1", "lamps/studio/a/b.js": "2", "lamps/c.js": "3"}
    files["lamps/studio/secret.py"] = "4"
    stranger.install(tmp_path, files, {"taxiway.widgets: lamp": "lamps:studio"}, monkeypatch)
    assert listed("widgets")["lamp"]["url"] == "/studio/widgets/lamp/index.js"
    there = {"lamp/index.js": "1", "lamp/a/b.js": "2"}
    elsewhere = ("lamp/secret.py", "lamp/../c.js", "lamp/c.js", "lamp/%2e%2e/c.js", "c.js")
    answers = await asked(*(f"widgets/{path}" for path in (*there, *elsewhere)))
    for path, text in there.items():
        assert answers[f"widgets/{path}"] == (200, text)
    for path in elsewhere:
        assert answers[f"widgets/{path}"][0] == 404


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("lamp", "lamps:missing.js", "there is no "),
        ("lamp", "lamps:empty", "there is no "),
        ("lamp", "lamps:link.js", "there is no "),
        ("lamp", "lamps:..", "it takes 'package:file.js' or 'package:folder'"),
        ("lamp", "lamps:lamp.py", "it takes 'package:file.js' or 'package:folder'"),
        ("lamp", "lamps", "it takes 'package:file.js' or 'package:folder'"),
        ("lamp", "nowhere:lamp.js", "there is no package 'nowhere'"),
        ("lamp", "broken.inner:lamp.js", "boom"),
        ("map", "lamps:lamp.js", "its name is taken"),
        ("../map", "lamps:lamp.js", "small letters"),
        ("<b>", "lamps:lamp.js", "small letters"),
    ],
)
def test_what_cannot_be_served_is_a_sentence_and_the_others_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    files = {**INIT, "lamps/lamp.js": "1", "lamps/lamp.py": "", "lamps/empty/a.js": ""}
    files["broken/__init__.py"] = "raise RuntimeError('boom')"
    site = stranger.install(tmp_path, files, {f"taxiway.panels: {name}": value}, monkeypatch)
    (site / "lamps" / "link.js").symlink_to(site / "lamps" / "lamp.js")
    panels = listed()
    [(label, failed)] = [(name, one) for name, one in panels.items() if "error" in one]
    assert told in failed["error"]
    assert f"'{name} = {value}'" in failed["error"]
    assert json.dumps(label).strip('"').replace("-", "").replace("_", "").isalnum()
    assert panels["map"] == {"name": "map", "url": "/studio/panels/map.js", "ours": True}
