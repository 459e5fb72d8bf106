"""`taxiway host` as a teacher uses it: one server process, and the command line beside it."""

import asyncio
import csv
import io
import os
import re
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from hosting.certificates import make_certificate
from hosting.process import Hosting, hosting
from paths import FIXTURES, ROOT, TESTS
from taxiway import cli
from taxiway.commands import host
from taxiway.hosting.address import RUNWAY
from taxiway.hosting.app import Settings, addresses, serving
from taxiway.hosting.store import Store

COMMAND = Path(host.__file__).read_text()
SMALL: dict[str, Any] = {"seed": 1, "size": 32}


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosting]:
    """A server that runs for the whole file, and hosts a public painter."""
    with hosting(tmp_path_factory.mktemp("school")) as host:
        host.host("create", "open", "--model", "painter", "--public")
        host.serve()
        yield host


@pytest.mark.smoke
def test_from_nothing_to_a_class(school: Hosting) -> None:
    made = school.host(
        "create", "class-7b", "--model", "painter", "--label", "7b", "--price", "0.01"
    )
    assert f"{school.url}/class-7b/v1\n" in made
    assert f"{school.url}/class-7b.hosted-models.runwayml.cloud/v1\n" in made
    token = re.findall(r"tw_\S+", made)[0]
    assert school.ask("class-7b").status_code == 401
    assert school.ask("class-7b", token, **SMALL).json()["image"].startswith("data:image/jpeg")
    assert school.ask("class-7b", token, seed="x").status_code == 500
    listed = school.host("list")
    assert re.search(r"^class-7b +painter +private +running +2$", listed, re.MULTILINE)
    used = list(csv.DictReader(io.StringIO(school.host("usage", "class-7b", "--csv"))))
    assert [used[0][name] for name in ("label", "requests", "errors", "cost")] == [
        "7b", "2", "1", "0.02",
    ]  # fmt: skip
    assert token not in school.host("token", "list")


def test_what_the_command_line_changes_holds_for_the_next_request(school: Hosting) -> None:
    token = school.token("create", "changing", "--model", "painter")
    school.host("deactivate", "changing")
    assert school.ask("changing", token, **SMALL).status_code == 404
    school.host("activate", "changing")
    other = school.token("token", "create", "changing", "--label", "7c", "--budget-requests", 1)
    statuses = [school.ask("changing", other, **SMALL).status_code for _ in range(2)]
    assert statuses == [200, 401]
    number = re.findall(r"^ *(\d+) +changing +first", school.host("token", "list"), re.MULTILINE)[0]
    school.host("token", "revoke", number)
    assert school.ask("changing", token, **SMALL).status_code == 401
    school.host("remove", "changing")
    assert school.ask("changing", other, **SMALL).status_code == 404


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["create", "Upper", "--model", "painter"], "A hosted model's name is"),
        (["create", "open", "--model", "painter"], "There is a hosted model 'open' already."),
        (["create", "new", "--model", "nothing"], "No model named 'nothing'."),
        (["create", "new", "--model", "painter", "--command", "sing"], "No command named 'sing'."),
        (["create", "new", "--model", "painter", "--option", "x=1"], "has no option 'x'"),
        (["create", "new", "--model", "painter", "--rate", "fast"], "A rate is written as"),
        (["create", "new", "--model", "painter", "--idle", "0"], "--idle takes a number"),
        (["create", "new", "--model", "painter", "--budget-requests", "0"], "A budget is"),
        (["token", "create", "nobody"], "No hosted model named 'nobody'."),
        (["token", "revoke", "999"], "No token has the number 999"),
        (["usage", "nobody"], "No hosted model named 'nobody'."),
        (["create", "new", "--model", "painter", "--copies", "0"], "--copies takes a number"),
        (["serve", "--store", "postgresql://"], "say by --reached-at where the others"),
        (["serve", "--reached-at", "box2"], "--reached-at takes http://ADDRESS:PORT"),
        (["serve", "--name", "a b"], "A name is written as"),
        (["serve", "--behind-proxy", "*"], "--behind-proxy takes an IP address"),
        (["serve", "--key", "k.pem"], "--key belongs to a --certificate"),
        (["serve", "--certificate", "none.pem"], "The certificate none.pem and its key cannot"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    school: Hosting, arguments: list[str], said: str
) -> None:
    done = school.tried(*arguments)
    assert done.returncode == 1
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_page_is_for_people(school: Hosting) -> None:
    page = httpx.get(school.url, timeout=60)
    assert f"{school.url}/open/v1/query" in page.text


