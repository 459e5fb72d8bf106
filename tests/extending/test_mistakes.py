"""What a stranger's code raises, or gives that it should not, is one sentence with its line."""

from pathlib import Path

import pytest

import stranger
from taxiway.backends import offered
from taxiway.choosing import is_first
from taxiway.cli import main
from taxiway.core.faults import blamed
from taxiway.web.server import Server, ServerContext
from taxiway.web.server_slot import made, routes_of, started, stopped

TOOLS, _ = stranger.from_docs("A tool")
KINDS, _ = stranger.from_docs("A dataset kind")
COMMANDS, _ = stranger.from_docs("A command")
BACKENDS, _ = stranger.from_docs("A backend")


def said_by(
    words: list[str],
    slot: str,
    target: str,
    sources: dict[str, str],
    change: tuple[str, str],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> str:
    """What is said where `words` are typed while a source is changed: one line, in the end."""
    [(file, source)] = sources.items()
    assert change[0] in source
    name = target.partition(":")[0]
    points = {f"taxiway.{slot}: {words[0] if slot != 'datasets' else 'table'}": target}
    stranger.install(folder, {file: source.replace(*change)}, points, monkeypatch)
    try:
        code = main(words)
    except SystemExit as end:
        code = int(end.code or 0)
    said = capsys.readouterr().err.strip()
    assert code == 1
    assert "Traceback" not in said
    line = said.splitlines()[-1]
    assert f"{name}.py" in line or "install " in line
    return line


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("return {", "return 1 / 0 or {", "'mean' failed: ZeroDivisionError: division by zero ("),
        ('name="mean"', 'name="means"', "'mean' has a command of another name, 'means' ("),
        ("return {", "return 5 or {", "'mean' gives its outputs by name from run, got 5 ("),
        ('return {"image"', 'return {"mean"', "'mean' gives no 'image' from run"),
        ('unit = "pictures"', 'needs = ("nomod",)', "needs the package 'nomod'"),
        ("run(self, model, inputs, job)", "run(self, inputs)", "got run(self, inputs) ("),
        ('takes = Takes(inputs=("vector",))', 'takes = "vector"', "takes = Takes(...), got 'v"),
    ],
)  # fmt: skip
def test_of_a_tool(old, new, told, tmp_path, monkeypatch, capsys) -> None:
    words = ["mean", "painter", "--count", "1", "--out", str(tmp_path / "out")]
    said = said_by(words, "tools", "mean:Mean", TOOLS, (old, new), tmp_path, monkeypatch, capsys)
    assert told in said


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("def run(", "def ran(", "needs a method run(parsed) ("),
        ("def arguments(", "def words(", "needs a method arguments(parser) ("),
        ("type=int", "typ=int", "'postcard' failed: TypeError: "),
        ("    from pathlib", "    1 / 0\n    from pathlib", "'postcard' failed: ZeroDivisionError"),
    ],
)
def test_of_a_command(old, new, told, tmp_path, monkeypatch, capsys) -> None:
    words = ["postcard", "3", "--out", str(tmp_path / "card.png")]
    said = said_by(
        words, "commands", "postcard", COMMANDS, (old, new), tmp_path, monkeypatch, capsys
    )
    assert told in said


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("def check(", "def checks(", "needs a method check(self, source) ("),
        ("return Check(len(rows)", "return 1 / 0 or Check(len(rows)", "'table' failed: ZeroDiv"),
        ("return Check(len(rows)", "return 5 or Check(len(rows)", "a Check from check, got 5 ("),
        ("refuse(source, found)", "return found", "has not written 'out.zip' in prepare ("),
        ("def read(", "options = {'a': 4}\n\n    def read(", "an option 'a' whose type is no data"),
    ],
)  # fmt: skip
def test_of_a_kind_of_datasets(old, new, told, tmp_path, monkeypatch, capsys) -> None:
    source = tmp_path / "rows.csv"
    source.write_text("1,2\n3,4\n")
    words = ["dataset", "prepare", str(source), str(tmp_path / "out.zip"), "--kind", "table"]
    said = said_by(
        words, "datasets", "table:Table", KINDS, (old, new), tmp_path, monkeypatch, capsys
    )
    assert told in said


def test_advice_on_a_refused_source_names_its_kind(tmp_path, monkeypatch, capsys) -> None:
    stranger.install(tmp_path, *stranger.from_docs("A dataset kind"), monkeypatch)
    source = tmp_path / "rows.csv"
    source.write_text("a\nb\n")
    out = str(tmp_path / "out.zip")
    assert main(["dataset", "prepare", str(source), out, "--kind", "table"]) == 1
    assert f"taxiway dataset report '{source}' --kind table." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("return None if", "return 1 / 0 if"),
        ("self.asked, self.device =", "1 / 0\n        self.asked, self.device ="),
    ],
)
def test_a_backend_is_passed_over_with_its_reason(old, new, tmp_path, monkeypatch) -> None:
    [(file, source)] = BACKENDS.items()
    points = {"taxiway.backends: broken": "plain_numpy:Numpy"}
    stranger.install(tmp_path, {file: source.replace(old, new)}, points, monkeypatch)
    usable, reasons = offered("cpu", {"broken", "reference"}, range(3))
    assert "reference" in usable
    assert reasons["broken"].startswith("'broken' failed: ZeroDivisionError: division by zero (")
    assert "plain_numpy.py, line " in reasons["broken"]
    assert not is_first("broken")


class Unwell(Server):
    title = "Unwell"

    async def start(self) -> int | None:
        raise ValueError("no lamp")

    async def stop(self) -> None:
        raise ValueError("no lamp")

    def routes(self):
        return [1]


class Unmade(Unwell):
    def __init__(self, context: ServerContext) -> None:
        raise ValueError("no lamp")


async def test_a_server_that_fails_stops_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert made("unmade", Unmade, None) is None
    server = made("unwell", Unwell, None)
    assert server is not None
    assert await started(server, "Unwell of Painter") is None
    assert list(routes_of(server)) == []
    await stopped(server)
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(": ")[0] for line in lines] == [
        "The server 'unmade' is off",
        "Unwell of Painter is off",
        "Unwell has no routes",
        "Unwell did not stop",
    ]
    assert all("test_mistakes.py, line " in line for line in lines)


def test_what_is_a_sentence_already_stays_one() -> None:
    with pytest.raises(FileNotFoundError), blamed(Unwell, "Reading"):
        Path("/no/such/file").read_bytes()
