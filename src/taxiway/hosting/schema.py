"""The tables of what is hosted, from each form to the next, for SQLite and for PostgreSQL."""

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
    (
        "ALTER TABLE models ADD COLUMN copies INTEGER NOT NULL DEFAULT 1",
        """CREATE TABLE servers (
            id TEXT PRIMARY KEY,
            url TEXT NOT NULL,
            secret TEXT NOT NULL,
            beat INTEGER NOT NULL
        ) STRICT""",
        """CREATE TABLE places (
            model TEXT NOT NULL REFERENCES models (name) ON DELETE CASCADE,
            server TEXT NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
            PRIMARY KEY (model, server)
        ) STRICT""",
        """CREATE TABLE held (
            server TEXT NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
            token INTEGER NOT NULL REFERENCES tokens (id) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            PRIMARY KEY (server, token)
        ) STRICT""",
    ),
)
"""Each step from one form to the next, in SQLite's words; only ever added to.

`servers` are those that share the store, `places` which of them have which model, `held` how many
queries of a token each has in hand: counted, not yet answered.
"""

POSTGRES = (
    ("INTEGER PRIMARY KEY AUTOINCREMENT", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
    ("INTEGER", "BIGINT"),
    ("REAL", "DOUBLE PRECISION"),
    ("BLOB", "BYTEA"),
    (" STRICT", ""),
)


def for_postgres(statement: str) -> str:
    """The same table there."""
    for here, there in POSTGRES:
        statement = statement.replace(here, there)
    return statement
