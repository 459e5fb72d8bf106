"""The fork server and what it is to have ready: whatever that does, models start or say why not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from paths import TESTS

PROGRAM = """
import asyncio, gc, os, sys
import psutil
sys.path[:0] = [{folder!r}, {tests!r}]
from taxiway.core.errors import TaxiwayError
from taxiway.core.model import ModelSpec
from taxiway.engine import Engine, preload


def held():
    gc.collect()
    return sorted(os.readlink(f"/proc/self/fd/{{n}}") for n in os.listdir("/proc/self/fd")
                  if os.path.exists(f"/proc/self/fd/{{n}}"))


async def tried(family):
    async with Engine() as engine:
        await engine.start(ModelSpec(name="tried", family=family))
        try:
            await engine.ready("tried")
        except TaxiwayError as error:
            return f"{{engine.running['tried'].state}}: {{error}}"
        return engine.running["tried"].state


async def main():
    print(await tried("toys:Echo"))
    before = held()
    for family in {families!r}:
        print(await tried(family))
    print(await tried("toys:Echo"))
    children = psutil.Process().children(recursive=True)
    print("zombies:", sum(child.status() == psutil.STATUS_ZOMBIE for child in children))
    left = [file for file in held() if file not in before and "/dev/shm" in file]
    print("left:", len(left))


if __name__ == "__main__":
    preload(["explodes"])
    asyncio.run(main())
"""


def said(folder: Path, source: str, *families: str) -> list[str]:
    """What the program prints, with a module `explodes` of that source."""
    (folder / "explodes.py").write_text(source)
    program = folder / "program.py"
    program.write_text(
        PROGRAM.format(folder=str(folder), tests=str(TESTS), families=list(families))
    )
    done = subprocess.run(
        [sys.executable, program], capture_output=True, text=True, timeout=240, cwd=folder
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("raise RuntimeError('no')", "cannot be loaded: RuntimeError: no ("),
        ("import os; os._exit(3)", "died 5 times within a minute (last with exit code 3)"),
        ("import sys; sys.exit(3)", "cannot be loaded: SystemExit: 3 ("),
        ("import nothing_there", "needs the package 'nothing_there'"),
    ],
)
def test_what_ends_the_fork_server_fails_only_its_own_model(
    tmp_path: Path, source: str, told: str
) -> None:
    first, failed, other, zombies, left = said(tmp_path, source + "\n", "explodes:Family")
    assert (first, other) == ("running", "running")
    assert failed.startswith("failed: tried ")
    assert told in failed
    assert (zombies, left) == ("zombies: 0", "left: 0")


THREADS = """
import multiprocessing.forkserver, psutil
from taxiway.core import child
from taxiway.families.stylegan.model import StyleGAN


if __name__ == "__main__":
    child.preload(StyleGAN.imports())
    child.start(print, [], name="first").join()
    children = psutil.Process().children()
    print(*[one.num_threads() for one in children if "forkserver" in str(one.cmdline())])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="has no fork server")
def test_nothing_that_is_loaded_beforehand_starts_a_thread(tmp_path: Path) -> None:
    # A child has only the thread that forked: what another held locked stays so for ever.
    program = tmp_path / "program.py"
    program.write_text(THREADS)
    environment = {**os.environ, "TAXIWAY_DATA": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, program], capture_output=True, text=True, timeout=120, env=environment
    )
    assert done.stdout.split() == ["1"], done.stderr
