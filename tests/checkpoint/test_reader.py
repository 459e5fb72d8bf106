import pickle
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from paths import FIXTURES
from pickles import Call, Name, Writer
from snapshots import TEXT, nvidia_generator, nvidia_pickle, persistent, small_stylegan2
from taxiway.checkpoint import Checkpoint, inspect_checkpoint, read_checkpoint
from taxiway.checkpoint.shapes import fit
from taxiway.checkpoint.source import Source
from taxiway.core.errors import NotFound, UnreadableCheckpoint
from watch import nothing_done

READABLE = sorted(path.name for path in FIXTURES.iterdir() if path.suffix in (".pkl", ".pt"))
NOTED = (
    "container_G-only",
    "container_state-dict",
    "projected-gan",
    "stylegan-xl",
    "stylegan1",
    "tensorflow",
)


def same(one: Checkpoint, other: Checkpoint) -> bool:
    """Whether two checkpoints hold the same network to the last bit."""
    return (
        one.family == other.family
        and one.config == other.config
        and one.tensors.keys() == other.tensors.keys()
        and all(np.array_equal(one.tensors[name], other.tensors[name]) for name in one.tensors)
    )


@pytest.mark.parametrize("name", READABLE)
def test_every_fixture_is_read_without_running_anything(name: str) -> None:
    with nothing_done():
        checkpoint = read_checkpoint(FIXTURES / name)
    size = int(re.search(r"_(\d+)", name + "_32")[1])
    assert checkpoint.config["img_resolution"] == [size, size]
    of_layers = len(checkpoint.config.get("layers", ())) + 1
    of_blocks = 2 * (size.bit_length() - 2)
    alias_free, without_w = checkpoint.family == "stylegan3", checkpoint.family == "fastgan"
    rows = 0 if without_w else of_layers if alias_free else of_blocks
    assert checkpoint.config["num_ws"] == rows
    assert without_w or checkpoint.config["mapping"]["lr_multiplier"] == 0.01
    noted = name.startswith(NOTED) and "lite" not in name
    assert bool(checkpoint.source["notes"]) is noted
    kept, unused = fit(checkpoint.family, checkpoint.config, checkpoint.tensors)
    assert kept.keys() == checkpoint.tensors.keys()
    assert not unused


@pytest.mark.parametrize("name", READABLE)
def test_tensors_are_arrays_that_torch_can_take_over(name: str) -> None:
    for array in read_checkpoint(FIXTURES / name).tensors.values():
        assert array.dtype == np.float32
        assert array.flags.c_contiguous
        assert array.flags.writeable
        assert array.flags.aligned
        assert np.isfinite(array).all()


@pytest.mark.parametrize(
    "name", [name for name in READABLE if name.startswith(("stylegan2", "stylegan3"))]
)
def test_config_says_what_the_constructor_was_given(name: str) -> None:
    config = read_checkpoint(FIXTURES / name).config
    [network] = [n for n in inspect_checkpoint(FIXTURES / name).networks if n.name == "G_ema"]
    given = network.settings
    for key in ("z_dim", "w_dim", "c_dim", "img_channels"):
        assert config[key] == given[key]
    assert config["mapping"]["num_layers"] == given["mapping_kwargs"]["num_layers"]
    synthesis = given.get("synthesis_kwargs", given)
    if config["architecture" if "architecture" in config else "num_ws"] == "resnet":
        assert synthesis["architecture"] == "resnet"
    if "conv_kernel" in given:
        assert {layer["conv_kernel"] for layer in config["layers"]} == {given["conv_kernel"], 1}


