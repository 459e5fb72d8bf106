"""Other machines that models can run on, by the names that the user gave them."""

import json
import os
import re
from pathlib import Path

from taxiway.catalog.folder import data_path
from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.core.files import write_whole

CLUSTER = "ray"
"""What this machine's cluster is called, which needs no adding."""
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def remotes() -> dict[str, str]:
    """Their addresses by name. Raises InvalidArgument for a file that somebody damaged."""
    file = place()
    try:
        found = json.loads(file.read_bytes())
    except FileNotFoundError:
        return {}
    except ValueError:
        found = None
    if isinstance(found, dict) and all(isinstance(each, str) for each in found.values()):
        return found
    raise InvalidArgument(f"'{file}' is no list of machines; mend or remove it.")


def address_of(box: str) -> str:
    """The address that a name stands for, or the address itself. Raises NotFound."""
    if "://" in box or re.match(r"ray(\?|$)", box):
        return box
    known = remotes()
    if box not in known:
        from taxiway.core.datatypes import names  # the way by TLS starts sooner without it

        there = f"There are: {names(list(known))}" if known else "There is none yet"
        raise NotFound(
            f"No machine is called '{box}'. {there}; add it: taxiway remote add {box} ssh://user@host."
        )
    return known[box]


def check_named(name: str) -> None:
    """Raise NotFound for what is no name of a machine, nor this machine's cluster.

    A client may name what its owner has added, and no address of its own.
    """
    if name != CLUSTER and name not in remotes():
        address_of(name.replace("://", " "))


def machines_of(on: str) -> str:
    """What `--on` takes, as addresses: one machine, several with commas between, a file of them.

    Of a file its path, since it is read again when it changes. Raises NotFound.
    """
    if "://" not in on and on not in remotes() and Path(on).is_file():
        return f"file:{Path(on).absolute()}"
    given = [each.strip() for each in on.split(",")]
    return ",".join(each if each == "here" else address_of(each) for each in given if each)


def keep(name: str, address: str) -> None:
    """Remember an address, in place of what the name stood for. Raises InvalidArgument."""
    if not NAME.fullmatch(name):
        raise InvalidArgument(
            f"A machine's name has small letters, digits and hyphens, got {name[:70]!r}."
        )
    place().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(place(), json.dumps({**remotes(), name: address}, indent=1).encode())


def forget(name: str) -> None:
    """Forget a name. Raises NotFound."""
    address_of(name)
    write_whole(place(), json.dumps({k: v for k, v in remotes().items() if k != name}).encode())


def keep_secret(address: str, secret: str) -> None:
    """Remember what is to be proved to the machine at an address; for this user's eyes alone."""
    path = secrets_place()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = json.loads(path.read_bytes()) if path.exists() else {}
    # What replaces a file has its mode.
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    write_whole(path, json.dumps({**kept, address: secret}, indent=1).encode())


def secret_of(address: str) -> str:
    """What is to be proved at an address. Raises NotFound."""
    try:
        return str(json.loads(secrets_place().read_bytes())[address])
    except (OSError, ValueError, KeyError):
        raise NotFound(
            f"No secret is known for {address[:80]}; add it: taxiway remote add NAME '{address}'."
        ) from None


def secrets_place() -> Path:
    """The file of secrets, by address."""
    return data_path() / "remote-secrets.json"


def place() -> Path:
    """The file."""
    return data_path() / "remotes.json"
