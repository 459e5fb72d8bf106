"""What is hosted, in one SQLite file: models, tokens, counts. All the SQL there is.

In WAL mode readers never wait, so the server and `taxiway host` share the file: what one commits
the other sees at its next look. A method that returns has committed. Writes of people are flushed
to the disk (synchronous FULL) and survive a power cut; those of the server (NORMAL) survive a
`kill -9`, as the system has them then, but of a power cut's last moments counts may be missing:
that spares a flush for every query.
"""

import asyncio
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar, TypeVarTuple, Unpack

import msgspec

from taxiway.core.errors import InvalidArgument, NotFound, TaxiwayError
from taxiway.core.locks import held, is_held
from taxiway.core.parsing import Malformed, from_json
from taxiway.hosting.records import Hosted, Limits, Token, read_rate, read_scopes, write_rate

FILE = "hosted.db"
BUSY_SECONDS = 10.0

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE models (
            name TEXT PRIMARY KEY,
            model TEXT NOT NULL,
            checkpoint TEXT,
            options TEXT NOT NULL,
            command TEXT,
            public INTEGER NOT NULL,
            active INTEGER NOT NULL,
            idle_seconds REAL NOT NULL,
            created REAL NOT NULL,
            state TEXT NOT NULL
        ) STRICT""",
        """CREATE TABLE tokens (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            model TEXT NOT NULL REFERENCES models (name) ON DELETE CASCADE,
            label TEXT NOT NULL,
            hash BLOB UNIQUE,
            scopes TEXT NOT NULL,
            expires REAL,
            rate TEXT,
            budget INTEGER,
            price INTEGER NOT NULL,
            created REAL NOT NULL,
            revoked REAL,
            requests INTEGER NOT NULL DEFAULT 0,
            refused INTEGER NOT NULL DEFAULT 0,
            errors INTEGER NOT NULL DEFAULT 0,
            cost INTEGER NOT NULL DEFAULT 0,
            last_use REAL
        ) STRICT""",
        "CREATE INDEX tokens_of_model ON tokens (model)",
        "CREATE TABLE server (one INTEGER PRIMARY KEY CHECK (one = 1), url TEXT NOT NULL) STRICT",
    ),
    (
        "ALTER TABLE models ADD COLUMN watched INTEGER NOT NULL DEFAULT 0",
        """CREATE TABLE owners (
            hash BLOB PRIMARY KEY,
            is_link INTEGER NOT NULL,
            expires REAL NOT NULL
        ) STRICT""",
    ),
)
"""Each step from one version of the file (PRAGMA user_version) to the next; only ever added to."""


class StoreError(TaxiwayError):
    """The file cannot be read or written; the message says why."""


class Store:
    """The file of one data folder. One thread at a time may use it.

    `durable` is synchronous FULL. Methods raise StoreError where the disk or the file fails.
    """

    def __init__(self, folder: Path, durable: bool = True) -> None:
        self.path = folder / FILE
        read_only = self.path.exists() and not os.access(self.path, os.W_OK)
        with self._told():
            if not read_only:
                # SQLite gives the files beside it the same mode.
                os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
            # Nobody writes on a read-only disk, where SQLite could make no file to share it by.
            address = self.path.absolute().as_uri() + ("?immutable=1" if read_only else "")
            self._sql = sqlite3.connect(
                address, BUSY_SECONDS, isolation_level=None, check_same_thread=False, uri=True
            )
        self._sql.row_factory = sqlite3.Row
        if read_only:
            return
        try:
            self._one("PRAGMA journal_mode = WAL")
            self._one(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._one("PRAGMA foreign_keys = ON")
            self._migrate()
        except BaseException:
            self.close()
            raise

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

    def asked(self, model: str, hash: bytes) -> tuple[Hosted, list[Token]] | None:
        """A model, for a request, and its tokens that may be meant; None if there is no such model.

        Looking a hash up tells nobody anything: who could choose its first bytes had broken
        SHA-256. `tokens.find` compares.
        """
        rows = self._rows("SELECT * FROM models WHERE name = ?", model)
        if not rows:
            return None
        meant = "SELECT * FROM tokens WHERE model = ? AND (hash = ? OR hash IS NULL)"
        return _hosted(rows[0]), [_token(row) for row in self._rows(meant, model, hash)]

    def check_free(self, name: str) -> None:
        """Raises InvalidArgument if there is a model of that name."""
        if self._rows("SELECT 1 FROM models WHERE name = ?", name):
            raise InvalidArgument(f"There is a hosted model '{name}' already.")

    def create(self, hosted: Hosted, label: str, hash: bytes | None, limits: Limits) -> None:
        """Keep a new model with its first token. Raises InvalidArgument if the name is taken."""
        fields = {
            **msgspec.structs.asdict(hosted),
            "options": msgspec.json.encode(hosted.options).decode(),
        }
        names = ", ".join(fields)
        with self._change():
            self.check_free(hosted.name)
            marks = ", ".join(f":{name}" for name in fields)
            self._sql.execute(f"INSERT INTO models ({names}) VALUES ({marks})", fields)
            self._add(hosted.name, label, hash, limits, hosted.created)

    def remove(self, name: str) -> None:
        """Forget a model, its tokens and their counts. Raises NotFound."""
        self._one("DELETE FROM models WHERE name = ?", name) or self.model(name)

    def set_active(self, name: str, active: bool) -> None:
        """Let a model answer or not. Raises NotFound."""
        self._one("UPDATE models SET active = ? WHERE name = ?", active, name) or self.model(name)

    def set_watched(self, name: str, watched: bool) -> None:
        """Let the teacher's page show a model's last pictures or not. Raises NotFound."""
        if not self._one("UPDATE models SET watched = ? WHERE name = ?", watched, name):
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
        with self._change():
            for label, hash in named:
                self._add(model, label, hash, limits, created)

    def revoke(self, token: int, now: float) -> None:
        """End a token; what was asked with it stays. Raises NotFound."""
        if not self._one(
            "UPDATE tokens SET revoked = coalesce(revoked, ?) WHERE id = ?", now, token
        ):
            raise NotFound(f"No token has the number {token}; see `taxiway host token list`.")

    def admit(self, token: int, now: float) -> bool:
        """Count and charge a query, unless the budget is used up (then nothing is counted)."""
        return self._one(
            "UPDATE tokens SET requests = requests + 1, cost = cost + price, last_use = ? "
            "WHERE id = ? AND (budget IS NULL OR requests - refused < budget)",
            now,
            token,
        )

    def refuse(self, token: int, now: float) -> None:
        """Count a query that the limits kept from the model."""
        self._one(
            "UPDATE tokens SET requests = requests + 1, refused = refused + 1, "
            "errors = errors + 1, last_use = ? WHERE id = ?",
            now,
            token,
        )

    def failed(self, token: int) -> None:
        """Count the error of a query that was admitted."""
        self._one("UPDATE tokens SET errors = errors + 1 WHERE id = ?", token)

    def add_link(self, hash: bytes, now: float, expires: float) -> None:
        """Keep an owner's link until then, and forget what is late."""
        with self._change():
            self._sql.execute("DELETE FROM owners WHERE expires <= ?", (now,))
            self._sql.execute("INSERT INTO owners VALUES (?, 1, ?)", (hash, expires))

    def enter(self, link: bytes, hash: bytes, now: float, expires: float) -> bool:
        """Make a link, which is then used up, a sign-in until `expires`; whether it was good."""
        return self._one(
            "UPDATE owners SET hash = ?, is_link = 0, expires = ? "
            "WHERE hash = ? AND is_link = 1 AND expires > ?",
            hash,
            expires,
            link,
            now,
        )

    def owns(self, hash: bytes, now: float) -> bool:
        """Whether that is somebody signed in."""
        found = "SELECT 1 FROM owners WHERE hash = ? AND is_link = 0 AND expires > ?"
        return bool(self._rows(found, hash, now))

    def leave(self, hash: bytes | None = None) -> None:
        """End a sign-in; without one, all of them and all links."""
        self._one("DELETE FROM owners WHERE ? IN (hash, x'')", b"" if hash is None else hash)

    def set_state(self, model: str | None, state: str) -> None:
        """Note the state of a model, or of all, for people to see."""
        self._one("UPDATE models SET state = ? WHERE ? IN (name, '')", state, model or "")

    @property
    def url(self) -> str | None:
        """Where the server last was."""
        return next((row["url"] for row in self._rows("SELECT url FROM server")), None)

    @url.setter
    def url(self, url: str) -> None:
        self._one("INSERT OR REPLACE INTO server (one, url) VALUES (1, ?)", url)

    def backup(self, to: Path) -> None:
        """Write a whole copy, while the server runs too. Raises InvalidArgument if `to` exists."""
        if to.exists():
            raise InvalidArgument(f"'{to}' is there already.")
        os.close(os.open(to, os.O_CREAT | os.O_WRONLY, 0o600))
        with self._told():
            self._sql.execute("VACUUM INTO ?", (str(to),))

    def _add(
        self, model: str, label: str, hash: bytes | None, limits: Limits, created: float
    ) -> None:
        rate = limits.rate and write_rate(limits.rate)
        self._sql.execute(
            "INSERT INTO tokens (model, label, hash, created, scopes, expires, rate, budget, price)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (model, label, hash, created, ",".join(limits.scopes), limits.expires, rate,
             limits.budget, limits.price),
        )  # fmt: skip

    def _migrate(self) -> None:
        version = self._rows("PRAGMA user_version")[0][0]
        if version > len(MIGRATIONS):
            raise StoreError(f"{self.path} was written by a newer Taxiway; update this one.")
        if version == len(MIGRATIONS):
            return
        with self._change():
            # Another process may have done it while this one waited for its turn.
            version = self._sql.execute("PRAGMA user_version").fetchone()[0]
            for step in MIGRATIONS[version:]:
                for statement in step:
                    self._sql.execute(statement)
            self._sql.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")

    def _rows(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        with self._told():
            return self._sql.execute(statement, values).fetchall()

    def _one(self, statement: str, *values: Any) -> bool:
        """Run a statement that is a transaction by itself; whether it changed anything."""
        with self._told():
            return self._sql.execute(statement, values).rowcount > 0

    @contextmanager
    def _change(self) -> Iterator[None]:
        """A transaction: all of the block, or nothing of it."""
        with self._told():
            self._sql.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._sql.execute("COMMIT")
            except BaseException:
                if self._sql.in_transaction:
                    self._sql.execute("ROLLBACK")
                raise

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"{self.path} cannot be used: {error}.") from error


