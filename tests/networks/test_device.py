"""Choosing a device, and saying which there are."""

import pytest
import torch

from taxiway.core.errors import InvalidArgument
from taxiway.networks import device


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