def test_nothing_that_was_acknowledged_is_lost_by_kill_9(tmp_path: Path) -> None:
    with hosting(tmp_path) as host:
        token = host.token("create", "class", "--model", "painter")
        host.serve()
        answered = [0] * 4
        enough = threading.Event()
        asking = [
            threading.Thread(target=ask_until_it_ends, args=[host, token, answered, i, enough])
            for i in range(len(answered))
        ]
        for thread in asking:
            thread.start()
        assert enough.wait(60)
        late = host.token("token", "create", "class", "--label", "late")
        assert host.process is not None
        family = psutil.Process(host.process.pid).children(recursive=True)
        host.kill()
        for thread in asking:
            thread.join()
        with Store(tmp_path) as store:
            kept = store.tokens("class")
        assert psutil.wait_procs(family, timeout=60)[1] == []
        assert sum(answered) >= 100
        assert sum(answered) <= kept[0].requests <= sum(answered) + len(answered)
        assert [known.label for known in kept] == ["first", "late"]
        assert "No server runs" in host.host("list")
        host.serve()
        assert host.ask("class", late, **SMALL).status_code == 200
        host.stop()


def ask_until_it_ends(
    host: Hosting, token: str, answered: list[int], i: int, enough: threading.Event
) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(timeout=60, headers=headers) as client:
        try:
            while True:
                answer = client.post(f"{host.url}/class/v1/query", json=SMALL)
                answered[i] += answer.status_code == 200
                if sum(answered) >= 100:
                    enough.set()
        except httpx.HTTPError:
            pass


def test_no_token_is_ever_printed_by_the_server_or_kept(tmp_path: Path) -> None:
    with hosting(tmp_path) as host:
        token = host.token("create", "class", "--model", "painter")
        host.serve("--host", "0.0.0.0")
        host.ask("class", token, **SMALL)
        host.ask("class", token, seed="x")
        httpx.get(f"{host.url}/{token}/v1?token={token}", timeout=60)
        said = host.said + host.stop()
        assert "class is running." in said
        assert token not in said
        for path in tmp_path.iterdir():
            assert token.encode() not in path.read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_model_sleeps_until_asked_and_the_server_ends_with_its_workers(tmp_path: Path) -> None:
    with hosting(tmp_path) as host:
        host.host("create", "open", "--model", "painter", "--public", "--idle", "0.2")
        host.serve()
        assert host.process is not None
        assert re.search(r"^open .* asleep ", host.host("list"), re.MULTILINE)
        assert host.ask("open", **SMALL).status_code == 200
        family = psutil.Process(host.process.pid).children(recursive=True)
        assert host.process.stdout is not None
        for line in host.process.stdout:
            if "fell asleep" in line:
                break
        assert httpx.get(f"{host.url}/open/v1", timeout=60).json()["status"] == "starting"
        assert host.ask("open", **SMALL).status_code == 200
        host.process.send_signal(signal.SIGINT)
        assert host.process.wait(15) == 0
        _, alive = psutil.wait_procs(family, timeout=60)
        assert not alive
        host.process.communicate()
        host.process = None
        assert "asleep" in host.host("list")


