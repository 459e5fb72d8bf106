"""What `taxiway host` does: each action by its name, with what the command line gave."""

import asyncio
import os
import time
from argparse import Namespace
from pathlib import Path
from typing import Any

from taxiway.catalog import catalog
from taxiway.catalog.folder import data_folder
from taxiway.catalog.remotes import address_of
from taxiway.core.errors import InvalidArgument
from taxiway.core.text_values import named_values
from taxiway.hosting import app as hosting
from taxiway.hosting import owner, restoring
from taxiway.hosting import records as written
from taxiway.hosting import usage as tables
from taxiway.hosting.peers import is_serving
from taxiway.hosting.records import ANYONE, Hosted, Limits, Token, checked_label, checked_name
from taxiway.hosting.store import Store
from taxiway.hosting.tokens import digest, new_token

DEFAULT_URL = "http://localhost:8080"


def create(parsed: Namespace) -> None:
    hosted = Hosted(
        name=checked_name(parsed.name),
        model=_place(parsed.model),
        checkpoint=parsed.checkpoint and str(parsed.checkpoint.resolve()),
        options=_options(parsed.option, parsed.python),
        command=parsed.model_command,
        public=parsed.public,
        idle_seconds=parsed.idle,
        copies=parsed.copies,
        created=time.time(),
    )
    label, limits = checked_label(parsed.label), _limits(parsed)
    if not 0 < hosted.idle_seconds < 10**9:
        raise InvalidArgument(f"--idle takes a number of seconds, got {parsed.idle}.")
    if hosted.copies < 1:
        raise InvalidArgument(f"--copies takes a number from 1 on, got {parsed.copies}.")
    with _store(parsed) as store:
        store.check_free(hosted.name)
        command = asyncio.run(hosting.tried(hosted))
        token = None if parsed.public else new_token()
        if token is None:
            store.create(hosted, ANYONE, None, limits)
        else:
            store.create(hosted, label or "first", digest(token), limits)
        print(f"'{hosted.name}' is hosted: {command.name}({', '.join(command.inputs)}).")
        _say_where(store, hosted.name, token)


def list_models(parsed: Namespace) -> None:
    with _store(parsed) as store:
        models = store.models()
        if not models:
            print("Nothing is hosted yet; see taxiway host create --help.")
            return
        serving = is_serving(store)
        print(tables.models(models, store.tokens(), serving))
        if not serving:
            print("No server runs; start it with: taxiway host serve")


def remove(parsed: Namespace) -> None:
    with _store(parsed) as store:
        store.remove(parsed.name)
    print(f"'{parsed.name}' is gone, with its tokens and counts.")


def activate(parsed: Namespace) -> None:
    with _store(parsed) as store:
        store.set_active(parsed.name, True)
    print(f"'{parsed.name}' answers.")


def deactivate(parsed: Namespace) -> None:
    with _store(parsed) as store:
        store.set_active(parsed.name, False)
    print(f"'{parsed.name}' answers nobody until it is activated; its tokens and counts stay.")


def create_token(parsed: Namespace) -> None:
    token, label, limits = new_token(), checked_label(parsed.label), _limits(parsed)
    with _store(parsed) as store:
        store.add_token(parsed.name, label, digest(token), limits, time.time())
        _say_where(store, parsed.name, token)


def list_tokens(parsed: Namespace) -> None:
    with _store(parsed) as store:
        print(tables.tokens(_tokens(store, parsed.name), time.time()))


def revoke(parsed: Namespace) -> None:
    with _store(parsed) as store:
        store.revoke(parsed.token, time.time())
    print(f"Token {parsed.token} is answered no more; what was asked with it is kept.")


def usage(parsed: Namespace) -> None:
    with _store(parsed) as store:
        tokens = _tokens(store, parsed.name)
    if parsed.csv:
        print(tables.usage_csv(tokens, time.time()), end="")
    else:
        print(tables.usage(tokens, time.time()))


def serve(parsed: Namespace) -> None:
    proxy = parsed.behind_proxy
    settings = hosting.Settings(
        host=parsed.host,
        port=parsed.port,
        root_path=parsed.root_path,
        certificate=parsed.certificate,
        key=parsed.key,
        names=tuple(name.lower().rstrip(".") for name in parsed.name),
        proxies=() if proxy is None else ("127.0.0.1", "::1", proxy),
        awake=parsed.awake,
        cluster=address_of(parsed.cluster) if parsed.cluster else "",
        store=_address(parsed),
        reached_at=parsed.reached_at,
        **parsed.operating,
    )
    hosting.run(data_folder(parsed.data), settings)


def owner_link(parsed: Namespace) -> None:
    with _store(parsed) as store:
        if parsed.end:
            store.leave()
            print("Nobody is signed in any more, and no link is good.")
            return
        print(f"The teacher's page, good once within {owner.LINK_SECONDS / 60:.0f} minutes:")
        print(f"{store.url or DEFAULT_URL}/teacher#{owner.new_link(store)}")
        if not is_serving(store):
            print("It opens once the server runs: taxiway host serve")


def backup(parsed: Namespace) -> None:
    with _store(parsed) as store:
        store.backup(parsed.to)
    print(f"Wrote {parsed.to}; to go back to it: taxiway host restore {parsed.to}")


def restore(parsed: Namespace) -> None:
    if _address(parsed) is not None:
        raise InvalidArgument("A store in PostgreSQL is put back by pg_restore.")
    kept = restoring.restore(data_folder(parsed.data), parsed.backup)
    print(f"What is hosted is what {parsed.backup} holds.")
    if kept is not None:
        print(f"What was there is in {kept}.")


def _store(parsed: Namespace) -> Store:
    return Store(data_folder(parsed.data), address=_address(parsed))


def _address(parsed: Namespace) -> str | None:
    """Of the database that is the store, where one is."""
    return parsed.store or os.environ.get("TAXIWAY_STORE") or None


def _tokens(store: Store, name: str | None) -> list[Token]:
    if name is not None:
        store.model(name)
    return store.tokens(name)


def _say_where(store: Store, name: str, token: str | None) -> None:
    address, for_sdk = hosting.addresses(store.url or DEFAULT_URL, name)
    print(f"Its address:                    {address}")
    print(f"For Runway's JavaScript SDK:    {for_sdk}")
    if token is None:
        print("Anyone may ask it.")
    else:
        print(f"The token, shown only now:      {token}")
    if not is_serving(store):
        print("It answers once the server runs: taxiway host serve")


def _limits(parsed: Namespace) -> Limits:
    budget = parsed.budget_requests
    if budget is not None and not 0 < budget < 2**53:
        raise InvalidArgument(f"A budget is a number of requests, got {budget}.")
    return Limits(
        scopes=written.read_scopes(parsed.scopes),
        expires=time.time() + written.read_period(parsed.expires) if parsed.expires else None,
        rate=written.read_rate(parsed.rate) if parsed.rate else None,
        budget=budget,
        price=written.read_price(parsed.price),
    )


def _options(words: list[str], python: Path | None) -> dict[str, Any]:
    """The options of a set-up, with the Python of a ported model as one of them."""
    options: dict[str, Any] = {} if python is None else {"python": str(python.absolute())}
    return options | named_values(words)


def _place(model: str) -> str:
    """A model's name as it is; a path from the root on, since the server starts elsewhere."""
    path = Path(model).expanduser()
    return model if catalog.is_name(model) or not path.exists() else str(path.resolve())
