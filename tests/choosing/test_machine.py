"""What a measurement depends on."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from taxiway.choosing import machine

ONE = """processor\t: 0
model name\t: A Processor
cpu MHz\t\t: {mhz}
flags\t\t: fpu {flag}

processor\t: 1
"""


def test_it_is_plain_and_stays_the_same() -> None:
    found = machine.this_machine()
    assert json.loads(json.dumps(found)) == found == machine.this_machine()
    assert found["cores"] >= 1
    assert {"taxiway", "torch"} <= found["libraries"].keys()


def test_nothing_heavy_is_imported_for_it() -> None:
    code = "import sys; from taxiway.choosing.machine import this_machine; this_machine()\n"
    code += "print({'torch', 'openvino', 'onnxruntime'} & sys.modules.keys())"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "set()"


def test_a_processor_is_what_it_can_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "cpuinfo"
    monkeypatch.setattr(machine, "PROCESSOR", path)

    def described(mhz: int, flag: str) -> str:
        path.write_text(ONE.format(mhz=mhz, flag=flag))
        return machine.processor()

    assert described(1000, "amx") == described(2000, "amx") != described(1000, "avx")
    assert described(1000, "amx").startswith("A Processor ")


def test_a_system_without_proc_has_a_processor_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "PROCESSOR", tmp_path / "not_there")
    assert machine.processor()
