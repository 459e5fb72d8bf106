"""`taxiway worker --listen` and `taxiway remote add` of what it says."""

import asyncio
import re
import sys
from pathlib import Path

import pytest

from command_line import taxiway
from taxiway.catalog.remotes import address_of, secret_of
from taxiway.commands.worker import host_and_port, listen
from taxiway.core.errors import InvalidArgument

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Linux and macOS only")


async def test_what_listens_says_how_it_is_added(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TAXIWAY_DATA", str(tmp_path / "there"))
    listening = asyncio.create_task(listen("127.0.0.1", 0))
    said = ""
    while "secret, which is" not in said:
        await asyncio.sleep(0.01)
        said += capsys.readouterr().out
    listening.cancel()
    await asyncio.wait([listening])
    found = re.search(r"add NAME '(tls://HOST:\d+#sha256:[0-9a-f]{64})'", said)
    assert found
    address = found[1].replace("HOST", "box.example")
    (tmp_path / "secret").write_text(said.split()[-1] + "\n")
    data = {"TAXIWAY_DATA": str(tmp_path / "here")}
    added = taxiway("remote", "add", "box", address, "--secret", tmp_path / "secret", **data)
    assert added.returncode == 0, added.stderr
    assert said.split()[-1] not in added.stdout
    monkeypatch.setenv("TAXIWAY_DATA", data["TAXIWAY_DATA"])
    assert secret_of(address_of("box")) == said.split()[-1]
    refused = taxiway("remote", "add", "lab", address, **data)  # nobody types one
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "A machine by TLS has a secret" in refused.stderr


def test_where_it_listens_is_this_machine_alone_unless_said() -> None:
    assert host_and_port("4433") == ("127.0.0.1", 4433)
    assert host_and_port("0.0.0.0:4433") == ("0.0.0.0", 4433)
    for text in ("box", "1:99999", ":x"):
        with pytest.raises(InvalidArgument, match="--listen takes a port"):
            host_and_port(text)
