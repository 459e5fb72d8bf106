"""The certificate of a server: checked before it starts, and taken anew when its file changes."""

import asyncio
import logging
import ssl
from pathlib import Path

from taxiway.core.errors import InvalidArgument
from taxiway.web.listen import Listener

log = logging.getLogger("taxiway.servers")

LOOK_SECONDS = 5.0


def check_certificate(certificate: str | None, key: str | None) -> None:
    """Raises InvalidArgument in a sentence where they are no pair that can be used."""
    if certificate is None:
        if key is not None:
            raise InvalidArgument("--key belongs to a --certificate; give both.")
        return
    try:
        # Without a password OpenSSL would ask for one in the terminal.
        ssl.create_default_context().load_cert_chain(certificate, key, password=lambda: "")
    except (OSError, ValueError) as error:
        raise InvalidArgument(
            f"The certificate {certificate} and its key cannot be used: {error}."
        ) from None


async def keep_renewed(listener: Listener) -> None:
    """Take a renewed certificate for the connections that come then, for ever.

    One that cannot be used, such as half of a pair whose other half is still to come, is said, and
    the one before stays.
    """
    config = listener.config
    if config.certificate is None or listener.tls is None:
        return
    known = _versions(config.certificate, config.key)
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        found = _versions(config.certificate, config.key)
        if found == known:
            continue
        known = found
        try:
            check_certificate(config.certificate, config.key)
        except InvalidArgument as error:
            log.error("%s The one before stays in use.", error)
        else:
            listener.tls.load_cert_chain(config.certificate, config.key, password=lambda: "")
            print("The certificate was renewed.", flush=True)


def _versions(*files: str | None) -> list[tuple[int, int, int]]:
    return [_version(Path(file)) for file in files if file is not None]


def _version(file: Path) -> tuple[int, int, int]:
    try:
        found = file.stat()
    except OSError:
        return (0, 0, 0)
    return found.st_ino, found.st_size, found.st_mtime_ns
