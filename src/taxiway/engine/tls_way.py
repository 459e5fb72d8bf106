"""A way to a worker by TLS: who listens shows a certificate of its own, both prove a secret.

Whoever connects knows the certificate by its SHA-256, and no authority vouches for it. Both ends
then answer each other's random numbers with a secret that both have (HMAC-SHA-256 over the numbers
and the certificate's fingerprint, RFC 2104), which itself never goes over the way. After that,
bytes to and from a `taxiway worker`.
"""

import asyncio
import contextlib
import datetime
import hashlib
import hmac
import os
import secrets
import signal
import socket
import ssl
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

from taxiway.core.errors import ModelFailed, TaxiwayError
from taxiway.core.extras import install_line
from taxiway.engine.places import ALIVE_SECONDS, CONNECT_SECONDS, MISSED, TlsPlace

NUMBER = 32
PIECE = 2**16
PROOF_SECONDS = 10
MOST_UNPROVED = 64
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Identity(NamedTuple):
    """What a listening side is known by: its certificate with its fingerprint, and a secret."""

    key: Path
    certificate: Path
    pin: str
    secret: str


def identity(folder: Path) -> Identity:
    """That of this machine, made when it is asked for first. Raises ModelFailed."""
    key, certificate, secret = (folder / name for name in ("key.pem", "cert.pem", "secret"))
    if not secret.exists():
        _make(folder, key, certificate)
        _write(secret, secrets.token_urlsafe(24).encode())
    der = ssl.PEM_cert_to_DER_cert(certificate.read_text())
    return Identity(key, certificate, pin_of(der), secret.read_text())


def pin_of(certificate: bytes) -> str:
    """The fingerprint of a certificate (DER)."""
    return f"sha256:{hashlib.sha256(certificate).hexdigest()}"


def _make(folder: Path, key: Path, certificate: Path) -> None:
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
    except ModuleNotFoundError:
        said = f"To make a certificate, cryptography is needed: {install_line('tls')}."
        raise ModelFailed(said) from None
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "taxiway worker")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=36500))
        .sign(private, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    form, none = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    _write(key, private.private_bytes(pem, form, none))
    _write(certificate, made.public_bytes(pem))


def _write(path: Path, data: bytes) -> None:
    with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)


def proof(secret: str, who: bytes, *said: bytes) -> bytes:
    """What only who has the secret can answer."""
    return hmac.digest(secret.encode(), b"|".join((who, *said)), "sha256")


class Door:
    """Listens for whoever proves the secret, and starts a worker for each."""

    def __init__(self, own: Identity, command: list[str]) -> None:
        self._own, self._command = own, command
        self._unproved = 0
        self._visits = set[asyncio.Task[None] | None]()

    @contextlib.asynccontextmanager
    async def open(self, host: str, port: int) -> AsyncIterator[int]:
        """Listen, for TLS 1.3 alone, until the block ends; the port."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(self._own.certificate, self._own.key)
        server = await asyncio.start_server(
            self._come, host, port, ssl=context, ssl_handshake_timeout=PROOF_SECONDS
        )
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            visits = [visit for visit in self._visits if visit is not None]
            for visit in visits:
                visit.cancel()
            await asyncio.gather(*visits, return_exceptions=True)

    async def _come(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._visits.add(visit := asyncio.current_task())
        # That this ends cancelled is of interest to nobody, and would be logged.
        with contextlib.suppress(OSError, EOFError, TimeoutError, asyncio.CancelledError):
            if await self._is_known(reader, writer):
                keep_alive(writer.get_extra_info("socket"))
                await self._serve((reader, writer))
        writer.transport.abort()
        self._visits.discard(visit)

    async def _is_known(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        if self._unproved >= MOST_UNPROVED:
            return False
        self._unproved += 1
        try:
            async with asyncio.timeout(PROOF_SECONDS):
                ours = secrets.token_bytes(NUMBER)
                writer.write(ours)
                theirs, said = await reader.readexactly(NUMBER), await reader.readexactly(NUMBER)
                pin = self._own.pin.encode()
                if not hmac.compare_digest(
                    said, proof(self._own.secret, b"comes", ours, theirs, pin)
                ):
                    await asyncio.sleep(1)  # nobody tries many
                    return False
                writer.write(proof(self._own.secret, b"is there", ours, theirs, pin))
                return True
        finally:
            self._unproved -= 1

    async def _serve(self, there: Streams) -> None:
        worker = await asyncio.create_subprocess_exec(
            *self._command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        assert worker.stdin is not None
        assert worker.stdout is not None
        try:
            await joined(there, (worker.stdout, worker.stdin))
        finally:
            # Its own `kill` may take the exit code from who waits for it, which is then logged.
            if worker.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(worker.pid, signal.SIGKILL)
            await worker.wait()


async def connect(place: TlsPlace, secret: str) -> Streams:
    """The way to a worker. Raises ModelFailed with the reason where there is none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # the pin says who it is
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    where = f"{place.host}:{place.port}"
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(place.host, place.port, ssl=context)
            try:
                await _prove(reader, writer, place, secret)
            except BaseException:
                writer.transport.abort()
                raise
    except EOFError:
        raise ModelFailed(f"{where} does not take the secret of this side") from None
    except TimeoutError:
        raise ModelFailed(f"{where} did not answer within {CONNECT_SECONDS} s") from None
    except ssl.SSLError as error:
        raise ModelFailed(f"{where} does not speak TLS: {error.reason}") from None
    except OSError as error:
        raise ModelFailed(f"{where}: {error.strerror or error}") from None
    keep_alive(writer.get_extra_info("socket"))
    return reader, writer


