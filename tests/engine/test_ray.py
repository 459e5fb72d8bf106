"""A model on a cluster: what holds without Ray, by a stand-in of its handle."""

import asyncio
import os
import socket
import sys
from pathlib import Path

import msgspec
import pytest

import ray_stand_in
from killing import kill
from paths import FIXTURES
from taxiway.catalog.remotes import address_of
from taxiway.core.errors import InvalidArgument, ModelFailed, Unavailable
from taxiway.core.events import Event, PartReady, StateChanged
from taxiway.core.model import ModelSpec
from taxiway.engine.cluster import bridge, machines, settings
from taxiway.engine.cluster.address import Cluster, is_cluster
from taxiway.engine.cluster.replica import Library, placed
from taxiway.engine.engine import Engine
from taxiway.engine.executors.ray import RayExecutor
from taxiway.engine.remote_worker import PIECE, luggage

CHECKPOINT = FIXTURES / "stylegan2-ada_32.pkl"
TOY = ModelSpec(name="toy", family="toys:Gradient", on="ray")
SMALL = ModelSpec(name="small", family="stylegan", options={"checkpoint": str(CHECKPOINT)})
STILL = ModelSpec(name="still", family="ray_stand_in:Still", on="ray")
WRITER = ModelSpec(name="writer", family="toys:Writer", on="ray")


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(bridge, "main", ray_stand_in.main)
    monkeypatch.setattr("taxiway.engine.executors.ray.lacking", lambda module, what: "")
    monkeypatch.setenv(ray_stand_in.FOLDER, str(tmp_path))
    monkeypatch.setenv("TAXIWAY_DATA", str(tmp_path / "data"))
    return tmp_path


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("ray", Cluster()),
        ("ray?replicas=2&gpus=0.5", Cluster("", 2, 2, 0.5)),
        ("ray://10.0.0.1", Cluster("10.0.0.1:6379")),
        ("ray://lab.example:7000?replicas=0-4&cpus=2", Cluster("lab.example:7000", 0, 4, None, 2)),
        ("ray://[::1]:7000", Cluster("[::1]:7000")),
    ],
)
def test_one_line_says_which_cluster_and_how_much(address: str, found: Cluster) -> None:
    assert is_cluster(address_of(address))
    assert Cluster.of(address) == found


@pytest.mark.parametrize(
    "address",
    ["ray://u@h", "ray://h/x", "ray://h:99999", "ray?replicas=0", "ray?replicas=3-1",
     "ray?replicas=x", "ray?gpus=-1", "ray?gpus=1.5", "ray?gpus=nan", "ray?colour=red",
     "ray?replicas", "ray://a b", "ray://h?replicas=99999"],
)  # fmt: skip
def test_an_address_of_no_cluster_is_refused(address: str) -> None:
    assert is_cluster(address)
    with pytest.raises(InvalidArgument, match="'on' takes ray or ray://HEAD:PORT"):
        Cluster.of(address)


