"""As many open files as the system allows, up to what a server needs."""

import pytest

from taxiway.core import descriptors

resource = pytest.importorskip("resource", reason="limits of POSIX")


class System:
    """A system with a limit of its own, which refuses more than `largest` as macOS does."""

    RLIMIT_NOFILE, RLIM_INFINITY = resource.RLIMIT_NOFILE, resource.RLIM_INFINITY

    def __init__(self, soft: int, hard: int, largest: int = 2**20) -> None:
        self.limits, self.largest = (soft, hard), largest

    def getrlimit(self, _: int) -> tuple[int, int]:
        return self.limits

    def setrlimit(self, _: int, limits: tuple[int, int]) -> None:
        if limits[0] > self.largest:
            raise ValueError
        self.limits = limits


@pytest.mark.parametrize(
    ("system", "after"),
    [
        (System(1024, 4096), 4096),
        (System(1024, 2**20), 65536),
        (System(256, System.RLIM_INFINITY, largest=10240), 10240),
        (System(48, 48), 48),
        (System(100_000, 200_000), 100_000),
        (System(System.RLIM_INFINITY, System.RLIM_INFINITY), None),
    ],
)
def test_what_there_may_be_is_taken(
    system: System, after: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "resource", system)
    said = descriptors.allow_more()
    assert descriptors.most() == after
    assert said.startswith("Only 48 files" if after == 48 else "")
    assert bool(said) == (after == 48)
