"""Jobs on a terminal."""

from pathlib import Path

import pytest

from taxiway.console import ConsoleJob
from taxiway.core.tool import Stopped


@pytest.mark.parametrize(
    ("begins_anew", "words"), [(False, "goes on from there"), (True, "begins anew")]
)
def test_a_stop_says_whether_the_same_command_goes_on(
    begins_anew: bool, words: str, tmp_path: Path
) -> None:
    with pytest.raises(Stopped, match=f"Stopped at 1 of 2; the same command {words}"):
        stopped(ConsoleJob(tmp_path, "film", begins_anew=begins_anew))


def stopped(job: ConsoleJob) -> None:
    """Ctrl-C in the middle."""
    with job:
        job.progress(1, 2)
        raise KeyboardInterrupt
