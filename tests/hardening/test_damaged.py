"""Whatever lies in a file that Taxiway reads again, it is read, passed over or refused in words."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taxiway.catalog import catalog
from taxiway.core.errors import TaxiwayError
from taxiway.families.ported.port import read_port
from taxiway.families.stylegan.bending.bend import of_json
from taxiway.hosting.database import FILE, StoreError
from taxiway.hosting.store import Store
from taxiway.jobs.record import Broken, read_record
from taxiway.training import config, metrics_log, progress, snapshots
from taxiway.training.dataset import read_json
from taxiway.training.run_folder import TrainingFolder


def beside(folder: Path) -> object:
    (folder / "model.safetensors").touch()
    return catalog.beside(folder / "model.safetensors", "stylegan")


READERS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "a card": ("model.json", beside),
    "a job": ("job.json", read_record),
    "a training": (config.NAME, config.read_config),
    "an order": ("training.json", lambda folder: TrainingFolder(folder).plan),
    "figures": ("figures.json", lambda folder: snapshots.figures(folder / "figures.json")),
    "metrics": ("stats.jsonl", lambda folder: metrics_log.read(folder / "stats.jsonl")),
    "the last record": ("s.jsonl", lambda folder: progress.last_record(folder / "s.jsonl")),
    "a dataset": ("boxes.json", lambda folder: read_json(folder, "boxes.json", dict[str, int])),
    "a port": ("runway.yml", read_port),
    "a preset": ("bends", lambda f: of_json((f / "bends").read_bytes().decode("utf-8", "ignore"))),
}
ODD = [b"[" * 100_000, b"{\"a\":" * 50_000, b"\xff\xfe", b"", b"null", b"[1e999]", b"1" * 5000,
       b"{\"kimg\": NaN}", b"a: 2020-99-99", b"? [a]\n: b", b"\"\xff\""]  # fmt: skip


@pytest.mark.parametrize("reader", READERS)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.sampled_from(ODD) | st.binary(max_size=40))
def test_a_damaged_file_raises_nothing_of_a_parsers(
    reader: str, data: bytes, tmp_path: Path
) -> None:
    name, read = READERS[reader]
    (tmp_path / name).write_bytes(data)
    try:
        read(tmp_path)
    except (TaxiwayError, Broken) as error:
        assert str(error)


def test_a_stores_options_that_are_no_json_are_told(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        columns = [row["name"] for row in store._rows("PRAGMA table_info(models)")]
    values: dict[str, Any] = dict.fromkeys(columns, 1) | {"name": "a", "options": "[" * 9999}
    with sqlite3.connect(tmp_path / FILE, isolation_level=None) as sql:
        sql.execute("PRAGMA ignore_check_constraints = ON")
        types = {row[1]: row[2] for row in sql.execute("PRAGMA table_info(models)")}
        values |= {
            name: "1" for name, kind in types.items() if kind == "TEXT" and values[name] == 1
        }
        marks = ", ".join("?" for _ in columns)
        sql.execute(f"INSERT INTO models VALUES ({marks})", [values[name] for name in columns])
    with (
        Store(tmp_path) as store,
        pytest.raises(StoreError, match="The options of 'a' are damaged: "),
    ):
        store.models()
