"""The machines of a cluster: Ray's own command, with ports that are known and a token."""

import getpass
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from taxiway.core.errors import InvalidArgument
from taxiway.core.files import write_whole
from taxiway.engine.cluster.settings import HERE, alone_file, quiet, token_file

WORKER_PORTS = 200
PORTS = (
    "node-manager-port",
    "object-manager-port",
    "dashboard-agent-listen-port",
    "dashboard-agent-grpc-port",
    "runtime-env-agent-port",
    "metrics-export-port",
    "ray-client-server-port",
)
"""One each after the head's own, then those of METRICS, then those of Ray's worker processes."""
METRICS = ("AUTOSCALER_METRIC_PORT", "DASHBOARD_METRIC_PORT")
"""Ports that Ray has for itself at the head, and takes from its environment alone."""
NOTICED = {
    "RAY_health_check_period_ms": "1000",
    "RAY_health_check_timeout_ms": "2000",
    "RAY_health_check_failure_threshold": "4",
}
"""A machine whose cable was pulled is given up after about ten seconds; Ray waits for thirty."""
LONGEST_FOLDER = 40
"""Letters; sockets lie in it, whose paths may have 107."""


class Node(Struct, frozen=True, kw_only=True):
    """One machine of a cluster; `head` is the address of the first, "" if it is that.

    `host` is its address for the others. Without one a head is a cluster of this machine alone, and
    listens to nobody else; Ray's other machines find their address by themselves.
    """

    head: str = ""
    host: str = ""
    port: int = 6379
    cpus: int | None = None
    gpus: int | None = None
    memory: int = 200
    folder: Path
    redis: str = ""

    def words(self) -> list[str]:
        """What Ray's command is told. Raises InvalidArgument for a folder with too long a path."""
        if len(str(self.folder)) > LONGEST_FOLDER:
            raise InvalidArgument(
                f"Ray's folder may have {LONGEST_FOLDER} letters with its path, "
                f"'{self.folder}' has {len(str(self.folder))}; name another with --folder.",
                "folder",
            )
        first = self.port + 1
        last = first + len(PORTS) + len(METRICS)
        given = {
            **dict(zip(PORTS, range(first, last), strict=False)),
            "min-worker-port": last,
            "max-worker-port": last + WORKER_PORTS - 1,
            "object-store-memory": self.memory * 10**6,
            "temp-dir": self.folder,
            "include-log-monitor": "false",
            "node-ip-address": HERE if self.is_alone else self.host or None,
            "num-cpus": self.cpus,
            "num-gpus": self.gpus,
            **({"address": self.head} if self.head else self._of_head()),
        }
        flags = [f"--{name}={value}" for name, value in given.items() if value is not None]
        head = [] if self.head else ["--head"]
        return ["start", *head, "--disable-usage-stats", "--log-color=false", *flags]

    def environment(self) -> dict[str, str]:
        """What Ray's processes read from theirs; models are not to stand behind everything else."""
        redis = {"RAY_REDIS_ADDRESS": self.redis} if self.redis else {}
        first = self.port + 1 + len(PORTS)
        metrics = {name: str(first + number) for number, name in enumerate(METRICS)}
        return {"RAY_worker_niceness": "0", **NOTICED, **metrics, **redis}

    def said(self) -> str:
        """What its owner is to know now."""
        if self.is_alone:
            return (
                "The cluster is begun, on this machine alone: none of its ports is open to others. "
                "With --host ADDRESS others can join.\n"
                "Here: taxiway run rainbow --on ray"
            )
        last = self.port + len(PORTS) + len(METRICS) + WORKER_PORTS
        ports = f"Ports {self.port} to {last} are for the cluster's machines, and nobody else."
        if self.head:
            return f"This machine is one of the cluster of {self.head}. {ports}"
        here = f"{self.host}:{self.port}"
        return (
            f"The cluster is begun. {ports}\n"
            f"On each other machine: taxiway cluster join {here}\n"
            f"Its token, which is asked for there, is in {token_file()}.\n"
            "Here: taxiway run rainbow --on ray"
        )

    @property
    def is_alone(self) -> bool:
        """Whether nobody else is to reach it."""
        return not self.head and self.host in ("", HERE, "localhost")

    def keep(self) -> None:
        """Let those of this machine who ask know how to reach it."""
        if self.is_alone:
            write_whole(alone_file(), HERE.encode())
        else:
            alone_file().unlink(missing_ok=True)

    def _of_head(self) -> dict[str, object]:
        return {"port": self.port, "include-dashboard": "false"}


def usual_folder() -> Path:
    """A short one for this user."""
    return Path(tempfile.gettempdir()) / f"taxiray-{getpass.getuser()}"[:20]


def keep_token(given: Path | None, is_new: bool) -> None:
    """Keep the cluster's token: that of a file, a new one, or what is typed."""
    if given is not None:
        token = given.read_text(encoding="utf-8").strip()
    elif is_new:
        token = secrets.token_hex(32)
    else:
        token = getpass.getpass("The cluster's token (cluster-token at the head): ").strip()
    if len(token) < 16:
        raise InvalidArgument("A cluster's token has 16 letters or more.", "token")
    token_file().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(token_file(), token.encode())
    token_file().chmod(0o600)


def ray(*words: str, environment: Mapping[str, str] = {}) -> int:
    """Ray's own command, of whose words only what went wrong is passed on; its exit code."""
    env = {**os.environ, **environment}
    quiet(env)
    line = [sys.executable, "-m", "ray.scripts.scripts", *words]
    found = subprocess.run(line, env=env, check=False, capture_output=True, text=True)
    if found.returncode:
        lines = (found.stderr or found.stdout).strip().splitlines() or ["Ray said nothing."]
        print(lines[-1], file=sys.stderr)
    elif words[0] != "start":
        print(found.stdout.strip())
    return found.returncode
