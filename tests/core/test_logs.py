"""Logs as text and as JSON, files that stay small, and what is printed."""

import io
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from taxiway.core import logs
from taxiway.core.logs import LogSettings, Printed, in_child, logging_to, request_id

LOG = logging.getLogger("taxiway.servers")


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def test_json_has_one_object_a_line_whatever_is_logged_or_printed(tmp_path: Path) -> None:
    file = tmp_path / "log.json"
    with logging_to(LogSettings("json", str(file))):
        token = request_id.set("abc-1")
        LOG.info('a "quoted"\nline', extra={"status": 200, "secret": "x"})
        try:
            1 / 0  # noqa: B018
        except ZeroDivisionError:
            LOG.exception("It failed")
        request_id.reset(token)
        print("two\nlines", end="")
        print(" and more\n")
        logging.getLogger("another.library").info("not ours")
    first, failed, *said = lines(file)
    assert (first["message"], first["status"], first["request"]) == (
        'a "quoted"\nline',
        200,
        "abc-1",
    )
    assert first["level"] == "info"
    assert first["time"].endswith("+00:00")
    assert "secret" not in first
    assert "ZeroDivisionError" in failed["exception"]
    assert [line["message"] for line in said] == ["two", "lines and more"]
    assert logs.CHILDREN not in os.environ
    assert not isinstance(sys.stdout, Printed)


def test_text_names_the_request_and_leaves_print_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with logging_to(LogSettings("text")):
        token = request_id.set("abc-1")
        LOG.info("asked")
        request_id.reset(token)
        print("hello")
    said = capsys.readouterr()
    assert said.out == "hello\n"
    assert said.err.rstrip().endswith("INFO [abc-1] asked")


def test_a_file_gives_way_to_a_new_one_and_few_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "FILE_BYTES", 2000)
    file = tmp_path / "taxiway.log"
    with logging_to(LogSettings("text", str(file))):
        for number in range(500):
            LOG.info("line %d", number)
    kept = sorted(tmp_path.iterdir())
    assert len(kept) == 1 + logs.FILES
    assert all(each.stat().st_size <= 2000 for each in kept)
    assert "line 499" in file.read_text()


def test_a_child_logs_as_its_parent_into_a_file_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = logging.getLogger()
    before = list(root.handlers)
    with logging_to(LogSettings("json", str(tmp_path / "taxiway.log"))):
        assert os.environ[logs.CHILDREN]
        in_child("taxiway-rainbow")
        LOG.info("from a child")
    for handler in [each for each in root.handlers if each not in before]:
        root.removeHandler(handler)
        handler.close()
    assert lines(tmp_path / "taxiway.taxiway-rainbow.log")[0]["message"] == "from a child"
    monkeypatch.delenv(logs.CHILDREN, raising=False)
    in_child("another")
    assert root.handlers == before


def test_printed_takes_parts_of_lines() -> None:
    assert Printed().write("") == 0
    assert isinstance(Printed(), io.TextIOBase)
