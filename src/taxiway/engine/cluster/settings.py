"""How Ray is to behave: no statistics to its makers, few words, and only who has the token."""

import os
from collections.abc import MutableMapping
from pathlib import Path

from taxiway.catalog.folder import data_path

QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_SERVE_LOG_TO_STDERR": "0",
    "RAY_LOG_TO_DRIVER": "0",
    "RAY_COLOR_PREFIX": "0",
    "RAY_SERVE_USE_GRPC_BY_DEFAULT": "0",
}


HERE = "127.0.0.1"
ALONE = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"
"""At 0 Ray takes a machine's address to be HERE, as it does by itself on those systems, and listens
there alone; else it listens at all addresses, whatever it is told."""


def alone_file() -> Path:
    """There is one while the cluster that Taxiway started here is of this machine alone."""
    return data_path() / "cluster-alone"


def token_file() -> Path:
    """Where the token of a cluster that Taxiway started or joined is kept."""
    return data_path() / "cluster-token"


def quiet(environment: MutableMapping[str, str]) -> None:
    """Set what Ray reads from its environment; what is set there already stays."""
    for name, value in QUIET.items():
        environment.setdefault(name, value)
    if alone_file().is_file():
        environment.setdefault(ALONE, "0")
    if "RAY_AUTH_MODE" not in os.environ and token_file().is_file():
        environment["RAY_AUTH_MODE"] = "token"
        environment["RAY_AUTH_TOKEN_PATH"] = str(token_file())
