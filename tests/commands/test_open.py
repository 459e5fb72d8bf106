"""`taxiway open`, and its entry in a menu."""

import json
import sys
import webbrowser
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from command_line import taxiway
from taxiway import app
from taxiway.core import installation

OURS = {"status": "ok", "model": "rainbow", "state": "running"}
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="menus of Linux")


class Answers(BaseHTTPRequestHandler):
    """Says `said` to whatever is asked."""

    said: Any = OURS

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(self.said).encode())

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(Answers, "said", OURS)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    found: list[Any] = []
    monkeypatch.setattr(app, "run", lambda *given, **_: found.append(given))
    return found


def test_the_studio_that_runs_is_opened(
    port: int, started: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("DISPLAY", ":0")
    done = taxiway("open", "--port", port, http_proxy="http://127.0.0.1:9")
    assert done.stdout == f"rainbow at http://localhost:{port}\n"
    assert opened == [f"http://localhost:{port}"]
    assert taxiway("open", "--port", port, "--no-browser").returncode == 0
    # Without a screen it would be a text browser in this terminal.
    monkeypatch.delenv("DISPLAY")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert taxiway("open", "--port", port).returncode == 0
    assert (len(opened), started) == (1, [])


@pytest.mark.parametrize("said", [{}, {"status": "ok"}, ["status", "model", "state"]], ids=str)
def test_where_another_program_answers_ours_is_started(
    said: Any, port: int, started: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Answers, "said", said)
    assert taxiway("open", "--port", port).returncode == 0
    (config, cards, _, beginning), *_ = started
    assert (config.port, cards[0].name, beginning.open_browser) == (port, "rainbow", True)


def test_where_nothing_answers_ours_is_started(port: int, started: list[Any]) -> None:
    assert taxiway("open", "--port", 0, "--no-browser").returncode == 0
    (config, _, _, beginning), *_ = started
    assert (config.port, beginning.open_browser) == (0, False)


@LINUX
def test_an_entry_is_put_into_the_menu_and_taken_out(tmp_path: Path) -> None:
    entry = tmp_path / "applications" / "taxiway.desktop"

    def asked(flag: str) -> Any:
        return taxiway("open", flag, XDG_DATA_HOME=str(tmp_path))

    for _ in range(2):  # again, over our own
        assert asked("--add-to-menu").stdout == f"Taxiway is in your menu: {entry}\n"
    written = dict(line.split("=", 1) for line in entry.read_text().splitlines()[1:])
    assert written["Exec"] == f'"{sys.executable}" -m taxiway open'
    assert Path(written["Icon"]).is_file()
    assert asked("--remove-from-menu").returncode == 0
    assert not entry.exists()
    assert asked("--remove-from-menu").stderr == "Taxiway is not in your menu.\n"
    entry.write_text("[Desktop Entry]\nName=Another\n")
    for flag in ("--add-to-menu", "--remove-from-menu"):
        assert "so it is kept" in asked(flag).stderr
    assert "Another" in entry.read_text()


@LINUX
def test_what_uvx_keeps_for_a_while_is_no_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installation, "installation", lambda: installation.Installation("uvx"))
    done = taxiway("open", "--add-to-menu", XDG_DATA_HOME=str(tmp_path))
    assert (done.returncode, list(tmp_path.iterdir())) == (1, [])
    assert "uv tool install taxiway" in done.stderr


@pytest.mark.parametrize(("system", "what"), [("win32", "a shortcut to"), ("darwin", ".command")])
def test_elsewhere_it_says_the_line(
    system: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    done = taxiway("open", "--add-to-menu")
    assert done.returncode == 1
    assert what in done.stderr
    assert "-m taxiway open" in done.stderr
