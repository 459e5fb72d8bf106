"""What was compiled is found again, and only what the user's own program can have put there."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("openvino")

from paths import FIXTURES
from taxiway.backends import Graph
from taxiway.backends.openvino import kept, network
from taxiway.backends.openvino.kept import Digest, Kept
from taxiway.backends.openvino.network import OpenVinoNetwork
from taxiway.checkpoint import read_checkpoint
from taxiway.families.stylegan.networks.graphs import graphs_of

pytestmark = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="nothing is kept on Windows")


@pytest.fixture(scope="module")
def graph() -> Graph:
    return graphs_of(read_checkpoint(FIXTURES / "stylegan2-ada_32.pkl"))[0]


def picture(graph: Graph, folder: Path | None, precision: str = "bfloat16") -> Any:
    run = OpenVinoNetwork(replace(graph, kept=folder), precision, 1).run
    return run({**graph.example, "noise_mode": "const"})["image"]


def test_what_was_compiled_is_found_and_what_is_broken_is_made_anew(
    graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "compiled"
    wanted = picture(graph, None)
    assert (picture(graph, folder) == wanted).all()
    [file] = folder.iterdir()
    whole = file.read_bytes()
    assert [path.stat().st_mode & 0o777 for path in (folder, file)] == [0o700, 0o600]
    for broken in (whole[:-1], whole[:100] + b"?" + whole[101:], b"", b"\x90"):
        file.write_bytes(broken)
        assert (picture(graph, folder) == wanted).all()
        assert Kept(folder).find(file.stem) is not None
    Kept(folder).keep(file.stem, [b"no model"])  # whole, and OpenVINO will have none of it
    assert (picture(graph, folder) == wanted).all()
    monkeypatch.delattr(network, "compiled")  # so what follows is not compiled
    assert (picture(graph, folder) == wanted).all()
    assert [path.name for path in folder.iterdir()] == [file.name]


def test_noise_is_drawn_anew_by_what_was_kept(graph: Graph, tmp_path: Path) -> None:
    for _ in range(2):
        run = OpenVinoNetwork(replace(graph, kept=tmp_path), "float32", 1).run
        one, two = (run({**graph.example, "noise_mode": "random"})["image"] for _ in range(2))
        assert (one != two).any()


def test_what_is_compiled_as_soon_is_not_kept(
    graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "WORTH_KEEPING", 1000)
    picture(graph, tmp_path)
    assert list(tmp_path.iterdir()) == []


def anyone_may_write(path: Path) -> None:
    path.chmod(0o666)


def anothers(path: Path) -> None:
    if os.geteuid():
        pytest.skip("only root gives files away")
    os.chown(path, 54321, -1)


def a_link(path: Path) -> None:
    path.symlink_to(path.rename(path.with_suffix(".elsewhere")))


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


@pytest.mark.parametrize("change", [anyone_may_write, anothers, a_link, a_pipe])
def test_nothing_is_read_that_another_user_can_have_put_there(
    tmp_path: Path, change: Callable[[Path], None]
) -> None:
    folder = tmp_path / "compiled"
    Kept(folder).keep("a", [b"1", b"2"])
    assert Kept(folder).find("a") == [b"1", b"2"]
    change(folder / "a.compiled")
    assert Kept(folder).find("a") is None


@pytest.mark.parametrize("change", [anyone_may_write, anothers, a_link])
def test_a_folder_that_is_not_the_users_own_is_left_alone(
    tmp_path: Path, change: Callable[[Path], None]
) -> None:
    folder = tmp_path / "compiled"
    Kept(folder).keep("a", [b"1"])
    change(folder)
    assert Kept(folder).find("a") is None
    before = sorted(os.listdir(folder))
    Kept(folder).keep("b", [b"1"])
    assert sorted(os.listdir(folder)) == before


def test_the_longest_unused_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST", 3000)
    folder = Kept(tmp_path / "compiled")
    for age, key in enumerate("abcd"):
        folder.keep(key, [bytes(900)])
        if key != "d":
            os.utime(tmp_path / "compiled" / f"{key}.compiled", (age, age))
        if key == "b":
            assert folder.find("a") is not None  # which makes it the newest
    assert {path.stem for path in (tmp_path / "compiled").iterdir()} == {"a", "c", "d"}
    monkeypatch.setattr(kept, "LARGEST", 100)
    folder.keep("e", [bytes(900)])
    assert folder.find("e") is None


def test_other_numbers_settings_and_changes_are_another_key(graph: Graph, tmp_path: Path) -> None:
    def key(**words: Any) -> str:
        digest = Digest()
        assert graph.operations is not None
        graph.operations(digest, **words)
        return str(digest)

    assert key(noise_mode="const") == key(noise_mode="const")
    assert key(noise_mode="const") != key(noise_mode="none")
    name = next(name for name in graph.tensors if name.endswith("conv1.weight"))
    array = np.array(graph.tensors[name])
    array.flat[0] += 1e-3
    other = {**graph.tensors, name: array}
    plain = key(noise_mode="const", tensors=graph.tensors)
    assert key(noise_mode="const", tensors=other) != plain == key(noise_mode="const")
    double = lambda ops, name, x, shape: ops.mul(x, ops.const(2))  # noqa: E731
    assert key(noise_mode="const", change=double) != plain
    for precision in ("bfloat16", "float32"):
        picture(graph, tmp_path, precision)
    assert len(list(tmp_path.iterdir())) == 2
