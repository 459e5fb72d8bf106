import errno
import os

import pytest
import torch

from taxiway.families.stylegan.networks.states import write_state


def test_what_is_written_is_read_without_unpickling(tmp_path) -> None:
    write_state(tmp_path / "state.pt", {"step": 3, "weights": torch.arange(3.0)})
    state = torch.load(tmp_path / "state.pt", weights_only=True)
    assert state["step"] == 3
    assert torch.equal(state["weights"], torch.arange(3.0))


def test_a_full_disk_is_told_as_such_and_loses_nothing(tmp_path, monkeypatch) -> None:
    path = tmp_path / "state.pt"
    write_state(path, {"step": 1})
    before = path.read_bytes()

    def save(state: object, file: object) -> None:
        try:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            raise RuntimeError("unexpected pos")

    monkeypatch.setattr(torch, "save", save)
    with pytest.raises(OSError, match="No space left on device"):
        write_state(path, {"step": 2})
    assert path.read_bytes() == before