def test_stylegan2_config_has_every_layer() -> None:
    config = read_checkpoint(FIXTURES / "stylegan2-ada_32.pkl").config
    assert config["architecture"] == "skip"
    assert config["resample_filter"] == [1, 3, 3, 1]
    assert list(config["layers"]) == [
        "b4.conv1", "b4.torgb", "b8.conv0", "b8.conv1", "b8.torgb", "b16.conv0", "b16.conv1",
        "b16.torgb", "b32.conv0", "b32.conv1", "b32.torgb",
    ]  # fmt: skip
    assert config["layers"]["b8.conv0"] == {
        "up": 2,
        "conv_clamp": 256.0,
        "activation": "lrelu",
        "act_gain": pytest.approx(2**0.5),
        "use_noise": True,
    }
    assert config["layers"]["b32.torgb"] == {"conv_clamp": 256.0}


def test_a_residual_stylegan2_has_skips_and_one_picture() -> None:
    checkpoint = read_checkpoint(FIXTURES / "stylegan2-ada_32_resnet.pkl")
    layers = checkpoint.config["layers"]
    assert [name for name in layers if name.endswith("torgb")] == ["b32.torgb"]
    assert layers["b16.skip"] == {}
    assert checkpoint.tensors["synthesis.b16.skip.weight"].shape == (32, 32, 1, 1)


def test_labels_come_with_an_embedding() -> None:
    checkpoint = read_checkpoint(FIXTURES / "stylegan2-ada_32_labels5_mapping8.pkl")
    assert checkpoint.config["c_dim"] == 5
    assert checkpoint.config["mapping"]["embed_lr_multiplier"] == 1.0
    assert checkpoint.tensors["mapping.embed.weight"].shape == (64, 5)
    assert checkpoint.tensors["mapping.fc0.weight"].shape == (64, 128)
    assert "mapping.fc7.weight" in checkpoint.tensors


@pytest.mark.parametrize(
    ("name", "radial"), [("stylegan3-t_32.pkl", 0), ("stylegan3-r_32.pkl", 12)]
)
def test_stylegan3_config_has_the_plan_of_its_layers(name: str, radial: int) -> None:
    checkpoint = read_checkpoint(FIXTURES / name)
    config = checkpoint.config
    assert config["output_scale"] == 0.25
    assert config["input"]["size"] == [36, 36]
    assert config["input"]["sampling_rate"] == 16
    assert config["input"]["bandwidth"] == 2
    assert [layer["name"].split("_")[0] for layer in config["layers"]] == [
        f"L{i}" for i in range(15)
    ]
    assert config["layers"][0]["in_cutoff"] == 2
    assert config["layers"][13]["padding"] == ([-11, -12] * 2 if radial == 0 else [-9, -10] * 2)
    assert config["layers"][14]["is_torgb"]
    filters = [array for key, array in checkpoint.tensors.items() if key.endswith("down_filter")]
    assert len(filters) == 14
    assert sum(array.ndim == 2 for array in filters) == radial
    assert checkpoint.tensors["synthesis.input.transform"].shape == (3, 3)


def test_tensors_of_the_last_layer_are_those_torch_would_load() -> None:
    with np.load(FIXTURES / "stylegan2-ada_32.npz") as results:
        assert results["w"].shape[-1] == 64
    checkpoint = read_checkpoint(FIXTURES / "stylegan2-ada_32.pkl")
    raw = (FIXTURES / "stylegan2-ada_32.pkl").read_bytes()
    for array in checkpoint.tensors.values():
        assert array.tobytes() in raw


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("name", ["stylegan3-r_32.pkl", "stylegan2-ada_32_resnet.pkl"])
def test_every_protocol_is_read(protocol: int, name: str, tmp_path: Path) -> None:
    checkpoint = read_checkpoint(FIXTURES / name)
    path = tmp_path / "file.pkl"
    path.write_bytes(nvidia_pickle(checkpoint, protocol))
    assert same(read_checkpoint(path), checkpoint)