def test_a_copy_of_the_data_is_all_that_another_machine_needs(
    school: Hosting, tmp_path: Path
) -> None:
    token = school.token("create", "moved", "--model", "painter")
    school.ask("moved", token, **SMALL)
    school.host("backup", tmp_path / "hosted.db")
    with hosting(tmp_path) as other:
        other.serve()
        assert other.ask("moved", token, **SMALL).status_code == 200
        assert re.search(r"^moved .* 2 ", other.host("usage"), re.MULTILINE)
        other.stop()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a self-signed certificate for localhost."""
    if shutil.which("openssl") is None:
        if os.environ.get("CI"):
            pytest.fail("The TLS tests need openssl.")
        pytest.skip("The TLS tests need openssl.")
    folder = tmp_path_factory.mktemp("certificate")
    make_certificate(folder)
    return folder


def test_https_by_a_certificate(certificate: Path, tmp_path: Path) -> None:
    cert = certificate / "cert.pem"
    with hosting(tmp_path) as host:
        host.host("create", "open", "--model", "painter", "--public")
        host.serve("--certificate", str(cert), "--key", str(certificate / "key.pem"))
        assert host.url.startswith("https://localhost:")
        trusting = ssl.create_default_context(cafile=str(cert))
        with httpx.Client(verify=trusting, timeout=60) as client:
            answer = client.post(f"{host.url}/open/v1/query", json=SMALL)
            assert answer.status_code == 200
            assert f"{host.url}/open/v1/query" in client.get(host.url).text
            own = {"Host": f"open.{RUNWAY}"}
            sni = {"sni_hostname": f"open.{RUNWAY}"}
            answer = client.get(f"{host.url}/v1/", headers=own, extensions=sni)
            assert answer.json()["status"] == "running"
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            httpx.get(host.url, timeout=60)
        host.stop()


async def test_a_certificate_that_is_renewed_is_taken_without_a_restart(
    certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taxiway.hosting.certificate.LOOK_SECONDS", 0.02)
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    for file in (cert, key):
        shutil.copy(certificate / file.name, file)
    settings = Settings(port=0, certificate=str(cert), key=str(key))
    async with serving(tmp_path, settings) as listener:
        before = await shown(listener.port)
        kept_open = httpx.AsyncClient(
            verify=False, base_url=f"https://127.0.0.1:{listener.port}", timeout=60
        )
        assert (await kept_open.get("/healthz")).status_code == 200
        cert.write_text("half of it")
        await asyncio.sleep(0.1)
        assert await shown(listener.port) == before
        make_certificate(tmp_path)
        while await shown(listener.port) == before:
            await asyncio.sleep(0.02)
        assert await shown(listener.port) == ssl.PEM_cert_to_DER_cert(cert.read_text())
        assert (await kept_open.get("/healthz")).status_code == 200
        await kept_open.aclose()


async def shown(port: int) -> bytes | None:
    """The certificate that a new connection is shown."""
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting)
    found: bytes | None = writer.get_extra_info("ssl_object").getpeercert(True)
    writer.close()
    await writer.wait_closed()
    return found


def test_a_key_that_asks_for_a_password_is_refused_in_a_sentence(
    certificate: Path, tmp_path: Path
) -> None:
    locked = tmp_path / "locked.pem"
    lock = ["openssl", "rsa", "-aes256", "-passout", "pass:secret"]
    files = ["-in", str(certificate / "key.pem"), "-out", str(locked)]
    subprocess.run([*lock, *files], check=True, capture_output=True)
    with hosting(tmp_path) as host:
        done = host.tried("serve", "--certificate", certificate / "cert.pem", "--key", locked)
    assert done.returncode == 1
    assert "cannot be used" in done.stderr


def test_only_the_proxy_is_believed_about_who_asks(tmp_path: Path) -> None:
    spoofed = {"X-Forwarded-For": "203.0.113.5", "X-Forwarded-Proto": "https"}
    with hosting(tmp_path) as host:
        host.host("create", "open", "--model", "painter", "--public", "--rate", "1/h")
        host.serve("--behind-proxy", "--name", "models.example.org")
        assert host.url == "https://models.example.org"
        host.url = f"http://127.0.0.1:{port_of(host)}"
        statuses = []
        for address in ("203.0.113.5", "203.0.113.6", "203.0.113.5"):
            headers = {**spoofed, "X-Forwarded-For": address, "Host": "models.example.org"}
            url = f"{host.url}/open/v1/query"
            statuses.append(httpx.post(url, json=SMALL, headers=headers, timeout=60).status_code)
        assert statuses == [200, 200, 429]
        page = httpx.get(host.url, headers={**spoofed, "Host": "models.example.org"}, timeout=60)
        assert "https://models.example.org/open/v1/query" in page.text
        host.stop()
        host.serve()
        statuses = [
            httpx.post(
                f"{host.url}/open/v1/query",
                json=SMALL,
                headers={"X-Forwarded-For": f"203.0.113.{i}"},
                timeout=60,
            ).status_code
            for i in range(2)
        ]
        assert statuses == [200, 429]
        assert f"{host.url}/open/v1" in httpx.get(host.url, headers=spoofed, timeout=60).text
        host.stop()


def port_of(host: Hosting) -> int:
    assert host.process is not None
    listening = psutil.Process(host.process.pid).net_connections("tcp")
    return int(next(at.laddr.port for at in listening if at.status == psutil.CONN_LISTEN))


def test_a_port_in_use_is_named_and_ends_with_2(tmp_path: Path) -> None:
    with hosting(tmp_path) as host, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = host.tried("serve", "--port", taken.getsockname()[1])
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_the_address_that_people_are_told() -> None:
    assert addresses("https://models.example.org", "cats") == (
        "https://models.example.org/cats/v1",
        "https://models.example.org/cats.hosted-models.runwayml.cloud/v1",
    )
    assert Settings(names=("models.example.org",)).config().allowed_hosts == (
        "models.example.org",
        "*.models.example.org",
        "*.hosted-models.runwayml.cloud",
    )


def test_a_ported_model_is_hosted_like_any_other(school: Hosting) -> None:
    port = TESTS / "families" / "ported" / "ports" / "latent.py"
    token = school.token("create", "ported", "--model", port)
    answer = httpx.get(
        f"{school.url}/ported/v1/info", headers={"Authorization": f"Bearer {token}"}, timeout=60
    )
    assert answer.status_code == 200
    assert answer.json()["outputs"]


def test_a_checkpoint_is_hosted_from_wherever_the_server_starts(school: Hosting) -> None:
    file = FIXTURES / "stylegan2-ada_32.pkl"
    near = os.path.relpath(file)
    assert school.ask("net", school.token("create", "net", "--model", near), seed=1).json()["image"]
    token = school.token("create", "named", "--model", "stylegan", "--checkpoint", near)
    assert school.ask("named", token, seed=1).json()["image"]
    with Store(school.folder) as store:
        assert store.model("net").model == store.model("named").checkpoint == str(file)


async def test_a_class_of_thirty_at_once_is_answered_and_counted(school: Hosting) -> None:
    token = await asyncio.to_thread(school.token, "create", "thirty", "--model", "painter")
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(headers=headers, timeout=60) as client:
        asking = [
            client.post(f"{school.url}/thirty/v1/query", json={"seed": seed, "size": 32})
            for seed in range(30)
        ]
        answers = await asyncio.gather(*asking)
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 30
    with Store(school.folder) as store:
        assert store.tokens("thirty")[0].requests == 30


def test_the_commands_on_the_page_parse_and_its_statuses_are_those_of_the_code() -> None:
    page = (ROOT / "docs" / "hosted.md").read_text()
    commands = re.findall(r"^taxiway (host .*)", page, re.MULTILINE)
    assert len(commands) >= 8
    for command in commands:
        assert cli.parser().parse_args(shlex.split(command)).command == "host"
    told = {int(status) for status in re.findall(r"^\| (\d{3}) \|", page, re.MULTILINE)}
    assert told == {200, 401, 404, 429, 500, 502}
    for option in re.findall(r"`(--[a-z-]+)", page):
        if option not in ("--host-resolver-rules", "--root-path"):  # --root-path is run's, too
            assert f'"{option}"' in COMMAND, option
