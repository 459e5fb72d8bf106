"""Certificates that nobody vouches for."""

import subprocess
from pathlib import Path

from taxiway.hosting.address import RUNWAY


def make_certificate(folder: Path) -> None:
    """`cert.pem` for localhost and Runway's names, and its `key.pem`."""
    subject = ["-subj", "/CN=localhost", "-addext", f"subjectAltName=DNS:localhost,DNS:*.{RUNWAY}"]
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run([*make, *files], check=True, capture_output=True)