@pytest.mark.parametrize("architecture", ["skip", "resnet", "orig"])
@pytest.mark.parametrize("const", [(4, 4), (8, 4), (4, 7)])
def test_every_shape_of_stylegan2_is_read(
    architecture: str, const: tuple[int, int], tmp_path: Path
) -> None:
    checkpoint = small_stylegan2(architecture=architecture, const=const)
    path = tmp_path / "file.pkl"
    path.write_bytes(nvidia_pickle(checkpoint))
    assert same(read_checkpoint(path), checkpoint)
    assert checkpoint.config["img_resolution"] == [4 * const[0], 4 * const[1]]


@pytest.mark.parametrize("changes", [{"depth": 1}, {"depth": 12}, {"labels": 3}, {"blocks": 1}])
def test_every_depth_is_read(changes: dict[str, int], tmp_path: Path) -> None:
    checkpoint = small_stylegan2(**changes)
    path = tmp_path / "file.pkl"
    path.write_bytes(nvidia_pickle(checkpoint))
    assert same(read_checkpoint(path), checkpoint)


def test_a_network_without_noise_has_no_noise_tensors(tmp_path: Path) -> None:
    checkpoint = small_stylegan2(use_noise=False)
    path = tmp_path / "file.pkl"
    path.write_bytes(nvidia_pickle(checkpoint))
    assert same(read_checkpoint(path), checkpoint)


def test_texts_of_classes_are_told_by_hash(tmp_path: Path) -> None:
    [code] = read_checkpoint(FIXTURES / "stylegan2-ada_32.pkl").source["embedded_code"]
    assert code["bytes"] == len(TEXT)
    assert "Generator" in code["classes"]
    long = TEXT + "#" * 100_000
    generator = nvidia_generator(small_stylegan2())
    generator.args[0]["module_src"] = long
    path = tmp_path / "file.pkl"
    path.write_bytes(Writer(4).dump({"G_ema": generator}))
    sizes = [code["bytes"] for code in read_checkpoint(path).source["embedded_code"]]
    assert sizes == [len(long), len(TEXT)]


def test_what_the_network_has_no_use_for_is_left_out_and_said(tmp_path: Path) -> None:
    checkpoint = small_stylegan2()
    extra = {**checkpoint.tensors, "mapping.own_idea": np.zeros(3, np.float32)}
    path = tmp_path / "file.pkl"
    path.write_bytes(nvidia_pickle(Checkpoint("stylegan2", checkpoint.config, extra, {})))
    read = read_checkpoint(path)
    assert same(read, checkpoint)
    [note] = read.source["notes"]
    assert "mapping.own_idea" in note


def test_the_source_tells_the_file(tmp_path: Path) -> None:
    path = FIXTURES / "stylegan3-t_32.pkl"
    source = read_checkpoint(path).source
    assert source["bytes"] == path.stat().st_size
    assert source["sha256"].startswith("8e99290ace07")
    assert "stylegan3" in source["format"]


def test_no_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="There is no file"):
        read_checkpoint(tmp_path / "missing.pkl")
    with pytest.raises(NotFound, match="is no file"):
        read_checkpoint(tmp_path)


def test_a_file_that_fails_to_be_read_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(source: Source, start: int, stop: int) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Source, "read", fail)
    with pytest.raises(UnreadableCheckpoint, match="cannot be read: Input/output error"):
        read_checkpoint(FIXTURES / "stylegan3-t_32.pkl")


WRONG = {
    "no clamp that could be": ("b8.conv0", {"conv_clamp": float("nan")}),
    "no factor that could be": ("b8.conv0", {"up": 3}),
    "an unknown activation": ("b8.conv0", {"activation": "mish"}),
    "a gain that is text": ("b8.conv0", {"act_gain": "1"}),
    "a flag that is a number": ("b8.conv0", {"use_noise": 1}),
}


@pytest.mark.parametrize("case", WRONG)
def test_settings_that_cannot_be_are_refused(case: str, refusal: Callable[..., str]) -> None:
    layer, changes = WRONG[case]
    checkpoint = small_stylegan2()
    checkpoint.config["layers"][layer] |= changes
    problem = refusal(nvidia_pickle(checkpoint))
    assert next(iter(changes)) in problem or layer in problem


