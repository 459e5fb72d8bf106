"""The store: what is fetched is whole and right, or not there; each file is there once."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from catalog.store.conftest import WEIGHTS, described, quiet, sha256
from catalog.store.fake_hub import COMMIT, Hub
from taxiway.catalog import manifest as manifests
from taxiway.catalog.store.store import Store, Tell
from taxiway.catalog.store.wanted import check_wanted
from taxiway.core.errors import InvalidArgument, NotFound, Unavailable
from taxiway.core.tool import Stopped

SOURCE = f"hf://org/repo@{COMMIT}/model.onnx"
OTHER = b"other weights" * 99
MODEL, _ = described("one", ("model.onnx", SOURCE, WEIGHTS))


@pytest.fixture(autouse=True)
def repository(hub: Hub) -> None:
    hub.repositories["org/repo"] = {
        "model.onnx": WEIGHTS,
        "model.safetensors": OTHER,
        "config.json": b"{}",
        "modeling.py": b"import os",
        "onnx/config.json": b"{}",
        "pytorch_model.bin": b"pickle",
        "README.md": b"# Hello",
    }


def test_a_model_is_fetched_once_and_then_without_the_network(hub: Hub, store: Store) -> None:
    planned = store.plan(*described("one", ("model.onnx", SOURCE, WEIGHTS)))
    assert (planned.bytes, [each.path for each in planned.missing]) == (
        len(WEIGHTS),
        ["model.onnx"],
    )
    told: list[tuple[int, int]] = []
    record = store.pull(planned, lambda done, total, _: told.append((done, total)))
    assert told[-1] == (len(WEIGHTS), len(WEIGHTS))
    assert (store.place_of("one") / "model.onnx").read_bytes() == WEIGHTS
    assert [(file.sha256, file.first) for file in record.files] == [(sha256(WEIGHTS), False)]
    asked = len(hub.asked)
    store.pull(store.plan(*described("one", ("model.onnx", SOURCE, WEIGHTS))), quiet)
    store.pull(store.plan(*described("two", ("net.onnx", SOURCE, WEIGHTS))), quiet)
    assert len(hub.asked) == asked
    assert store.names() == ["one", "two"]
    assert [path.name for path in store.blobs.folder.iterdir()] == [sha256(WEIGHTS)]


def test_removing_leaves_what_another_model_has(store: Store) -> None:
    for name in ("one", "two"):
        store.pull(store.plan(*described(name, ("model.onnx", SOURCE, WEIGHTS))), quiet)
    assert store.remove(MODEL) == 0
    assert store.wrong("two", quiet) == []
    assert store.remove(replace(MODEL, name="two")) == len(WEIGHTS)
    with pytest.raises(NotFound, match="'two' was not fetched; .* Fetched: none"):
        store.remove(replace(MODEL, name="two"))
    with pytest.raises(NotFound):
        store.found("../..")


def test_a_repository_is_fetched_at_one_commit_and_without_programs(hub: Hub, store: Store) -> None:
    text = (
        b'taxiway = 1\nname = "poet"\ntitle = "Poet"\nsummary = "Writes."\nfamily = "text"\n'
        b'licence = { weights = "MIT" }\n[transformers]\nid = "org/repo"\nclass = "AutoModel"\n'
    )
    planned = store.plan(manifests.read(text, "poet"), text)
    record = store.pull(planned, quiet)
    place = store.place_of("poet")
    assert {path.name for path in place.iterdir()} == {
        "model.safetensors", "config.json", "manifest.toml", "pulled.json",
    }  # fmt: skip
    assert record.commit == COMMIT
    assert not any(file.first for file in record.files)
    hub.repositories["org/repo"]["config.json"] = b"[]"  # what the hub lists is not what it sends
    store.remove(manifests.read(text, "poet"))
    planned = store.plan(manifests.read(text, "poet"), text)
    hub.repositories["org/repo"]["config.json"] = b"()"
    with pytest.raises(Unavailable, match="its contents are not those that the hub names"):
        store.pull(planned, quiet)
    assert store.names() == []


def test_wrong_contents_are_thrown_away_and_another_place_is_tried(hub: Hub, store: Store) -> None:
    hub.repositories["org/bad"] = {"model.onnx": WEIGHTS[::-1]}
    bad = f"hf://org/bad@{COMMIT}/model.onnx"
    with pytest.raises(Unavailable, match="is not used: its SHA-256 is another"):
        store.pull(store.plan(*described("one", ("model.onnx", bad, WEIGHTS))), quiet)
    assert (store.names(), list(store.blobs.folder.glob("*"))) == ([], [])
    record = store.pull(
        store.plan(*described("one", ("model.onnx", f'{bad}", "{SOURCE}', WEIGHTS))), quiet
    )
    assert [file.source for file in record.files] == [SOURCE]


def test_a_first_fetch_records_the_hash(store: Store) -> None:
    record = store.pull(store.plan(*described("one", ("model.onnx", SOURCE, None))), quiet)
    assert [(file.sha256, file.first) for file in record.files] == [(sha256(WEIGHTS), True)]
    (store.place_of("one") / "model.onnx").chmod(0o644)
    (store.place_of("one") / "model.onnx").write_bytes(WEIGHTS[::-1])
    assert store.wrong("one", quiet) == [
        "'model.onnx' of 'one' is not what was fetched: pull it again."
    ]
    store.pull(store.plan(*described("one", ("model.onnx", SOURCE, None))), quiet)
    assert store.wrong("one", quiet) == []


def test_the_hubs_own_cache_is_used_where_it_is_right(
    hub: Hub, store: Store, tmp_path: Path
) -> None:
    kept = tmp_path / "hub" / "models--org--repo"
    (kept / "blobs").mkdir(parents=True)
    (kept / "blobs" / sha256(WEIGHTS)).write_bytes(WEIGHTS)
    store.pull(store.plan(*described("one", ("model.onnx", SOURCE, WEIGHTS))), quiet)
    assert not hub.asked
    store.remove(MODEL)
    (kept / "blobs" / sha256(WEIGHTS)).write_bytes(WEIGHTS[::-1])  # damaged
    store.pull(store.plan(*described("one", ("model.onnx", SOURCE, WEIGHTS))), quiet)
    assert hub.asked
    assert store.wrong("one", quiet) == []


def test_what_has_no_room_is_refused_before_the_first_byte(
    hub: Hub, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taxiway.catalog.store.blobs.SPARE_BYTES", 2**62)
    for known in (WEIGHTS, None):
        planned = store.plan(*described("one", ("model.onnx", SOURCE, known)))
        with pytest.raises(Unavailable, match="This takes 0.1 MB, and 0 kB may be taken"):
            store.pull(planned, quiet)
    assert list(store.blobs.folder.glob("*.part")) == []


def test_offline_nothing_is_fetched(
    hub: Hub, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = store.plan(*described("one", ("model.onnx", SOURCE, WEIGHTS)))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(Unavailable, match="HF_HUB_OFFLINE is set"):
        store.pull(planned, quiet)
    assert not hub.asked


def test_a_hub_that_is_not_there_is_a_sentence(
    hub: Hub, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    lost = Store(store.folder)
    with pytest.raises(Unavailable, match="'127.0.0.1:9' does not send it .connection refused"):
        lost.pull(lost.plan(*described("one", ("model.onnx", SOURCE, WEIGHTS))), quiet)


def test_programs_are_never_fetched(store: Store) -> None:
    for path, words in (("model.pkl", "taxiway run model.pkl"), ("a.py", "is not fetched")):
        with pytest.raises(InvalidArgument, match=words):
            check_wanted(path)
        with pytest.raises(InvalidArgument):
            store.plan(*described("one", (path, f"hf://org/repo@{COMMIT}/{path}", None)))


KILLED = """
import sys
from catalog.store.conftest import WEIGHTS, described
from taxiway.catalog.store.store import Store, Tell
from taxiway.catalog.store.wanted import check_wanted
from pathlib import Path
store = Store(Path(sys.argv[1]))
def tell(done, total, words):
    if done: print(done, flush=True)
