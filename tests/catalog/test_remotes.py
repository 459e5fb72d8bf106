"""Names of other machines, as the user's folder keeps them."""

from pathlib import Path

import pytest

from taxiway.catalog import remotes
from taxiway.core.errors import InvalidArgument, NotFound


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TAXIWAY_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def test_a_name_stands_for_an_address_until_it_is_forgotten() -> None:
    assert remotes.remotes() == {}
    remotes.keep("box", "ssh://me@box")
    remotes.keep("lab", "ssh://lab")
    remotes.keep("box", "ssh://box")
    assert (remotes.address_of("box"), remotes.address_of("ssh://x")) == ("ssh://box", "ssh://x")
    remotes.forget("box")
    assert remotes.remotes() == {"lab": "ssh://lab"}
    with pytest.raises(NotFound, match="No machine is called 'box'. There are: lab; add it"):
        remotes.forget("box")


def test_what_is_no_name_or_no_list_is_said(folder: Path) -> None:
    with pytest.raises(InvalidArgument, match="small letters, digits and hyphens, got 'My Box'"):
        remotes.keep("My Box", "ssh://box")
    folder.mkdir()
    for data in ("[]", '{"a": 1}', "{"):
        (folder / "remotes.json").write_text(data)
        with pytest.raises(InvalidArgument, match="no list of machines; mend or remove it"):
            remotes.remotes()


def test_machines_are_names_addresses_or_a_file_of_them(tmp_path: Path) -> None:
    remotes.keep("box", "ssh://me@box")
    assert remotes.machines_of("box") == "ssh://me@box"
    assert remotes.machines_of("box, here,ssh://x") == "ssh://me@box,here,ssh://x"
    file = tmp_path / "boxes.txt"
    file.write_text("box\n")
    assert remotes.machines_of(str(file)) == f"file:{file}"
    with pytest.raises(NotFound, match="No machine is called 'lab'"):
        remotes.machines_of("box,lab")


def test_a_secret_is_kept_for_this_user_alone(folder: Path) -> None:
    address = "tls://box:1#sha256:00"
    with pytest.raises(NotFound, match="No secret is known for tls://box:1"):
        remotes.secret_of(address)
    remotes.keep_secret(address, "first")
    remotes.keep_secret("tls://other:1#sha256:00", "other")
    remotes.keep_secret(address, "second")
    assert remotes.secret_of(address) == "second"
    assert (folder / "remote-secrets.json").stat().st_mode & 0o777 == 0o600
