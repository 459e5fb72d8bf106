"""Which cluster, and how much of it: the one line that `--on` takes."""

import contextlib
import re
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from taxiway.core.errors import InvalidArgument

PORT = 6379
MOST_REPLICAS = 1000
HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}|[0-9a-fA-F:.]{2,45}")
REPLICAS = re.compile(r"(\d{1,4})(?:-(\d{1,4}))?")


def is_cluster(address: str) -> bool:
    """Whether an address means a Ray cluster."""
    return re.match(r"ray(\?|://|$)", address) is not None


class Cluster(NamedTuple):
    """`ray` or `ray://HEAD[:PORT]`, and `?replicas=2`, `replicas=0-4`, `gpus=0.5`, `cpus=2`.

    `head` is "" for the cluster that this machine belongs to. `gpus` and `cpus` are one replica's,
    None for what is usual.
    """

    head: str = ""
    least: int = 1
    most: int = 1
    gpus: float | None = None
    cpus: float | None = None

    @staticmethod
    def of(address: str) -> "Cluster":
        """The parts of an address. Raises InvalidArgument for any other text."""
        with contextlib.suppress(ValueError):
            url = urlsplit(address if "://" in address else address.replace("ray", "ray://", 1))
            given = dict(
                parse_qsl(url.query, keep_blank_values=True, strict_parsing=bool(url.query))
            )
            fits = url.scheme == "ray" and not (url.username or url.fragment or url.path)
            if fits and (not url.netloc or HOST.fullmatch(url.hostname or "")):
                least, most = _replicas(given.pop("replicas", "1"))
                gpus, cpus = _share(given.pop("gpus", None)), _share(given.pop("cpus", None))
                if not given:
                    host = f"[{url.hostname}]" if ":" in (url.hostname or "") else url.hostname
                    head = f"{host}:{url.port or PORT}" if host else ""
                    return Cluster(head, least, most, gpus, cpus)
        raise InvalidArgument(
            "'on' takes ray or ray://HEAD:PORT, with ?replicas=2, replicas=0-4, gpus=0.5 or "
            f"cpus=2 if need be, got {address[:80]!r}.",
            "on",
        )

    @property
    def words(self) -> str:
        """What people call it."""
        return f"the cluster of {self.head}" if self.head else "this machine's cluster"


def _replicas(text: str) -> tuple[int, int]:
    found = REPLICAS.fullmatch(text)
    if found is None:
        raise ValueError
    least = int(found[1])
    most = int(found[2] or found[1])
    if not least <= most <= MOST_REPLICAS or most == 0:
        raise ValueError
    return least, most


def _share(text: str | None) -> float | None:
    """A number of GPUs or processors; more than one of them is a whole number, says Ray."""
    if text is None:
        return None
    share = float(text)
    if not 0 <= share <= 1024 or (share > 1 and share != int(share)):
        raise ValueError
    return share
