"""One file from the web: what breaks off goes on, and what is not as announced is not taken."""

import shutil
import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest

from catalog.store.conftest import WEIGHTS
from catalog.store.fake_hub import Hub, serving
from taxiway.catalog.store.download import Download
from taxiway.catalog.store.web import Refused, Web
from taxiway.core.errors import NotFound, Unavailable
from taxiway.core.tool import Stopped

HALF = len(WEIGHTS) // 2


def fetch(hub: Hub, part: Path, known: bool = True, total: int | None = len(WEIGHTS)) -> None:
    web = Web(trusted=[hub.url], seconds=5)
    Download(web, part, total, known, wait=0.001).run(f"{hub.url}/a.onnx", lambda *_: None)


@pytest.fixture
def part(hub: Hub, tmp_path: Path) -> Path:
    hub.put("/a.onnx", WEIGHTS)
    return tmp_path / "a.part"


def test_what_breaks_off_or_is_away_for_a_while_goes_on(hub: Hub, part: Path) -> None:
    hub.troubles = ["cut:1000", "gone", "503", f"cut:{HALF}"]
    fetch(hub, part)
    assert part.read_bytes() == WEIGHTS
    rest = f"bytes={1000 + HALF}-"
    assert hub.sent() == ["", "bytes=1000-", "bytes=1000-", "bytes=1000-", rest]


@pytest.mark.parametrize("etags", [True, False])
@pytest.mark.parametrize("known", [True, False])
def test_a_file_that_is_another_by_now_is_never_added_to(
    hub: Hub, part: Path, etags: bool, known: bool
) -> None:
    hub.etags, hub.troubles = etags, ["cut:1000", *["gone"] * 5]
    with pytest.raises(Unavailable, match="the same command goes on from there"):
        fetch(hub, part, known)
    assert part.exists() == (known or etags)
    newer = WEIGHTS[::-1]
    hub.put("/a.onnx", newer)
    fetch(hub, part, known)
    # Without an ETag a hash is what tells, at the end.
    expected = WEIGHTS[:1000] + newer[1000:] if known and not etags else newer
    assert part.read_bytes() == expected


def test_servers_without_ranges_begin_anew(hub: Hub, part: Path) -> None:
    hub.ranges, hub.troubles = False, ["cut:1000"]
    fetch(hub, part)
    assert part.read_bytes() == WEIGHTS


def test_a_part_that_is_longer_than_the_file_is_begun_anew(hub: Hub, part: Path) -> None:
    part.write_bytes(WEIGHTS + b"more")
    fetch(hub, part, total=None)
    assert part.read_bytes() == WEIGHTS
    assert hub.sent() == [f"bytes={len(WEIGHTS) + 4}-", ""]


@pytest.mark.parametrize(
    ("trouble", "words"), [("lie:5", "bytes, where it should"), ("lie:-5", "bytes, where")]
)
def test_another_length_than_is_known_is_refused(
    hub: Hub, part: Path, trouble: str, words: str
) -> None:
    hub.troubles = [trouble]
    with pytest.raises(Unavailable, match=words):
        fetch(hub, part)
    assert not part.exists()


@pytest.mark.parametrize(
    ("trouble", "kind", "words"),
    [
        ("404", NotFound, "has no '/a.onnx'"),
        ("403", Unavailable, "signed in"),
        ("418", Unavailable, "answers 418"),
    ],
)
def test_what_no_attempt_would_change_is_said_at_once(
    hub: Hub, part: Path, trouble: str, kind: type[Exception], words: str
) -> None:
    hub.troubles = [trouble]
    with pytest.raises(kind, match=words):
        fetch(hub, part)
    assert len(hub.asked) == 1


def test_it_can_be_stopped_while_a_slow_server_sends_and_goes_on_later(
    hub: Hub, part: Path
) -> None:
    hub.troubles = [f"slow:{HALF}"]

    def report(done: int, total: int) -> None:
        if done == HALF:
            raise Stopped("Stopped.")

    download = Download(Web(trusted=[hub.url]), part, None, known=False)
    with pytest.raises(Stopped):
        download.run(f"{hub.url}/a.onnx", report)
    assert part.stat().st_size == HALF
    fetch(hub, part, known=False, total=None)
    assert part.read_bytes() == WEIGHTS
    assert hub.sent() == ["", f"bytes={HALF}-"]


def test_only_https_is_asked_and_redirected_to(hub: Hub, part: Path) -> None:
    with pytest.raises(Refused, match="no https address"):
        Web().open(f"{hub.url}/a.onnx")
    for url in ("file:///etc/passwd", "ftp://example.com/x", "http://[", ""):
        with pytest.raises(Refused, match="no https address"):
            Web(trusted=[hub.url]).open(url)
    assert not hub.asked


class Peer:
    """A connection to a machine of that address."""

    def __init__(self, address: str) -> None:
        self.address, self.sock, self.is_open = address, self, True

    def getpeername(self) -> tuple[str, int]:
        return self.address, 443

    def close(self) -> None:
        self.is_open = False


@pytest.mark.parametrize(
    "address", ["10.0.0.5", "127.0.0.1", "169.254.169.254", "::1", "fe80::1%1"]
)
def test_no_machine_of_a_private_network_is_asked(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HTTPS_PROXY", raising=False)
    monkeypatch.delenv("https_proxy", raising=False)
    peer: Any = Peer(address)
    with pytest.raises(Refused, match="in a private network"):
        Web().check_peer("models.example", 443, peer)
    assert not peer.is_open
    Web(trusted=["https://models.example"]).check_peer("models.example", 443, peer)
    Web().check_peer("models.example", 443, Peer("1.1.1.1"))  # type: ignore[arg-type]


def test_a_server_that_does_not_prove_who_it_is_is_not_believed(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("This needs openssl.")
    files = ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")]
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    more = ["-nodes", "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run([*make, *more, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    with serving() as hub:
        hub.socket = context.wrap_socket(hub.socket, server_side=True)
        url = f"https://localhost:{hub.server_port}"
        download = Download(Web(trusted=[url]), tmp_path / "a.part", None, known=False)
        with pytest.raises(Unavailable, match="does not prove who it is"):
            download.run(f"{url}/a.onnx", lambda *_: None)
        assert hub.asked == []
