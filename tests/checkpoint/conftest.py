"""A refused file, opened under the eyes of a canary and an audit hook."""

from collections.abc import Callable
from pathlib import Path

import pytest

from taxiway.checkpoint import inspect_checkpoint, read_checkpoint
from taxiway.core.errors import UnreadableCheckpoint
from watch import nothing_done

CANARY = "canary-that-must-not-appear"


@pytest.fixture
def refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Writes a file, sees it refused by reader and inspector alike, and returns the sentence."""
    monkeypatch.chdir(tmp_path)

    def refuse(data: bytes, name: str = "file.pkl") -> str:
        path = tmp_path / name
        path.write_bytes(data)
        with nothing_done():
            with pytest.raises(UnreadableCheckpoint) as error:
                read_checkpoint(path)
            report = inspect_checkpoint(path)
        assert report.problem == str(error.value)
        assert str(error.value).isprintable()
        assert not (tmp_path / CANARY).exists()
        return str(error.value)

    return refuse
