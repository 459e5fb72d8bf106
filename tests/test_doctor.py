"""The doctor says what there is."""

import socket
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from taxiway import doctor


def test_every_line_names_what_it_is_about(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "MEASURE_SECONDS", 0.1)
    monkeypatch.setattr(doctor, "_per_call", lambda work, *_: work() is None or 0.5)
    lines = {line[:12].strip(): line[12:] for line in doctor.report()}
    assert {"Taxiway", "System", "Disk", "Port 8000", "Painter", "JPEG"} <= set(lines)
    assert "H.264" in lines["Thin way"]
    assert lines["Painter"] == "2 pictures of 256 px a second, one core"
    assert "cpu" in lines["PyTorch"]


def test_a_missing_pytorch_is_a_line_and_not_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setattr(doctor, "MEASURE_SECONDS", 0.1)
    monkeypatch.setattr(doctor, "_per_call", lambda work, *_: work() is None or 0.5)
    [line] = [line for line in doctor.report() if line.startswith("PyTorch")]
    assert "missing, so nothing is trained or projected: " in line
    assert line.endswith("taxiway install train")


def test_a_gpu_is_named_and_one_that_fails_is_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    gpu = SimpleNamespace(name="A GPU", total_memory=8 * 2**30, major=8, minor=9)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda index: gpu)
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    [line] = [line for line in doctor._torch() if line.startswith("GPU")]
    assert line == "GPU         A GPU, 8 GB, capability 8.9, CUDA 13.0"

    def fails(index: int) -> None:
        raise RuntimeError("CUDA error: unknown error\nCompile with `TORCH_USE_CUDA_DSA`.")

    monkeypatch.setattr(torch.cuda, "get_device_properties", fails)
    assert list(doctor._torch())[-1] == "GPU         fails: CUDA error: unknown error."


def test_a_pytorch_that_knows_no_gpu_is_told_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import torch

    from taxiway.backends import torch as backend

    def lines() -> list[str]:
        return [line for line in doctor._torch() if line.startswith("GPU")]

    monkeypatch.setattr(backend, "shows_nvidia", lambda: True)
    monkeypatch.setattr(torch.version, "cuda", None)
    [line] = lines()
    assert line.endswith("is not built for: one that is: https://pytorch.org/get-started/locally")
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    assert lines() == []


def test_what_is_pasted_has_no_names_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "report", lambda: iter(["Backend     fine: of ada, /home/ada/x"]))
    monkeypatch.setattr(doctor.Path, "home", lambda: doctor.Path("/home/ada"))
    monkeypatch.setattr(doctor.getpass, "getuser", lambda: "ada")
    monkeypatch.setenv("TAXIWAY_DATA", "/home/ada/Taxiway of ada")
    own = doctor.version_of  # onnxruntime by a build of its own, as for NVIDIA's GPUs
    monkeypatch.setattr(
        doctor, "version_of", lambda name: None if name == "onnxruntime" else own(name)
    )
    lines = {line[:12].strip(): line[12:] for line in doctor.to_paste()}
    assert lines["Data"] == "~/Taxiway of USER, not there yet"
    assert lines["Backend"] == "fine: of USER, ~/x"
    assert "numpy " in lines["Packages"]
    assert lines["Processor"].endswith(" cores")
    assert lines["Providers"].endswith("cpu")


def test_a_user_without_a_name_has_none_to_hide(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> str:
        raise KeyError("uid not found: 1234")

    monkeypatch.setattr(doctor, "report", lambda: iter(["Backend     fine"]))
    monkeypatch.setattr(doctor.getpass, "getuser", unknown)
    assert "Backend     fine" in list(doctor.to_paste())


def test_a_taken_port_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not doctor._is_free(port)
    assert doctor._is_free(port)


def test_it_says_what_takes_the_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAXIWAY_DATA", str(tmp_path / "none" / "yet"))
    assert doctor._disk().endswith("GB free; kept: 0 MB")
    monkeypatch.setenv("TAXIWAY_DATA", str(tmp_path))
    (tmp_path / "jobs" / "a").mkdir(parents=True)
    (tmp_path / "jobs" / "a" / "film.mp4").write_bytes(bytes(3_000_000))
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "weights").write_bytes(bytes(9_000_000))
    (tmp_path / "hosted.db").write_bytes(bytes(1000))
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    assert doctor._disk().endswith(
        "GB free; kept: 12 MB (store 9 MB, jobs 3 MB); what may go: taxiway disk"
    )
