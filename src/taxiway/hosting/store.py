"""What is hosted, in one SQLite file or in PostgreSQL: models, tokens, counts.

What one process commits the others see at their next look. A method that returns has committed.
In SQLite, writes of people are flushed to the disk (synchronous FULL) and survive a power cut;
those of servers (NORMAL) survive a `kill -9`, as the system has them then, but of a power cut's
last moments counts may be missing: that spares a flush for every query.
"""

import asyncio
import math
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, Self, TypeVar, TypeVarTuple, Unpack

import msgspec

from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.core.extras import need
from taxiway.core.parsing import Malformed, from_json
from taxiway.hosting.database import FILE, Database, Row, Sqlite, StoreError
from taxiway.hosting.records import (
    Hosted,
    Limits,
    Server,
    Token,
    read_rate,
    read_scopes,
    write_rate,
)


class Store:
    """What one data folder has, or the database at `address`. One thread at a time may use it.

    `durable` is synchronous FULL. Methods raise StoreError where the disk or the database fails.
    """

    def __init__(
        self, folder: Path, durable: bool = True, address: str | None = None, file: str = FILE
    ) -> None:
        self.path = folder / file
        self.address = address
        self._sql = opened(self.path, durable, address)
        self._connection = self._sql.connections
        self.server: Server | None = None
        """Who admits queries here; a command is nobody."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._sql.close()

    def models(self) -> list[Hosted]:
        """Every hosted model, by name."""
        return [_hosted(row) for row in self._rows("SELECT * FROM models ORDER BY name")]

    def model(self, name: str) -> Hosted:
        """The model of that name; NotFound lists what there is."""
        for row in self._rows("SELECT * FROM models WHERE name = ?", name):
            return _hosted(row)
        there_are = ", ".join(model.name for model in self.models()) or "none yet"
        raise NotFound(f"No hosted model named '{name}'. There are: {there_are}.")

    def tokens(self, model: str | None = None) -> list[Token]:
        """Every token by model, or those of one model; the oldest first."""
        if model is None:
            return [_token(row) for row in self._rows("SELECT * FROM tokens ORDER BY model, id")]
        rows = self._rows("SELECT * FROM tokens WHERE model = ? ORDER BY id", model)
        return [_token(row) for row in rows]

    def asked(self, model: str, hash: bytes) -> tuple[Hosted, list[Token], list[Server]] | None:
        """A model, for a request, its tokens that may be meant, and which servers have it.

        None if there is no such model. Looking a hash up tells nobody anything: who could choose
        its first bytes had broken SHA-256. `tokens.find` compares. Nothing is written.
        """
        models, tokens, places = self._sql.looks(
            ("SELECT * FROM models WHERE name = ?", model),
            ("SELECT * FROM tokens WHERE model = ? AND (hash = ? OR hash IS NULL)", model, hash),
            (PLACES, model),
        )
        if not models:
            return None
        return _hosted(models[0]), [*map(_token, tokens)], [Server(**row) for row in places]

    def check_free(self, name: str) -> None:
        """Raises InvalidArgument if there is a model of that name."""
        if self._rows("SELECT 1 FROM models WHERE name = ?", name):
            raise InvalidArgument(f"There is a hosted model '{name}' already.")

    def create(self, hosted: Hosted, label: str, hash: bytes | None, limits: Limits) -> None:
        """Keep a new model with its first token. Raises InvalidArgument if the name is taken."""
        fields = {
            **msgspec.structs.asdict(hosted),
            "options": msgspec.json.encode(hosted.options).decode(),
            **{name: int(getattr(hosted, name)) for name in FLAGS},
        }
        names, marks = ", ".join(fields), ", ".join("?" * len(fields))
        with self._sql.change():
            self.check_free(hosted.name)
            self._one(f"INSERT INTO models ({names}) VALUES ({marks})", *fields.values())
            self._add(hosted.name, label, hash, limits, hosted.created)

    def remove(self, name: str) -> None:
        """Forget a model, its tokens and their counts. Raises NotFound."""
        self._one("DELETE FROM models WHERE name = ?", name) or self.model(name)

    def set_active(self, name: str, active: bool) -> None:
        """Let a model answer or not. Raises NotFound."""
        changed = self._one("UPDATE models SET active = ? WHERE name = ?", int(active), name)
        changed or self.model(name)

    def set_watched(self, name: str, watched: bool) -> None:
        """Let the teacher's page show a model's last pictures or not. Raises NotFound."""
        if not self._one("UPDATE models SET watched = ? WHERE name = ?", int(watched), name):
            self.model(name)

    def add_token(
        self, model: str, label: str, hash: bytes, limits: Limits, created: float
    ) -> None:
        """Keep a token of a model. Raises NotFound."""
        self.add_tokens(model, [(label, hash)], limits, created)

    def add_tokens(
        self, model: str, named: Sequence[tuple[str, bytes]], limits: Limits, created: float
    ) -> None:
        """Keep tokens of a model, each with its label: all or none. Raises NotFound."""
        self.model(model)
        with self._sql.change():
            for label, hash in named:
                self._add(model, label, hash, limits, created)

    def revoke(self, token: int, now: float) -> None:
        """End a token; what was asked with it stays. Raises NotFound."""
        if not self._one(
            "UPDATE tokens SET revoked = coalesce(revoked, ?) WHERE id = ?", now, token
        ):
            raise NotFound(f"No token has the number {token}; see `taxiway host token list`.")

    def admit(self, token: int, now: float) -> bool:
        """Count and charge a query, unless the budget is used up (then nothing is counted).

        A server holds it in its hand until `answered` or `failed`; if it dies before, `bury` takes
        it back.
        """
        if self._connection != self._sql.connections:
            self._connection = self._sql.connections
            self._begin_anew()
        with self._sql.change():
            return self._count(token, now) and (self.server is None or self._hold(token))

    def answered(self, token: int, now: float) -> bool:
        """Let a query in hand count for good, before its answer goes out.

        If it was taken back meanwhile it is counted again; False if the budget is used up by now.
        """
        if self.server is None or self._let_go(token):
            return True
        return self._count(token, now)

    def refuse(self, token: int, now: float) -> None:
        """Count a query that the limits kept from the model."""
        self._one(
            "UPDATE tokens SET requests = requests + 1, refused = refused + 1, "
            "errors = errors + 1, last_use = ? WHERE id = ?",
            now,
            token,
        )

    def failed(self, token: int) -> None:
        """Count the error of a query in hand, for good; one that was taken back never was."""
        with self._sql.change():
            if self.server is None or self._let_go(token):
                self._one("UPDATE tokens SET errors = errors + 1 WHERE id = ?", token)

    def add_link(self, hash: bytes, now: float, expires: float) -> None:
        """Keep an owner's link until then, and forget what is late."""
        with self._sql.change():
            self._one("DELETE FROM owners WHERE expires <= ?", now)
            self._one("INSERT INTO owners VALUES (?, 1, ?)", hash, expires)

    def enter(
        self, link: bytes, hash: bytes, now: float, expires: float, latest: float = math.inf
    ) -> bool:
        """Use up a link that is good until `latest` at most, for a sign-in; whether it was good."""
        return self._one(
            "UPDATE owners SET hash = ?, is_link = 0, expires = ? "
            "WHERE hash = ? AND is_link = 1 AND expires > ? AND expires <= ?",
            hash, expires, link, now, latest,
        )  # fmt: skip

    def owns(self, hash: bytes, now: float, latest: float = math.inf) -> bool:
        """Whether that is somebody signed in, who is not so beyond `latest`."""
        found = "hash = ? AND is_link = 0 AND expires > ? AND expires <= ?"
        return bool(self._rows(f"SELECT 1 FROM owners WHERE {found}", hash, now, latest))

    def leave(self, hash: bytes | None = None) -> None:
        """End a sign-in; without one, all of them and all links."""
        if hash is None:
            self._one("DELETE FROM owners")
        else:
            self._one("DELETE FROM owners WHERE hash = ?", hash)

    def set_state(self, model: str | None, state: str) -> None:
        """Note the state of a model, or of all, for people to see."""
        self._one("UPDATE models SET state = ? WHERE ? IN (name, '')", state, model or "")

    def join(self, server: Server) -> None:
        """Be that server from now on: what is admitted is in its hand."""
        self.server = server
        with self.together():
            for other in self.servers():
                if other.url and other.url == server.url:
                    self.bury(other.id)  # nobody else can be there
            self.bury(server.id)
            self._return()

    def beat(self) -> list[Server]:
        """Show that this server lives; all that there are."""
        assert self.server is not None
        if not self._one("UPDATE servers SET beat = beat + 1 WHERE id = ?", self.server.id):
            self._return()
        return self.servers()

    def servers(self) -> list[Server]:
        """Those that share the store, dead ones too until they are buried."""
        return [Server(**row) for row in self._rows("SELECT * FROM servers ORDER BY id")]

    def bury(self, server: str) -> None:
        """Forget a server that has died or ends, and take back what it had in hand.

        One that was not dead comes back with its next beat, and counts what it answers anew.
        """
        with self._sql.change():
            gone = self._rows("DELETE FROM held WHERE server = ? RETURNING token, number", server)
            for row in gone:
                self._one(
                    "UPDATE tokens SET requests = requests - ?, cost = cost - price * ? "
                    "WHERE id = ?",
                    row["number"], row["number"], row["token"],
                )  # fmt: skip
            self._one("DELETE FROM servers WHERE id = ?", server)
            self._one(
                "UPDATE models SET state = 'asleep' WHERE name NOT IN (SELECT model FROM places)"
            )

    def place(self, model: str, but: Sequence[str] = ()) -> list[Server]:
        """Where a model is, after giving it to the server with the fewest if it is at too few.

        Never to those of `but`. Whoever asks at the same time gets the same answer.
        """
        here = self.server.id if self.server else ""
        with self._sql.change():
            # In PostgreSQL, too, nobody else does this at the same time.
            if not self._one("UPDATE models SET name = name WHERE name = ?", model):
                return []
            copies = self._rows("SELECT copies FROM models WHERE name = ?", model)[0]["copies"]
            has = [server for server in self.places(model) if server.id not in but]
            loads = self._rows(
                "SELECT id, count(model) AS load FROM servers LEFT JOIN places ON server = id "
                "WHERE url <> '' OR id = ? GROUP BY id ORDER BY load, id <> ?, id",
                here,
                here,
            )
            taken = {*but, *(server.id for server in has)}
            free = [row["id"] for row in loads if row["id"] not in taken]
            for id in free[: max(0, copies - len(has))]:
                self._one("INSERT INTO places VALUES (?, ?) ON CONFLICT DO NOTHING", model, id)
            return [server for server in self.places(model) if server.id not in but]

    def places(self, model: str) -> list[Server]:
        """The servers that have a model."""
        return [Server(**row) for row in self._rows(PLACES, model)]

    def leave_place(self, model: str, server: str, state: str = "asleep") -> None:
        """Note that a server has a model no more; if none has, that is its state."""
        with self._sql.change():
            self._one("DELETE FROM places WHERE model = ? AND server = ?", model, server)
            self._one(
                "UPDATE models SET state = ? "
                "WHERE name = ? AND name NOT IN (SELECT model FROM places)",
                state,
                model,
            )

    @property
    def url(self) -> str | None:
        """Where the server last was."""
        return next((row["url"] for row in self._rows("SELECT url FROM server")), None)

    @url.setter
    def url(self, url: str) -> None:
        self._one(
            "INSERT INTO server (one, url) VALUES (1, ?) "
            "ON CONFLICT (one) DO UPDATE SET url = excluded.url",
            url,
        )

    def together(self) -> AbstractContextManager[None]:
        """A transaction of all that is called within the block, or of nothing of it."""
        return self._sql.change()

    def backup(self, to: Path) -> None:
        """Write a whole copy, while servers run too. Raises InvalidArgument if `to` exists.

        The servers are not in it, and what they have in hand is not counted there.
        """
        self._sql.backup(to)
        with Store(to.parent, file=to.name) as copy:
            for server in copy.servers():
                copy.bury(server.id)

    def _count(self, token: int, now: float) -> bool:
        return self._one(
            "UPDATE tokens SET requests = requests + 1, cost = cost + price, last_use = ? "
            "WHERE id = ? AND (budget IS NULL OR requests - refused < budget)",
            now,
            token,
        )

    def _hold(self, token: int) -> bool:
        assert self.server is not None
        if not self._one(HOLD, token, self.server.id):
            self._return()
            return self._one(HOLD, token, self.server.id)
        return True

    def _let_go(self, token: int) -> bool:
        assert self.server is not None
        return self._one(
            "UPDATE held SET number = number - 1 WHERE server = ? AND token = ? AND number > 0",
            self.server.id,
            token,
        )

    def _return(self) -> None:
        """Be among the servers, again after others who heard nothing have buried this one."""
        assert self.server is not None
        self._one(
            "INSERT INTO servers VALUES (?, ?, ?, 0) ON CONFLICT DO NOTHING",
            self.server.id, self.server.url, self.server.secret,
        )  # fmt: skip

    def _begin_anew(self) -> None:
        """After a connection broke nobody knows what its last words did: take all back."""
        if self.server is not None:
            self.bury(self.server.id)
            self._return()

    def _add(
        self, model: str, label: str, hash: bytes | None, limits: Limits, created: float
    ) -> None:
        rate = limits.rate and write_rate(limits.rate)
        self._one(
            "INSERT INTO tokens (model, label, hash, created, scopes, expires, rate, budget, price)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            model, label, hash, created, ",".join(limits.scopes), limits.expires, rate,
            limits.budget, limits.price,
        )  # fmt: skip

    def _rows(self, statement: str, *values: Any) -> list[Row]:
        return self._sql.rows(statement, *values)

    def _one(self, statement: str, *values: Any) -> bool:
        """Run a statement that is a transaction, or a part of one; whether it changed anything."""
        return self._sql.one(statement, *values) > 0


