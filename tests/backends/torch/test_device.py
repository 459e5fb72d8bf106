"""Choosing a device, and saying which there are."""

import subprocess
import sys
from typing import Any

import pytest
import torch

from taxiway.backends.torch import device
from taxiway.core.errors import InvalidArgument


def test_the_cpu_is_always_there_and_last() -> None:
    assert device.devices()[-1] == "cpu"
    assert device.pick_device("cpu") == torch.device("cpu")


def test_auto_takes_the_fastest_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert device.pick_device() == torch.device("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert device.pick_device() == torch.device("cpu")


@pytest.mark.parametrize("option", ["cuda", "tpu"])
def test_a_device_that_is_not_there_is_refused(
    option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "devices", lambda: ["mps", "cpu"])
    wanted = f"'device' takes auto or mps or cpu on this machine, got {option}."
    with pytest.raises(InvalidArgument) as caught:
        device.pick_device(option)
    assert str(caught.value) == wanted


def test_the_processor_is_described() -> None:
    found = device.processor()
    assert found.name
    assert found.cores >= 1
    assert found.bfloat16 in (None, "amx", "avx512", "neon")


FRAMES = """
import resource, sys, torch
from taxiway.backends.torch.device import keep_freed_memory
kept = keep_freed_memory() if sys.argv[1] == "keep" else False
for frame in range(12):
    if frame == 6:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    buffers = [torch.ones(10 * 2**20) for _ in range(2)]
    del buffers
print(kept, resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc is asked")
@pytest.mark.slow
def test_kept_memory_is_not_asked_for_again() -> None:
    def faults(mode: str) -> tuple[bool, int]:
        command = [sys.executable, "-c", FRAMES, mode]
        kept, count = subprocess.run(command, capture_output=True, check=True).stdout.split()
        return kept == b"True", int(count)

    asked, few = faults("keep")
    _, many = faults("default")
    if asked:
        assert few < many / 100
    assert many > 10_000


def test_float32_keeps_its_digits_on_a_gpu() -> None:
    settings: Any = torch.backends.cudnn, torch.backends.cuda.matmul
    names = ("allow_tf32", "allow_fp16_reduced_precision_reduction")
    before = [getattr(*each) for each in zip(settings, names, strict=True)]
    try:
        for setting, name in zip(settings, names, strict=True):
            setattr(setting, name, True)
        device.keep_digits()
        assert not any(getattr(*each) for each in zip(settings, names, strict=True))
    finally:
        for setting, name, value in zip(settings, names, before, strict=True):
            setattr(setting, name, value)