store.pull(store.plan(*described("one", ("model.onnx", sys.argv[2], WEIGHTS))), tell)
"""


def test_a_kill_in_the_middle_leaves_a_part_that_the_next_goes_on_with(
    hub: Hub, store: Store
) -> None:
    hub.troubles = ["", "slow:1000"]
    command = [sys.executable, "-c", KILLED, str(store.folder), SOURCE]
    paths = os.pathsep.join(filter(None, sys.path))
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": paths}
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"1000\n"
        with pytest.raises(NotFound):
            store.found("one")
        process.send_signal(signal.SIGKILL)
    hub.troubles = []
    store.pull(store.plan(*described("one", ("model.onnx", SOURCE, WEIGHTS))), quiet)
    assert hub.sent()[-1] == "bytes=1000-"
    assert store.wrong("one", quiet) == []


def test_two_at_once_fetch_a_file_once(hub: Hub, store: Store) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def pull(name: str) -> None:
        own = Store(store.folder)
        own.pull(own.plan(*described(name, ("model.onnx", SOURCE, WEIGHTS))), quiet)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(pull, ["one", "two", "one", "two"]))
    assert len([path for path, _ in hub.asked if path.startswith("/cdn")]) == 1
    assert store.names() == ["one", "two"]


def test_what_was_stopped_can_be_removed_and_what_had_all_come_is_taken(
    hub: Hub, store: Store
) -> None:
    def stopping(enough: int) -> Tell:
        def tell(done: int, total: int, message: str) -> None:
            if done >= enough:
                raise Stopped("Stopped.")

        return tell

    planned = store.plan(*described("one", ("model.onnx", SOURCE, WEIGHTS)))
    with pytest.raises(Stopped):
        store.pull(planned, stopping(1))
    with contextlib.suppress(Stopped):  # all of it may have come at once
        store.pull(planned, stopping(len(WEIGHTS)))
    asked = len(hub.asked)
    store.pull(planned, quiet)
    assert len(hub.asked) == asked
    store.remove(MODEL)
    with pytest.raises(Stopped):
        store.pull(planned, stopping(1))
    assert store.remove(MODEL) > 0
    assert list(store.blobs.folder.iterdir()) == []
    with pytest.raises(NotFound):
        store.remove(MODEL)
