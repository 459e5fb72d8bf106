"""What a port's folder, its program or a server's address means; the examples run."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from families.ported.running import Serving, serving
from families.ported.uris import picture, to_uri
from paths import ROOT
from taxiway.catalog import catalog
from taxiway.core.errors import InvalidArgument, NotFound, UnreadableCheckpoint
from taxiway.engine import Engine
from taxiway.families.ported.port import read_port

EXAMPLES = ROOT / "examples" / "ports"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "My Model (2)"
    folder.mkdir()
    (folder / "runway_model.py").touch()
    return folder


def test_a_folder_and_its_program_are_the_same_model(folder: Path) -> None:
    card = catalog.choose(str(folder))
    assert (card.name, card.family, card.title) == ("my-model-2", "ported", "My Model (2)")
    assert card.summary == "A model ported to Runway, from My Model (2)."
    assert catalog.choose(str(folder / "runway_model.py")).name == "my-model-2"
    spec = catalog.spec(card, {"device": "cpu", "python": "python3.7"})
    assert spec.options == {"path": str(folder), "device": "cpu", "python": "python3.7"}


def test_another_program_is_named_after_itself(folder: Path) -> None:
    (folder / "Second try").write_text("# Two\n  from runway.data_types import text\n")
    assert catalog.choose(str(folder / "Second try")).name == "second-try"
    (folder / "another.py").write_text("import runway_less\n")
    with pytest.raises(UnreadableCheckpoint, match="No model family opens '.*another.py'"):
        catalog.choose(str(folder / "another.py"))


def test_a_readme_gives_the_summary(folder: Path) -> None:
    (folder / "README.md").write_text(
        "# Title\n\n![badge](x.svg)\n\nDraws cats,\nmostly. Then more.\n\nEnd.\n"
    )
    assert catalog.choose(str(folder)).summary == "Draws cats, mostly."
    (folder / "README.md").write_bytes(b"\xff\xfe# \x00")
    assert catalog.choose(str(folder)).summary.startswith("A model ported")


def test_an_address_is_a_server_that_runs_already() -> None:
    card = catalog.choose("http://localhost:9000")
    assert (card.name, card.family, card.setup) == (
        "localhost-9000",
        "ported",
        {"url": "http://localhost:9000"},
    )


def test_an_empty_folder_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="No model family opens the folder"):
        catalog.choose(str(tmp_path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("entrypoint: [a", "is not readable: while parsing"),
        ("- a\n", "takes names with values"),
        ("entrypoint: 3", "takes text, got 3"),
        ("entrypoint: !!python/object/apply:os.system ['true']", "is not readable"),
    ],
)
def test_a_runway_yml_that_makes_no_sense_is_told(folder: Path, text: str, message: str) -> None:
    (folder / "runway.yml").write_text(text)
    with pytest.raises(InvalidArgument, match=message):
        catalog.choose(str(folder))


@pytest.mark.parametrize(
    ("entrypoint", "words"),
    [
        ("python runway_model.py", ["/my/python", "runway_model.py"]),
        ("python3.6 -u 'my model.py' --fast", ["/my/python", "-u", "my model.py", "--fast"]),
        ("A=1 B='2 3' python main.py", ["/my/python", "main.py"]),
        ("./serve.sh", ["./serve.sh"]),
    ],
)
def test_the_entrypoint_is_one_command(folder: Path, entrypoint: str, words: list[str]) -> None:
    (folder / "runway.yml").write_text(f'entrypoint: "{entrypoint}"\n')
    assert read_port(folder).command("/my/python") == words


@pytest.mark.parametrize(
    "entrypoint", ["", "A=1", "cd src && python main.py", "python a.py | tee b"]
)
def test_a_line_for_a_shell_is_refused(folder: Path, entrypoint: str) -> None:
    (folder / "runway.yml").write_text(f'entrypoint: "{entrypoint}"\n')
    with pytest.raises(InvalidArgument, match="takes one command such as 'python runway_model.py'"):
        read_port(folder).command(None)


def test_a_port_inherits_no_settings_of_another(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RW_META", "1")
    monkeypatch.setenv("PYTHONPATH", "mine")
    environment = read_port(folder).environment()
    assert "RW_META" not in environment
    assert environment["PYTHONPATH"].endswith(":mine")


def test_further_options_are_the_ports_own(folder: Path) -> None:
    given = {"device": "cpu", "size": 512, "path": "/elsewhere", "settings": {"path": "a", "b": 1}}
    options = catalog.spec(catalog.choose(str(folder)), given).options
    assert options == {
        "device": "cpu",
        "path": str(folder),
        "settings": {"path": "a", "b": 1, "size": 512},
    }


@pytest.fixture(scope="module")
def edges() -> Iterator[Serving]:
    with serving(EXAMPLES / "edges" / "runway_model.py") as port:
        yield port


def test_the_example_draws_the_outline_of_a_square(edges: Serving) -> None:
    photo = np.zeros((64, 80, 3), np.uint8)
    photo[16:48, 20:60] = 255
    answer = edges.ask("/draw", {"image": to_uri(photo)})
    drawn = np.asarray(picture(answer["image"]).convert("L"), int)
    assert drawn.shape == (64, 80)
    assert drawn[32, 20] < 180
    assert drawn[32, 40] > 230
    assert drawn[5, 5] > 230


async def test_the_examples_run_under_the_engine() -> None:
    async with Engine() as engine:
        for name in ("edges", "haiku"):
            card = catalog.choose(str(EXAMPLES / name))
            assert card.summary.endswith(".")
            await engine.start(catalog.spec(card))
            await engine.ready(name)
        haiku = await engine.query("haiku", {"season": "autumn", "seed": 3})
        picture = np.full((32, 32, 3), 90, np.uint8)
        drawn = await engine.run("edges", {"image": picture, "strength": 1})
    assert len(haiku["haiku"].split("\n")) == 3
    assert drawn["image"].shape == picture.shape
