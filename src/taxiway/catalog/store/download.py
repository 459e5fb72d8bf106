"""One file from the web to the disk: resumed where it broke off, bounded by what is announced."""

import os
import re
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from taxiway.catalog.store.hashes import PIECE
from taxiway.catalog.store.wanted import MOST_BYTES
from taxiway.catalog.store.web import Answer, Web
from taxiway.core.errors import NotFound, TaxiwayError, Unavailable
from taxiway.core.files import write_whole
from taxiway.core.parsing import Malformed, from_json

TRIES = 5
"""Attempts in a row that bring nothing."""
WAIT_SECONDS = 1.0
"""Before the second of them; each wait is twice the one before."""
TICK_SECONDS = 0.2
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)", re.ASCII)

Report = Callable[[int, int], None]
"""Takes how many bytes are there, and of how many; what it raises ends the download."""


class Broken(Exception):
    """It broke off; what came is kept, and it is worth another attempt. A clause."""


class Beginning(Struct):
    """What is known of a part: which file it begins."""

    url: str
    etag: str
    total: int


class Download:
    """`part` grows until it is the whole file; with it lies a note of which file that is.

    `total` is its size and `known` whether its contents will be checked by a hash: a part of such a
    file may come from anywhere.
    """

    def __init__(
        self, web: Web, part: Path, total: int | None, known: bool, wait: float | None = None
    ) -> None:
        self._web, self._part, self._total, self._known = web, part, total, known
        self._note = part.with_suffix(".json")
        self._wait = WAIT_SECONDS if wait is None else wait

    def run(self, url: str, report: Report) -> Answer:
        """Fetch the rest of it. Raises NotFound, Unavailable, Refused, or what `report` raises."""
        tries = 0
        while True:
            before = self.size
            try:
                return self._attempt(url, report)
            except Broken as broken:
                tries = 1 if self.size > before else tries + 1
                if tries >= TRIES:
                    raise Unavailable(
                        f"{host_of(url)} does not send it ({broken}); what came is kept, and the "
                        "same command goes on from there."
                    ) from None
            self._rest(self._wait * 2 ** (tries - 1), report)

    @property
    def size(self) -> int:
        """Bytes that are there."""
        return self._part.stat().st_size if self._part.exists() else 0

    def forget(self) -> None:
        """Begin anew at the next attempt."""
        self._part.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def _attempt(self, url: str, report: Report) -> Answer:
        headers = self._continued(url)
        try:
            answer = self._web.open(url, headers)
        except HTTPError as error:
            raise self._refusal(url, error) from None
        except TaxiwayError:
            raise
        except (OSError, HTTPException) as error:
            raise _trouble(url, error) from None
        with answer.response:
            start, total = self._place(url, answer.response)
            self._check_size(url, total)
            report(start, total)
            write_whole(
                self._note,
                msgspec.json.encode(Beginning(url, strong(answer.header("ETag")), total)),
            )
            self._take(answer.response, start, total, report)
        return answer

    def _continued(self, url: str) -> dict[str, str]:
        """The headers that ask for the rest; where that may be of another file, all of it."""
        if not self.size:
            return {}
        try:
            begun: Beginning | None = from_json(self._note.read_bytes(), Beginning, 10_000)
        except (OSError, Malformed):
            begun = None
        is_same = begun is not None and begun.url == url and bool(begun.etag)
        too_long = self._total is not None and self.size >= self._total
        if too_long or not (self._known or is_same):
            self.forget()
            return {}
        conditional = {"If-Range": begun.etag} if begun is not None and is_same else {}
        return {"Range": f"bytes={self.size}-", **conditional}

    def _place(self, url: str, response: HTTPResponse) -> tuple[int, int]:
        """Where what comes begins, and how large the whole is."""
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise Unavailable(f"{host_of(url)} sends it packed, which was not asked for.")
        if response.status == 206:
            found = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
            if found is None or int(found[1]) != self.size:
                self.forget()
                raise Broken("it answers with another part than was asked for")
            return int(found[1]), int(found[3])
        length = response.headers.get("Content-Length", "")
        if length.isdigit():
            return 0, int(length)
        if self._total is None:
            raise Unavailable(f"{host_of(url)} does not say how large it is, so it is not fetched.")
        return 0, self._total

    def _check_size(self, url: str, total: int) -> None:
        if self._total is not None and total != self._total:
            self.forget()
            raise Unavailable(
                f"{host_of(url)} has a file of {total} bytes, where it should have {self._total}; "
                "nothing of it was taken."
            )
        if total > MOST_BYTES:
            raise Unavailable(f"{host_of(url)} has a file of {total} bytes, larger than is taken.")

    def _take(self, response: HTTPResponse, start: int, total: int, report: Report) -> None:
        with self._part.open("r+b" if start else "wb", buffering=0) as file:
            file.truncate(start)
            file.seek(start)
            done = start
            while done < total:
                try:
                    piece = response.read1(min(PIECE, total - done))
                except (OSError, HTTPException) as error:
                    raise Broken(_words(error)) from None
                if not piece:
                    raise Broken(f"it broke off after {done} of {total} bytes")
                file.write(piece)
                done += len(piece)
                report(done, total)
            os.fsync(file.fileno())

    def _refusal(self, url: str, error: HTTPError) -> Exception:
        """What a status other than one of success means."""
        with error:
            if error.code == 416:
                self.forget()
                return Broken("it has less of it than was kept")
            if error.code in (404, 410):
                return NotFound(f"{host_of(url)} has no '{urlsplit(url).path}'.")
            if error.code in (401, 403):
                return Unavailable(
                    f"{host_of(url)} gives it only to those who are signed in there."
                )
            if error.code == 429 or error.code >= 500:
                return Broken(f"it answers {error.code}")
            return Unavailable(f"{host_of(url)} answers {error.code} {error.reason}.")

    def _rest(self, seconds: float, report: Report) -> None:
        """Wait, ready to be stopped."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            report(self.size, self._total or 0)
            time.sleep(min(TICK_SECONDS, seconds))


def host_of(url: str) -> str:
    """Whom an address asks, in quotes."""
    return f"'{urlsplit(url).netloc or url}'"


def strong(etag: str) -> str:
    """An ETag that stands for the very bytes, else ""."""
    return etag if etag.startswith('"') else ""


def _trouble(url: str, error: Exception) -> Exception:
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, TaxiwayError):
        return reason
    if isinstance(reason, ssl.SSLCertVerificationError):
        return Unavailable(
            f"{host_of(url)} does not prove who it is ({reason.verify_message}), so nothing is "
            "taken from there."
        )
    return Broken(_words(reason))


def _words(error: object) -> str:
    told = ""
    with suppress(AttributeError):
        told = error.strerror or ""  # type: ignore[attr-defined]
    return (told or str(error) or type(error).__name__).strip(".").lower()
