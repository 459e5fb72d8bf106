import pytest

from paths import FIXTURES
from taxiway.checkpoint.discriminator import read_discriminator
from taxiway.core.errors import NotFound, UnreadableCheckpoint

ADA = FIXTURES / "stylegan2-ada_32.pkl"


def test_the_discriminator_of_a_snapshot_is_read() -> None:
    tensors = read_discriminator(ADA)
    assert tensors["b32.conv0.weight"].shape == (8, 8, 3, 3)
    assert tensors["b4.out.weight"].shape == (1, 16)
    assert read_discriminator(FIXTURES / "rosinality_32.pt") == {}
    assert read_discriminator(FIXTURES / "tensorflow-stylegan2_32.pkl") == {}


def test_a_broken_or_hostile_file_is_refused(tmp_path) -> None:
    (tmp_path / "cut.pkl").write_bytes(ADA.read_bytes()[:5000])
    (tmp_path / "evil.pkl").write_bytes(b"\x80\x04cposix\nsystem\n(S'true'\ntR.")
    for name in ("cut.pkl", "evil.pkl"):
        with pytest.raises(UnreadableCheckpoint, match=f"^'{name}' "):
            read_discriminator(tmp_path / name)
    with pytest.raises(NotFound):
        read_discriminator(tmp_path / "none.pkl")


def test_a_safetensors_file_that_begins_like_a_pickle_has_none(tmp_path) -> None:
    header = b'{"__metadata__":{}}'.ljust(0x80)
    (tmp_path / "m.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)
    assert read_discriminator(tmp_path / "m.safetensors") == {}
