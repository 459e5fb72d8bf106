import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts" / "train_rainbow.py"


def test_a_training_is_not_overwritten(tmp_path) -> None:
    (tmp_path / "state.pt").write_bytes(b"hours of work")
    call = [sys.executable, str(SCRIPT), "--out", str(tmp_path)]
    done = subprocess.run(call, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert done.stderr == f"'{tmp_path}' holds a training; add --resume or take another folder.\n"
    assert (tmp_path / "state.pt").read_bytes() == b"hours of work"
