"""nginx and Caddy in front of a server, below a path, with TLS, as docs/http.md has them."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from paths import ROOT

HTTP = (ROOT / "docs" / "http.md").read_text(encoding="utf-8")
SECONDS = 60
NGINX = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {folder}/cert.pem;
        ssl_certificate_key {folder}/key.pem;
        {location}
    }}
}}
"""
CADDY = """
{{
    admin off
    auto_https disable_redirects
    skip_install_trust
}}
https://localhost:{port}, https://studio.example.org:{port} {{
    tls {folder}/cert.pem {folder}/key.pem
    {site}
}}
"""


def program(name: str) -> str:
    """Where it is; the test is skipped, by name, on a machine without it."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin")
    asks = [found or name, "-v" if name == "nginx" else "version"]
    # What was merely unpacked may lack a library.
    if found is None or subprocess.run(asks, capture_output=True).returncode:
        pytest.skip(f"{name} is missing; scripts/test.py brings it where Debian has it.")
    return found


def certificate(folder: Path) -> None:
    """`cert.pem` and `key.pem`, self-signed, for localhost."""
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    make = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject, *files]
    subprocess.run([program("openssl"), *make], check=True, capture_output=True)


def nginx(port: int, upstream: int, folder: Path, strips: bool, path: str = "/taxi") -> list[str]:
    """The command of an nginx; `strips` is whether it takes the path away."""
    [location] = re.findall(r"^(location /taxi/ \{.*?^\})", HTTP, re.MULTILINE | re.DOTALL)
    location = location.replace("127.0.0.1:8000", f"127.0.0.1:{upstream}{'/' if strips else ''}")
    text = NGINX.format(port=port, folder=folder, location=location.replace("/taxi", path))
    (folder / "nginx.conf").write_text(text)
    return [program("nginx"), "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")]


def caddy(port: int, upstream: int, folder: Path, strips: bool, path: str = "/taxi") -> list[str]:
    """The command of a Caddy."""
    [site] = re.findall(r"^studio\.example\.org \{\n(.*?)^\}", HTTP, re.MULTILINE | re.DOTALL)
    if strips:
        site = "redir /taxi /taxi/\nhandle_path /taxi/* {\n reverse_proxy 127.0.0.1:8000\n}"
    site = site.replace("127.0.0.1:8000", f"127.0.0.1:{upstream}").replace("/taxi", path)
    (folder / "Caddyfile").write_text(CADDY.format(port=port, folder=folder, site=site))
    return [program("caddy"), "run", "--config", str(folder / "Caddyfile")]


def free_port() -> int:
    """A port that nobody has now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


PROXIES = {"nginx": nginx, "caddy": caddy}


@contextlib.contextmanager
def running(name: str, upstream: int, folder: Path, strips: bool, path: str) -> Iterator[int]:
    """The port of a proxy that shows `upstream` below `path`."""
    certificate(folder)
    port = free_port()
    command = PROXIES[name](port, upstream, folder, strips, path)
    home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    process = subprocess.Popen(
        command, env={**os.environ, **home}, stderr=subprocess.PIPE, text=True
    )
    try:
        for _ in range(100 * SECONDS):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            if process.poll() is not None:
                raise AssertionError(f"{name} ended: {process.communicate()[1]}")
            time.sleep(0.01)
        yield port
    finally:
        process.terminate()
        process.communicate()
