"""Every form that the file of what is hosted has had, as it lay on somebody's disk."""

import sqlite3
from contextlib import closing
from pathlib import Path

TABLES = """
CREATE TABLE models (name TEXT PRIMARY KEY, model TEXT NOT NULL, checkpoint TEXT,
    options TEXT NOT NULL, command TEXT, public INTEGER NOT NULL, active INTEGER NOT NULL,
    idle_seconds REAL NOT NULL, created REAL NOT NULL, state TEXT NOT NULL) STRICT;
CREATE TABLE tokens (id INTEGER PRIMARY KEY AUTOINCREMENT,
    model TEXT NOT NULL REFERENCES models (name) ON DELETE CASCADE, label TEXT NOT NULL,
    hash BLOB UNIQUE, scopes TEXT NOT NULL, expires REAL, rate TEXT, budget INTEGER,
    price INTEGER NOT NULL, created REAL NOT NULL, revoked REAL,
    requests INTEGER NOT NULL DEFAULT 0, refused INTEGER NOT NULL DEFAULT 0,
    errors INTEGER NOT NULL DEFAULT 0, cost INTEGER NOT NULL DEFAULT 0, last_use REAL) STRICT;
CREATE INDEX tokens_of_model ON tokens (model);
CREATE TABLE server (one INTEGER PRIMARY KEY CHECK (one = 1), url TEXT NOT NULL) STRICT;
"""
FIRST = f"""{TABLES}
INSERT INTO models VALUES
    ('old', 'painter', NULL, '{{"size":64}}', NULL, 0, 1, 300.0, 1.5, 'running');
INSERT INTO tokens VALUES (7, 'old', 'class', x'aa', 'query', 9.5, '10/s', 50, 10000, 1.5, NULL,
    8, 1, 2, 70000, 3.5);
INSERT INTO server VALUES (1, 'http://localhost:8080');
"""
"""Of 21 November 2026, with which hosting began."""
SECOND = """
ALTER TABLE models ADD COLUMN watched INTEGER NOT NULL DEFAULT 0;
CREATE TABLE owners (hash BLOB PRIMARY KEY, is_link INTEGER NOT NULL, expires REAL NOT NULL) STRICT;
UPDATE models SET watched = 1;
INSERT INTO owners VALUES (x'bb', 0, 99.5);
"""
"""Of 29 November 2026: the teacher's page."""
FORMS = (FIRST, SECOND)


def make(folder: Path, form: int) -> None:
    """Write the file in that form, with something in it; 0 for none."""
    if form == 0:
        return
    with closing(sqlite3.connect(folder / "hosted.db")) as old:
        old.execute("PRAGMA journal_mode = WAL")
        for script in FORMS[:form]:
            old.executescript(script)
        old.execute(f"PRAGMA user_version = {form}")
        old.commit()