async def _prove(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, place: TlsPlace, secret: str
) -> None:
    certificate = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    if (shown := pin_of(certificate)) != place.pin:
        raise ModelFailed(
            f"{place.host}:{place.port} shows another certificate than the pinned one, {shown}; "
            f"if that is as it should be, add the machine again with this fingerprint"
        )
    theirs, ours, pin = await reader.readexactly(NUMBER), secrets.token_bytes(NUMBER), place.pin
    writer.write(ours + proof(secret, b"comes", theirs, ours, pin.encode()))
    said = await reader.readexactly(NUMBER)
    if not hmac.compare_digest(said, proof(secret, b"is there", theirs, ours, pin.encode())):
        raise ModelFailed(f"{place.host} does not have the secret of this side")


def keep_alive(own: socket.socket) -> None:
    """Notice within seconds that a silent way is broken."""
    own.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for name, value in (
        ("TCP_KEEPIDLE", ALIVE_SECONDS),
        ("TCP_KEEPALIVE", ALIVE_SECONDS),  # its name on macOS
        ("TCP_KEEPINTVL", ALIVE_SECONDS),
        ("TCP_KEEPCNT", MISSED),
        ("TCP_USER_TIMEOUT", 1000 * ALIVE_SECONDS * (MISSED + 1)),
    ):
        if (option := getattr(socket, name, None)) is not None:
            with contextlib.suppress(OSError):
                own.setsockopt(socket.IPPROTO_TCP, option, value)


async def joined(one: Streams, other: Streams) -> None:
    """Carry bytes both ways until one of them ends."""
    ways = [
        asyncio.create_task(_carried(one[0], other[1])),
        asyncio.create_task(_carried(other[0], one[1])),
    ]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)


async def _carried(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(PIECE):
            writer.write(data)
            await writer.drain()


async def closed(writer: asyncio.StreamWriter) -> None:
    """Close a stream, whatever its other end does."""
    writer.close()
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(1):
            await writer.wait_closed()


async def carry(place: TlsPlace, secret: str) -> None:
    """Be the way: bytes of standard input go there, what comes goes to standard output."""
    # Whoever started this has given one socket for both.
    own = socket.socket(fileno=os.dup(0))
    here = await asyncio.open_unix_connection(sock=own)
    there = await connect(place, secret)
    await joined(here, there)
    await closed(there[1])
    await closed(here[1])


def carried(place: TlsPlace, secret: str) -> int:
    """`carry`, with an exit code; what is wrong goes to standard error."""
    try:
        asyncio.run(carry(place, secret))
    except TaxiwayError as error:
        print(str(error), file=sys.stderr, flush=True)
        return 255
    return 0
