"""What a run leaves out, and that it says so; how the workers of a parallel run share a machine."""

import os
from collections.abc import Iterator

if "PYTEST_XDIST_WORKER" in os.environ:
    # Two workers on two cores: more threads would only wait for one another. Before torch is
    # imported, and for the processes that the tests start too.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest

from paths import TESTS
from taxiway.core.child import CONTEXT

HEAVY = (
    "browser",
    "commands",
    "examples",
    "extending",
    "families/ported",
    "families/stylegan",
    "hardening",
    "hosting",
    "interop",
    "jobs",
    "test_app.py",
    "test_notebook.py",
    "training",
)
"""Where --quick runs only what is marked `smoke`."""
PRELOADED = ["torch", "taxiway.families.stylegan.model"]
WORTH_PRELOADING = 50
"""Tests from which on it pays that their processes are forked with torch imported."""
LEFT_OUT = pytest.StashKey[dict[str, list[str]]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("taxiway")
    group.addoption("--all", action="store_true", dest="all_tests", help="the slow ones too")
    group.addoption("--quick", action="store_true", help="the small ones and a few of each room")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[LEFT_OUT] = {}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    kept, left_out = [], []
    for item in items:
        why = _why_not(config, item)
        (left_out if why else kept).append(item)
        if why:
            config.stash[LEFT_OUT].setdefault(why, []).append(item.nodeid)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept
    if len(items) >= WORTH_PRELOADING and hasattr(CONTEXT, "set_forkserver_preload"):
        CONTEXT.set_forkserver_preload(PRELOADED)


def _why_not(config: pytest.Config, item: pytest.Item) -> str | None:
    """The option that would run a test which this run leaves out; one that is named is run."""
    if any(argument.split("[")[0].endswith(item.name.split("[")[0]) for argument in config.args):
        return None
    if item.get_closest_marker("slow") and not config.option.all_tests:
        return "--all"
    place = item.path.relative_to(TESTS).as_posix()
    if config.option.quick and place.startswith(HEAVY) and not item.get_closest_marker("smoke"):
        return "without --quick"
    return None


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of a parallel run hands over what it left out; all of them leave out the same."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = session.config.stash[LEFT_OUT]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    told = getattr(node, "workeroutput", {}).get("left_out", {})
    node.config.stash[LEFT_OUT].update(told)  # type: ignore[attr-defined]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for line in _not_run(config.stash[LEFT_OUT]):
        terminalreporter.write_line(line, yellow=True)


def _not_run(left_out: dict[str, list[str]]) -> Iterator[str]:
    """Slow tests by name, since one may forget them; of the others how many there are."""
    if slow := left_out.get("--all"):
        names = ", ".join(dict.fromkeys(name.split("[")[0] for name in slow))
        yield f"not run: {names} ({len(slow)} slow tests, --all runs them)"
    if heavy := left_out.get("without --quick"):
        names = ", ".join(f"tests/{room}" for room in HEAVY)
        yield f"not run: most of {names} ({len(heavy)} tests, a run without --quick has them)"
