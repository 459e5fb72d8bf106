"""One server to a data folder, as long as its process lives."""

import subprocess
import sys
from pathlib import Path

import pytest

from taxiway.core.errors import InvalidArgument
from taxiway.hosting.store import is_serving, serving

HOLD = (
    "import sys; from pathlib import Path; from taxiway.hosting.store import serving\n"
    "with serving(Path(sys.argv[1])): print('in', flush=True); sys.stdin.read()"
)


def test_a_second_server_is_told_of_the_first(tmp_path: Path) -> None:
    assert not is_serving(tmp_path)
    with serving(tmp_path):
        assert is_serving(tmp_path)
        with pytest.raises(InvalidArgument, match="A server works with"), serving(tmp_path):
            pass
    assert not is_serving(tmp_path)
    assert (tmp_path / "serving.lock").stat().st_mode & 0o077 == 0


def test_a_server_that_is_killed_leaves_no_lock(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"in\n"
        assert is_serving(tmp_path)
        process.kill()
    assert not is_serving(tmp_path)
    with serving(tmp_path):
        assert is_serving(tmp_path)