def _hosted(row: sqlite3.Row) -> Hosted:
    fields = dict(row)
    try:
        fields["options"] = from_json(fields["options"], dict[str, Any])
    except Malformed as reason:
        raise StoreError(f"The options of '{fields['name']}' are damaged: {reason}.") from None
    for name in ("public", "active", "watched"):
        fields[name] = bool(fields[name])
    return Hosted(**fields)


def _token(row: sqlite3.Row) -> Token:
    fields = dict(row)
    limits = {name: fields.pop(name) for name in Limits.__struct_fields__}
    limits["scopes"] = read_scopes(limits["scopes"])
    limits["rate"] = limits["rate"] and read_rate(limits["rate"])
    return Token(limits=Limits(**limits), **fields)


Given = TypeVarTuple("Given")
Result = TypeVar("Result")


class Ledger:
    """The store on a thread of its own: a disk that is slow to flush holds up nobody else."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._thread = ThreadPoolExecutor(1, "ledger")

    async def __call__(self, method: Callable[[Unpack[Given]], Result], *given: *Given) -> Result:
        """Call a method of the store; what it wrote is committed when this returns."""
        return await asyncio.wrap_future(self._thread.submit(method, *given))

    def later(self, method: Callable[[Unpack[Given]], Any], *given: *Given) -> None:
        """Call it soon, in order, without waiting."""
        self._thread.submit(method, *given)

    def close(self) -> None:
        """Finish what was begun."""
        self._thread.shutdown()


LOCK = "serving.lock"


@contextmanager
def serving(folder: Path) -> Iterator[None]:
    """Be the only server of `folder` within the block. Raises InvalidArgument if there is one."""
    with held(folder / LOCK) as ours:
        if not ours:
            raise InvalidArgument(f"A server works with {folder} already; stop it first.")
        yield


def is_serving(folder: Path) -> bool:
    """Whether a server works with `folder`."""
    return is_held(folder / LOCK)