def opened(path: Path, durable: bool, address: str | None) -> Database:
    """The file, or the database at `address`. Raises StoreError, or MissingDependency."""
    if address is None:
        return Sqlite(path, durable)
    need("psycopg", "A store in PostgreSQL")
    from taxiway.hosting.postgres import Postgres

    return Postgres(address)


FLAGS = ("public", "active", "watched")
PLACES = "SELECT servers.* FROM servers JOIN places ON server = id WHERE model = ? ORDER BY id"
HOLD = (
    "INSERT INTO held SELECT id, ?, 1 FROM servers WHERE id = ? "
    "ON CONFLICT (server, token) DO UPDATE SET number = held.number + 1"
)


def _hosted(row: Row) -> Hosted:
    # A later form of the tables may have more, and servers of this one may still run.
    fields = {name: row[name] for name in Hosted.__struct_fields__}
    try:
        fields["options"] = from_json(fields["options"], dict[str, Any])
    except Malformed as reason:
        raise StoreError(f"The options of '{fields['name']}' are damaged: {reason}.") from None
    return Hosted(**fields | {name: bool(fields[name]) for name in FLAGS})


def _token(row: Row) -> Token:
    names = (*Token.__struct_fields__, *Limits.__struct_fields__)
    fields = {name: row[name] for name in names if name != "limits"}
    limits = {name: fields.pop(name) for name in Limits.__struct_fields__}
    limits["scopes"] = read_scopes(limits["scopes"])
    limits["rate"] = limits["rate"] and read_rate(limits["rate"])
    return Token(limits=Limits(**limits), **fields)