def test_tensors_that_do_not_fit_are_named(refusal: Callable[..., str]) -> None:
    checkpoint = small_stylegan2()
    checkpoint.tensors["synthesis.b8.conv1.affine.weight"] = np.zeros((4, 5), np.float32)
    assert "'synthesis.b8.conv1.affine.weight' in shape [4, 5] where [4, 8] fits" in refusal(
        nvidia_pickle(checkpoint)
    )
    del checkpoint.tensors["synthesis.b8.conv1.affine.weight"]
    assert "lacks the tensor 'synthesis.b8.conv1.affine.weight'" in refusal(
        nvidia_pickle(checkpoint)
    )


FOREIGN: dict[str, tuple[bytes, str]] = {
    "an empty file": (b"", "is empty"),
    "a PNG": (b"\x89PNG\r\n\x1a\n" + bytes(100), "a PNG image"),
    "a JPEG": (b"\xff\xd8\xff\xe0" + bytes(100), "a JPEG image"),
    "a web page": (b"\n<!DOCTYPE html>\n<html><body>404</body></html>", "a web page"),
    "a pointer of Git LFS": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
        "a Git LFS pointer",
    ),
    "JSON": (b'{"error": "quota exceeded"}', "a JSON text"),
    "gzip": (b"\x1f\x8b\x08" + bytes(100), "a gzip archive that cannot be unpacked"),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(100), "HDF5"),
    "noise": (bytes(range(200, 256)) * 20, "no format that is known"),
    "plain text": (b"hello world, this is a text\n" * 20, "no format that is known"),
    "a pickle of numbers": (pickle.dumps([1, 2, 3]), "holds no network that is known"),
    "a state dict of something": (
        pickle.dumps({"state_dict": {"conv.weight": np.zeros(3)}}),
        "holds no network that is known",
    ),
    "lucidrains": (Writer(2).dump({"GAN": {}, "version": "1.5"}), "lucidrains"),
    "EG3D": (
        Writer(4).dump({"G_ema": persistent("TriPlaneGenerator", {"x": Name("torch.nn.X")})}),
        "an EG3D snapshot",
    ),
    "EG3D without foreign names": (
        Writer(4).dump({"G_ema": persistent("TriPlaneGenerator", {})}),
        "an EG3D snapshot",
    ),
    "StyleGAN-T": (
        Writer(4).dump({"G_ema": Call(Name("networks.generator.Generator"), ())}),
        "probably a StyleGAN-T",
    ),
    "a whole pickled program": (
        Writer(2).dump(Call(Name("torch.nn.modules.container.Sequential"), ())),
        "a pickled PyTorch program",
    ),
    "another network of NVIDIA's": (
        Writer(4).dump(
            {"G_ema": persistent("X", {"_parameters": {}, "_buffers": {}, "_modules": {}})}
        ),
        "is no StyleGAN2 or 3, or FastGAN",
    ),
}


@pytest.mark.parametrize("case", FOREIGN)
def test_a_foreign_file_is_named_in_one_sentence(case: str, refusal: Callable[..., str]) -> None:
    data, words = FOREIGN[case]
    problem = refusal(data, "stranger.bin")
    assert problem.startswith("'stranger.bin' ")
    assert words in problem
    assert problem.count(". ") == 0


@pytest.mark.parametrize("name", READABLE)
def test_a_file_cut_short_says_so_or_what_it_is(name: str, tmp_path: Path) -> None:
    data = (FIXTURES / name).read_bytes()
    path = tmp_path / name
    for part in range(1, 64, 9):
        path.write_bytes(data[: len(data) * part // 64])
        with pytest.raises(UnreadableCheckpoint) as error:
            read_checkpoint(path)
        assert "cut short" in str(error.value)
