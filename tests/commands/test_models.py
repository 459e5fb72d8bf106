"""`taxiway models`: agreed to before the first byte, fetched, checked, shared and removed."""

import hashlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.store.conftest import WEIGHTS, described, sha256
from catalog.store.fake_hub import COMMIT, Hub, serving
from command_line import Done, taxiway
from taxiway.catalog.catalog import PULLED
from taxiway.commands.run import first_of
from taxiway.live.workspace import Place, packed

SOURCE = f"hf://org/repo@{COMMIT}/model.onnx"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setenv("TAXIWAY_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    with serving() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        hub.repositories["org/repo"] = {"model.onnx": WEIGHTS}
        yield hub


def models(*words: object, cwd: Path) -> Done:
    return taxiway("models", *words, cwd=cwd)


@pytest.mark.smoke
def test_a_model_goes_from_a_hub_to_another_machine(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.toml").write_bytes(described("mine", ("model.onnx", SOURCE, None))[1])
    said = models("import", "mine.toml", cwd=tmp_path)
    assert "'mine' is known: taxiway models pull mine fetches its files" in said.stdout
    refused = models("pull", "mine", cwd=tmp_path)
    assert refused.returncode == 1
    assert "Licence of the weights CC0-1.0" in " ".join(refused.stdout.split())
    assert "nobody is here to agree to that" in refused.stderr
    assert hub.asked == []
    done = models("pull", "mine", "--yes", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    digest = hashlib.sha256(WEIGHTS).hexdigest()
    assert f"recorded as it came: {digest}." in done.stdout
    assert "All files of mine are as they were" in models("verify", cwd=tmp_path).stdout
    listed = models("list", cwd=tmp_path).stdout
    assert "mine                     fetched, 0.1 MB, CC0-1.0, not tried" in listed
    assert "The store holds 0.1 MB" in listed
    assert digest in models("show", "mine", cwd=tmp_path).stdout

    assert models("export", "mine", "mine.zip", cwd=tmp_path).returncode == 0
    assert "add --force" in models("export", "mine", "mine.zip", cwd=tmp_path).stderr
    monkeypatch.setenv("TAXIWAY_DATA", str(tmp_path / "other"))
    asked = len(hub.asked)
    assert "'mine' is here" in models("import", "mine.zip", cwd=tmp_path).stdout
    again = models("pull", "mine", cwd=tmp_path)
    assert "is here, 0.1 MB, for use without a network" in again.stdout
    assert len(hub.asked) == asked
    assert "0.1 MB are free" in models("remove", "mine", cwd=tmp_path).stdout
    assert "Nothing of 'mine' was fetched" in models("remove", "mine", cwd=tmp_path).stderr
    assert "nothing to check" in models("verify", cwd=tmp_path).stdout


def test_what_cannot_be_is_a_sentence(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_text("no zip")
    for words, said in (
        (("pull", "nothing"), "No model named 'nothing' can be fetched. There are: "),
        (("show", "nothing"), "see taxiway models list"),
        (("import", "none.zip"), "There is no file 'none.zip'"),
        (("import", "text.zip"), "'text.zip' is no whole zip file"),
        (("verify", "nothing"), "'nothing' was not fetched"),
        (("export", "nothing", "o.zip"), "'nothing' was not fetched"),
    ):
        done = models(*words, cwd=tmp_path)
        assert (done.returncode, said in done.stderr) == (1, True), (words, done.stderr)
        assert done.stderr.count("\n") == 1
    assert taxiway("run", "gpt2", cwd=tmp_path).stderr.startswith("'gpt2' is not here yet:")


def test_one_is_shown_with_all_that_is_known(hub: Hub, tmp_path: Path) -> None:
    said = models("show", "cutout-u2netp", cwd=tmp_path).stdout
    for words in ("Licence      Apache-2.0", "DUTS-TR", "Not tried by us", "4.6 MB"):
        assert words in said
    assert (PULLED / "cutout-u2netp.toml").is_file()
    assert "Rainbow (rainbow)" in models("show", "rainbow", cwd=tmp_path).stdout


def test_a_damaged_file_is_found_and_mended(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_bytes(described("mine", ("model.onnx", SOURCE, WEIGHTS))[1])
    assert taxiway("pull", "mine.toml", "--yes", cwd=tmp_path).returncode == 0
    file = tmp_path / "data" / "store" / "models" / "mine" / "model.onnx"
    file.chmod(0o644)
    file.write_bytes(WEIGHTS[::-1])
    assert "is not what was fetched: pull it again" in models("verify", cwd=tmp_path).stderr
    assert taxiway("pull", "mine.toml", "--yes", cwd=tmp_path).returncode == 0
    assert models("verify", "mine", cwd=tmp_path).returncode == 0


def test_what_is_no_workspace_or_lacks_its_models_is_said(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "none.zip").write_text("no zip")
    said = taxiway("run", "--workspace", "none.zip", cwd=tmp_path).stderr
    assert said == "This is no workspace: it is no whole zip file.\n"
    (tmp_path / "lost.zip").write_bytes(packed([Place(name="lost"), Place(name="gone")], []))
    said = taxiway("run", "--workspace", "lost.zip", cwd=tmp_path).stderr
    assert said == "No model of this workspace is here: lost, gone.\n"
    assert "No such file" in taxiway("run", "--workspace", "away.zip", cwd=tmp_path).stderr


def test_the_first_model_of_a_workspace_that_is_here_is_begun_with(hub: Hub) -> None:
    places = [Place(name="lost"), Place(name="rainbow", options={"precision": "float32"})]
    card = first_of(packed(places, []))
    assert (card.name, card.setup["precision"]) == ("rainbow", "float32")


def test_ctrl_c_stops_and_the_same_command_goes_on(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_bytes(described("mine", ("model.onnx", SOURCE, WEIGHTS))[1])
    hub.troubles = ["", "slow:1000"]
    command = [sys.executable, "-m", "taxiway", "pull", "mine.toml", "--yes"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        part = tmp_path / "data" / "store" / "blobs" / f"{sha256(WEIGHTS)}.part"
        while not part.exists() or part.stat().st_size < 1000:
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert "Stopped; the same command goes on from there." in said
    assert "Traceback" not in said
    assert process.returncode == 130
    assert taxiway("pull", "mine.toml", "--yes", cwd=tmp_path).returncode == 0
    assert hub.sent()[-1] == "bytes=1000-"
