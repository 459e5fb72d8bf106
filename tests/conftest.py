"""What a run leaves out, and that it says so; how the workers of a parallel run share a machine."""

import faulthandler
import functools
import gc
import os
import signal
import ssl
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
    # Every worker and every process that a test starts would compile all modules anew.
    sys.dont_write_bytecode = False

if "PYTEST_XDIST_WORKER" in os.environ:
    # Two workers on two cores: more threads would only wait for one another. Before torch is
    # imported, and for the processes that the tests start too.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    # A training in this process would slow down every test that comes after it.
    os.nice = lambda increment: increment

if "TAXIWAY_DATA" not in os.environ:
    # What a test leaves behind is nothing for the user's own folder.
    DATA = tempfile.TemporaryDirectory(prefix="taxiway-tests-")
    os.environ["TAXIWAY_DATA"] = DATA.name

import pytest
from hypothesis import settings

import fuzz
from paths import TESTS
from taxiway.core.child import CONTEXT
from taxiway.core.extras import is_here

# Every client of HTTP loads a hundred certificates, which takes longer than many a test. All get
# the same context: a test that wants another makes its own rather than change this one.
ssl.create_default_context = functools.cache(ssl.create_default_context)

# A shell that starts the tests in its background has them ignore Ctrl-C, and what they start too.
signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = ["chromium"]

HEAVY = (
    "backends/torch/test_device.py",
    "browser/",
    "checkpoint/test_bounds.py",
    "checkpoint/test_containers.py",
    "checkpoint/test_fuzz.py",
    "commands/",
    "engine/test_forkserver.py",
    "examples/",
    "extending/",
    "families/ported/test_dialects.py",
    "families/ported/test_model.py",
    "families/ported/test_ports.py",
    "families/ported/test_server.py",
    "families/stylegan/",
    "families/test_contract.py",
    "hardening/",
    "hosting/test_app.py",
    "hosting/test_fuzz.py",
    "hosting/test_store.py",
    "interop/",
    "jobs/",
    "servers/socketio/test_engineio.py",
    "servers/studio/",
    "servers/test_hardening.py",
    "servers/test_schemathesis.py",
    "sinks/",
    "test_app.py",
    "test_cli.py",
    "test_docs_site.py",
    "test_doctor.py",
    "test_model_servers.py",
    "test_notebook.py",
    "test_platforms.py",
    "test_wheel.py",
    "test_without_torch.py",
    "tools/test_batch.py",
    "training/",
    "web/test_listen.py",
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
    fuzz.whole = config.option.all_tests
    # A machine may be slow: no test here is judged by its seconds.
    settings.register_profile("untimed", deadline=None)
    settings.load_profile("untimed")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Importing what --quick does not run would take half of its time."""
    if not config.option.quick or not collection_path.name.startswith("test_"):
        return None
    place = collection_path.relative_to(TESTS).as_posix()
    heavy = place.startswith(HEAVY) and "mark.smoke" not in collection_path.read_text("utf-8")
    return True if heavy else None


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


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let a test that says how long it takes take that: else its process would be ended sooner."""
    mark = item.get_closest_marker("timeout")
    if mark is not None and mark.args and mark.args[0] > float(item.config.getini("timeout")):
        faulthandler.dump_traceback_later(mark.args[0] + 60, exit=True)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Spare the tests what takes seconds and is none of what they are about."""
    gc.freeze()  # what was imported stays, and need not be looked through again and again
    if choosing := sys.modules.get("taxiway.choosing"):
        # Of a network that a test makes anew each backend would be measured for a second, and which
        # is the fastest is nothing that a test may depend on: the first that computes it does.
        choosing.SECONDS = 0.0
    if "PYTEST_XDIST_WORKER" in os.environ and (jobs := sys.modules.get("taxiway.jobs.process")):
        # A test waits for its job, which would have a tenth of what other tests have.
        jobs.NICENESS = 0


def _why_not(config: pytest.Config, item: pytest.Item) -> str | None:
    """The option that would run a test which this run leaves out; one that is named is run."""
    if any(argument.split("[")[0].endswith(item.name.split("[")[0]) for argument in config.args):
        return None
    if item.get_closest_marker("slow") and not config.option.all_tests:
        return "--all"
    if item.get_closest_marker("cluster") and not is_here("ray"):
        return "the extra cluster"
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
    if not fuzz.whole:
        told = "not run: of fuzz tests three examples in four (--all runs them)"
        terminalreporter.write_line(told, yellow=True)


def _not_run(left_out: dict[str, list[str]]) -> Iterator[str]:
    """Slow tests by name, since one may forget them; of the others how many there are."""
    if slow := left_out.get("--all"):
        names = ", ".join(dict.fromkeys(name.split("[")[0] for name in slow))
        yield f"not run: {names} ({len(slow)} slow tests, --all runs them)"
    if cluster := left_out.get("the extra cluster"):
        yield f"not run: {', '.join(cluster)} (pip install -e '.[cluster]' brings Ray)"
    if "without --quick" in left_out:
        names = ", ".join(f"tests/{room}" for room in HEAVY)
        yield f"not run: most of {names} (a run without --quick has them)"