TOGETHER = 64
"""Calls in one transaction at most."""

Given = TypeVarTuple("Given")
Result = TypeVar("Result")
Call = tuple[Future[Any], Callable[[], Any]]


class Ledger:
    """The store on a thread of its own: a disk that is slow to flush holds up nobody else.

    What waits while it writes is written together, in one transaction. With a `reader`, a
    connection of its own, looks wait for no write.
    """

    def __init__(self, store: Store, reader: Store | None = None) -> None:
        self.store = store
        self.reader = reader or store
        self._waiting: SimpleQueue[Call | None] = SimpleQueue()
        self._thread = Thread(target=self._write, name="ledger", daemon=True)
        self._thread.start()
        self._looks = ThreadPoolExecutor(1, "ledger-looks") if reader else None

    async def __call__(self, method: Callable[[Unpack[Given]], Result], *given: *Given) -> Result:
        """Call a method of the store; what it wrote is committed when this returns."""
        return await asyncio.wrap_future(self.later(method, *given))

    def later(self, method: Callable[[Unpack[Given]], Result], *given: *Given) -> "Future[Result]":
        """Call it soon, in order, without waiting."""
        future: Future[Result] = Future()
        self._waiting.put((future, lambda: method(*given)))
        return future

    async def look(self, method: Callable[[Unpack[Given]], Result], *given: *Given) -> Result:
        """Call a method of `reader` that writes nothing."""
        if self._looks is None:
            return await self(method, *given)
        return await asyncio.wrap_future(self._looks.submit(method, *given))

    def close(self) -> None:
        """Finish what was begun."""
        self._waiting.put(None)
        self._thread.join()
        if self._looks is not None:
            self._looks.shutdown()

    def _write(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch = [first]
            while len(batch) < TOGETHER and not self._waiting.empty():
                more = self._waiting.get()
                if more is None:
                    self._waiting.put(None)
                    break
                batch.append(more)
            self._together([each for each in batch if each[0].set_running_or_notify_cancel()])

    def _together(self, batch: list[Call]) -> None:
        """One transaction for all, or where one of them fails each by itself."""
        if len(batch) == 1:
            self._alone(*batch[0])
            return
        has_failed = False
        try:
            with self.store.together():
                try:
                    results = [call() for _, call in batch]
                except Exception:
                    has_failed = True
                    raise
        except Exception as error:
            for future, call in batch:
                if has_failed:
                    self._alone(future, call)  # nothing of it was written
                else:
                    future.set_exception(error)
            return
        for (future, _), result in zip(batch, results, strict=True):
            future.set_result(result)

    def _alone(self, future: Future[Any], call: Callable[[], Any]) -> None:
        try:
            result = call()
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(result)