def test_a_replica_gets_the_files_that_it_lacks_and_no_others(tmp_path: Path) -> None:
    bag, places = luggage(SMALL)
    library = Library({digest: str(path) for digest, path in places.items()})
    asked = []

    def piece(digest: str, offset: int) -> bytes:
        asked.append((digest, offset))
        return library.piece(digest, offset)

    spec = placed(bag, piece, tmp_path)
    kept = Path(spec.options["checkpoint"])
    assert kept.is_relative_to(tmp_path)
    assert kept.read_bytes() == CHECKPOINT.read_bytes()
    size = CHECKPOINT.stat().st_size
    assert asked == [(bag.files[0].sha256, offset) for offset in range(0, size, PIECE)]
    placed(bag, piece, tmp_path)
    assert len(asked) == -(-size // PIECE)
    with pytest.raises(KeyError):
        library.piece("0" * 64, 0)
    changed = msgspec.structs.replace(bag.files[0], sha256="0" * 64)
    other = msgspec.structs.replace(bag, files=[changed])
    with pytest.raises(ModelFailed, match="came as another file"):
        placed(other, lambda digest, offset: library.piece(bag.files[0].sha256, offset), tmp_path)


async def test_a_replica_that_dies_is_asked_again_where_that_is_the_same(cluster: Path) -> None:
    async with Engine() as engine:
        await engine.start(STILL)
        await engine.ready("still")
        state = engine.running["still"].message
        assert state.startswith("still is running on this machine's cluster, 1 replica.")
        first = await engine.query("still", {"seed": 1, "format": "PNG"})
        (cluster / "kill").write_text("1")
        assert await engine.query("still", {"seed": 1, "format": "PNG"}) == first
        (cluster / "kill").write_text("2")
        with pytest.raises(Unavailable, match="was asked twice .The actor died"):
            await engine.query("still", {"seed": 1})
        await engine.run("still", {"seed": 2}, live="session")
        assert engine.running["still"].state == "running"
    calls = (cluster / "calls").read_text().splitlines()
    assert calls == ["parts ", *["predict "] * 4, "predict live"]
    assert (cluster / "ended").exists()
    async with Engine() as engine:  # the same picture as from a process here
        await engine.start(msgspec.structs.replace(STILL, on=""))
        assert await engine.query("still", {"seed": 1, "format": "PNG"}) == first


async def test_what_is_not_the_same_twice_is_not_asked_twice(cluster: Path) -> None:
    async with Engine() as engine:
        await engine.start(TOY)
        await engine.ready("toy")
        (cluster / "kill").write_text("1")
        with pytest.raises(Unavailable, match="is gone, and it is not asked twice"):
            await engine.query("toy", {"seed": 1})
        with pytest.raises(InvalidArgument, match="'z'"):
            await engine.query("toy", {"z": [1]})
        assert "image" in await engine.query("toy", {"seed": 1})


async def test_parts_come_as_they_are_yielded_until_nobody_waits(cluster: Path) -> None:
    parts: list[Event] = []
    async with Engine() as engine:
        engine.events.listen(lambda event: isinstance(event, PartReady) and parts.append(event))
        await engine.start(WRITER)
        answer = await engine.query("writer", {"text": "hello"})
        assert answer == {"text": "hello", "letters": 5}
        assert parts
        left = cluster / "left"
        asking = asyncio.ensure_future(
            engine.query("writer", {"text": "for ever", "left": str(left)})
        )
        async with asyncio.timeout(60):
            seen = len(parts)
            while len(parts) == seen:
                await asyncio.sleep(0.01)
            asking.cancel()
            while not left.exists():
                await asyncio.sleep(0.01)
        assert await engine.query("writer", {"text": "again"}) == {"text": "again", "letters": 5}


async def test_a_model_that_cannot_start_says_why(cluster: Path) -> None:
    broken = ModelSpec(name="toy", family="toys:Gradient", options={"delay": "x"}, on="ray")
    async with Engine() as engine:
        await engine.start(broken)
        with pytest.raises(Unavailable, match="could not start: 'delay'"):
            await engine.ready("toy")


async def test_a_cluster_that_is_lost_is_joined_again(
    cluster: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taxiway.engine.running.AGAIN_SECONDS", (0.01, 0.05))
    said: list[str] = []
    async with Engine() as engine:
        engine.events.listen(
            lambda event: said.append(event.message) if isinstance(event, StateChanged) else None
        )
        await engine.start(TOY)
        await engine.ready("toy")
        asking = asyncio.ensure_future(engine.query("toy", {"seed": 1}))
        (cluster / "unreachable").touch()
        kill(engine, "toy")
        async with asyncio.timeout(60):
            while "Connection refused" not in engine.running["toy"].message:
                await asyncio.sleep(0.01)
            (cluster / "unreachable").unlink()
            await engine.ready("toy")
        await asyncio.wait([asking])  # answered before, or told
        assert "image" in await engine.query("toy", {"seed": 1})


async def test_what_the_cluster_does_is_said_while_it_is_waited_for(cluster: Path) -> None:
    (cluster / "down").touch()
    said: list[str] = []
    async with asyncio.timeout(60):
        executor = RayExecutor(TOY, lambda: None)
        executor.on_words = said.append
        starting = asyncio.ensure_future(executor.start())
        async with asyncio.timeout(60):
            while "waits for a replica: No room" not in said:
                await asyncio.sleep(0.01)
            (cluster / "headless").touch()
            while said[-1] != "waits for the cluster's head, which does not answer":
                await asyncio.sleep(0.01)
            (cluster / "headless").unlink()
            (cluster / "down").unlink()
            await starting
            while said[-1]:
                await asyncio.sleep(0.01)
        await executor.stop()


def test_a_head_that_does_not_answer_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as head:
        port = head.getsockname()[1]
        assert bridge.answering(Cluster(f"127.0.0.1:{port}")) == f"127.0.0.1:{port}"
    with pytest.raises(OSError, match="refused") as found:
        bridge.answering(Cluster(f"127.0.0.1:{port}"))
    assert "refused" in bridge.said(found.value)
    monkeypatch.setattr(bridge, "own_address", lambda: "")
    with pytest.raises(ConnectionError, match="it is of none; begin one"):
        bridge.answering(Cluster())
    assert bridge.said(ValueError("It died.\n  because")) == "It died"
    assert bridge.said(ValueError("A: \n 1\n 2."), all_of_it=True) == "A: 1 2"


async def test_without_ray_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    async with Engine() as engine:
        await engine.start(TOY)
        with pytest.raises(
            Unavailable, match="A model on a cluster needs Ray: .*taxiway install clust"
        ):
            await engine.ready("toy")


def test_ports_are_pinned_and_nothing_is_told_to_anybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = machines.Node(host="10.0.0.1", cpus=0, folder=Path("/tmp/r"), redis="10.0.0.9:6379")
    words = head.words()
    ports = {word.partition("=")[0]: word.partition("=")[2] for word in words if "port=" in word}
    numbers = [int(port) for port in ports.values()]
    assert min(numbers) == 6379
    assert len(set(numbers)) == len(numbers) == 10
    assert {"--head", "--disable-usage-stats", "--include-dashboard=false", "--num-cpus=0"} < {
        *words
    }
    assert "--node-ip-address=10.0.0.1" in words
    metrics = [int(port) for name, port in head.environment().items() if "METRIC" in name]
    assert len({*numbers, *metrics}) == 12
    assert not {*metrics} & {*range(int(ports["--min-worker-port"]), max(numbers) + 1)}
    assert head.environment()["RAY_REDIS_ADDRESS"] == "10.0.0.9:6379"
    member = machines.Node(head="10.0.0.1:6379", folder=Path("/tmp/r")).words()
    assert "--address=10.0.0.1:6379" in member
    assert not {"--head", "--port=6379"} & {*member}
    with pytest.raises(InvalidArgument, match="Ray's folder may have 40 letters"):
        machines.Node(folder=Path("/" + "x" * 60)).words()
    monkeypatch.setenv("TAXIWAY_DATA", str(tmp_path))
    alone = machines.Node(folder=Path("/tmp/r"))
    assert "--node-ip-address=127.0.0.1" in alone.words()
    assert "on this machine alone" in alone.said()
    for node, is_alone in ((alone, True), (head, False)):
        node.keep()
        environment: dict[str, str] = {}
        settings.quiet(environment)
        assert (environment.get(settings.ALONE) == "0") is is_alone
    machines.keep_token(None, is_new=True)
    assert len(settings.token_file().read_text()) == 64
    if os.name == "posix":
        assert settings.token_file().stat().st_mode & 0o77 == 0
    environment = {}
    settings.quiet(environment)
    assert environment["RAY_USAGE_STATS_ENABLED"] == "0"
    assert environment["RAY_AUTH_TOKEN_PATH"] == str(settings.token_file())
    (tmp_path / "short").write_text("abc")
    with pytest.raises(InvalidArgument, match="has 16 letters or more"):
        machines.keep_token(tmp_path / "short", is_new=False)
