"""The data type of docs/extending.md, as a package of somebody else's."""

import subprocess
import sys
from pathlib import Path

import pytest

import stranger

MODEL = """
    from typing import ClassVar

    import numpy as np

    from colourtype import Colour
    from taxiway.core.command import Command
    from taxiway.core.datatypes import Image

    class Plain:
        options: ClassVar = {}
        commands: ClassVar = {
            "paint": Command(
                name="paint",
                inputs={"colour": Colour()},
                outputs={"image": Image(), "same": Colour()},
            )
        }

        def setup(self, device, options):
            pass

        def predict(self, command, batch):
            return [
                {"image": np.full((8, 8, 3), np.array(call["colour"]) * 255, np.uint8),
                 "same": call["colour"]}
                for call in batch
            ]
"""
ASK = """
    import asyncio
    from taxiway.core.model import ModelSpec
    from taxiway.core.errors import InvalidArgument
    from taxiway.engine import Engine

    async def main():
        async with Engine() as engine:
            await engine.start(ModelSpec(name="plain", family="plain:Plain"))
            answer = await engine.query("plain", {"colour": "#ff8800"})
            command = await engine.command_of("plain")
            print(answer["same"], command.describe()["inputs"][0]["type"])
            try:
                await engine.query("plain", {"colour": "orange"})
            except InvalidArgument as error:
                print(error)

    if __name__ == "__main__":
        asyncio.run(main())
"""


NAMES = ("Plain", "Same", "Typo")


@pytest.mark.smoke
def test_a_model_takes_and_gives_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modules, points = stranger.from_docs("A data type")
    modules |= {"plain.py": MODEL, "ask.py": ASK}
    site = stranger.install(tmp_path, modules, points, monkeypatch)
    # In a process of its own: the union of all types is made once.
    command = [sys.executable, str(site / "ask.py")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == [
        "#ff8800 colour",
        "'colour' takes #rrggbb, got 'orange'.",
    ], done.stderr


def test_one_that_cannot_be_loaded_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modules = {
        "brokentype.py": "import nothing_of_that_name\n",
        "oddtypes.py": "from taxiway.core.datatypes.base import DataType\n"
        "class Plain: pass\nclass Same(DataType, frozen=True, tag='image'): pass\n",
    }
    points = {"taxiway.datatypes: colour": "brokentype:Colour"} | {
        f"taxiway.datatypes: {name.lower()}": f"oddtypes:{name}" for name in NAMES
    }
    stranger.install(tmp_path, modules, points, monkeypatch)
    command = [sys.executable, "-c", "from taxiway.core import datatypes"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert "'colour' needs the package 'nothing_of_that_name'" in done.stderr
    assert "'plain' needs the parent taxiway.core.datatypes.base.DataType (" in done.stderr
    assert "oddtypes.py, line 2)." in done.stderr
    assert "'same' has the tag 'image', which another type has (" in done.stderr
    assert "oddtypes has no 'Typo', its classes are Plain, Same (" in done.stderr
