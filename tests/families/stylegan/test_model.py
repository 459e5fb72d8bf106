"""StyleGAN as a model: what its network adds to Runway's names."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec import structs

from paths import FIXTURES, ROOT
from snapshots import small_stylegan2
from taxiway.checkpoint import read_checkpoint, write_checkpoint
from taxiway.core.command import Values
from taxiway.core.datatypes import Vector
from taxiway.core.errors import InvalidArgument, MissingDependency, NotFound
from taxiway.families.stylegan.directions.direction import direction, write_direction
from taxiway.families.stylegan.model import StyleGAN
from taxiway.families.stylegan.rendering.options import RenderOptions, latent_of


def model_of(name: str) -> StyleGAN:
    model = StyleGAN()
    model.setup("cpu", options(name))
    return model


def options(name: str) -> Values:
    return {"checkpoint": str(FIXTURES / name), "precision": "float32"}


def picture(model: StyleGAN, **wire: Any) -> np.ndarray[Any, Any]:
    call: Values = model.commands["generate"].decode(wire)
    image: np.ndarray[Any, Any] = model.predict("generate", [call])[0]["image"]
    return image.astype(int)


@pytest.fixture(scope="module")
def plain() -> StyleGAN:
    return model_of("stylegan2-ada_32.pkl")


@pytest.fixture(scope="module")
def labelled() -> StyleGAN:
    return model_of("stylegan2-ada_32_labels5_mapping8.pkl")


@pytest.fixture(scope="module")
def alias_free() -> StyleGAN:
    return model_of("stylegan3-t_32.pkl")


@pytest.fixture(scope="module", params=["plain", "labelled", "alias_free"])
def any_model(request: pytest.FixtureRequest) -> StyleGAN:
    found: StyleGAN = request.getfixturevalue(request.param)
    return found


def test_a_backend_that_is_named_computes_it_or_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model, asked = StyleGAN(), options("stylegan2-ada_32.pkl")
    model.setup("cpu", asked | {"backend": "reference"})
    assert model.facts["backend"] == "reference"
    assert picture(model, seed=1).shape == (32, 32, 3)
    monkeypatch.setattr("taxiway.backends.torch.is_here", lambda module: False)
    with pytest.raises(MissingDependency, match=r"PyTorch is missing: .*taxiway install torch\.$"):
        StyleGAN().setup("auto", asked | {"backend": "torch"})


def z_length(model: StyleGAN) -> int:
    z = model.commands["generate"].inputs["z"]
    assert isinstance(z, Vector)
    return z.length


@pytest.mark.parametrize(
    ("name", "there", "not_there"),
    [
        ("stylegan1_32_labels.pkl", ("truncation", "noise_mode", "label"), ("rotation",)),
        ("projected-gan_fastgan_128_cond.pkl", ("z", "noise_mode", "label"), ("truncation", "w")),
        ("projected-gan_fastgan-lite_128.pkl", ("z", "seed"), ("truncation", "w", "noise_mode")),
        ("stylegan-xl_32-stem_labels10.pkl", ("truncation", "label", "rotation"), ("noise_mode",)),
    ],
)
def test_every_family_declares_what_it_has(name: str, there: Any, not_there: Any) -> None:
    model = model_of(name)
    inputs = model.commands["generate"].inputs
    assert set(there) <= set(inputs)
    assert not set(not_there) & set(inputs)
    assert picture(model, seed=1).shape == picture(model, seed=2).shape


def test_its_command_has_runways_names(any_model: StyleGAN) -> None:
    assert list(any_model.commands["generate"].inputs)[:2] == ["z", "truncation"]
    assert list(any_model.commands["generate"].outputs) == ["image"]


def test_a_seed_is_its_vector(any_model: StyleGAN) -> None:
    z = np.random.RandomState(5).randn(z_length(any_model)).tolist()
    np.testing.assert_array_equal(picture(any_model, seed=5), picture(any_model, z=z))


@pytest.mark.parametrize("value", [0.0, 1.0, -1.0, 1e30])
def test_extreme_vectors_give_a_picture(any_model: StyleGAN, value: float) -> None:
    z = [value] * z_length(any_model)
    assert picture(any_model, z=z).shape == (32, 32, 3)


def test_truncation_zero_gives_everyone_the_same_picture(any_model: StyleGAN) -> None:
    one, other = (picture(any_model, seed=seed, truncation=0) for seed in (1, 2))
    assert np.abs(one - other).max() <= 1
    assert one.std() > 1


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*.*")), ids=lambda path: path.name)
def test_it_opens_what_the_reader_reads(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "renamed.jpg"
    other.write_bytes(path.read_bytes())
    assert StyleGAN.opens(str(other)) == (path.suffix in (".pkl", ".pt"))


def test_it_opens_no_folder_and_no_discriminator(tmp_path: Path) -> None:
    weights = ROOT / "src" / "taxiway" / "catalog" / "weights"
    assert StyleGAN.opens(str(weights / "rainbow.safetensors"))
    assert not StyleGAN.opens(str(weights / "rainbow.discriminator.safetensors"))
    assert not StyleGAN.opens(str(tmp_path))


def test_the_picture_is_the_reference_for_its_z(plain: StyleGAN) -> None:
    reference = np.load(FIXTURES / "stylegan2-ada_32.npz")
    made = picture(plain, z=reference["z"][1].tolist(), truncation=0.7)
    expected = reference["uint8_psi0.7_noise_const"][1].astype(int)
    assert np.abs(made - expected).max() <= 1


def test_w_is_used_as_it_is(plain: StyleGAN) -> None:
    renderer = plain.renderer
    ws = renderer.ws(renderer.z_of_seeds([4]), 0.6)
    by_seed = picture(plain, seed=4, truncation=0.6)
    assert np.abs(picture(plain, w=ws[0].tolist(), truncation=0.1) - by_seed).max() <= 1
    assert np.abs(picture(plain, w=ws[0, 0].tolist()) - by_seed).max() <= 1


def test_noise_changes_the_picture_as_asked(plain: StyleGAN) -> None:
    const = picture(plain, seed=1)
    assert (picture(plain, seed=1) == const).all()
    assert (picture(plain, seed=1, noise_mode="none") != const).any()
    assert (picture(plain, seed=1, noise_mode="random") != const).any()


def test_calls_of_different_noise_share_a_batch(plain: StyleGAN) -> None:
    command = plain.commands["generate"]
    calls = [
        command.decode({"seed": seed, "noise_mode": mode})
        for seed, mode in [(1, "const"), (2, "none"), (3, "const")]
    ]
    together = plain.predict("generate", calls)
    for call, answer in zip(calls, together, strict=True):
        alone = plain.predict("generate", [call])[0]["image"].astype(int)
        assert np.abs(answer["image"] - alone).max() <= 1


def test_a_label_is_an_input_only_where_there_are_classes(
    plain: StyleGAN, labelled: StyleGAN
) -> None:
    assert "label" not in plain.commands["generate"].inputs
    assert (picture(labelled, seed=1, label=1) != picture(labelled, seed=1, label=2)).any()
    with pytest.raises(InvalidArgument, match="'label' takes 0 to 4, got 5"):
        picture(labelled, seed=1, label=5)


def test_classes_whose_names_are_known_are_chosen_by_them(
    labelled: StyleGAN, tmp_path: Path
) -> None:
    names = ("ink", "oil", "chalk", "wax", "lead")
    checkpoint = read_checkpoint(FIXTURES / "stylegan2-ada_32_labels5_mapping8.pkl")
    checkpoint.config["classes"] = list(names)
    write_checkpoint(tmp_path / "named.safetensors", checkpoint)
    named = model_of(str(tmp_path / "named.safetensors"))
    told = named.commands["generate"].inputs["label"].describe("label")
    assert (told["names"], told["min"], told["max"]) == (names, 0, 4)
    assert (picture(named, seed=1, label=2) == picture(labelled, seed=1, label=2)).all()
    plain = labelled.commands["generate"].inputs["label"].describe("label")
    assert "names" not in plain


def test_stylegan3_moves_the_picture_right_and_down(alias_free: StyleGAN) -> None:
    still, moved = picture(alias_free, seed=1), picture(alias_free, seed=1, x=0.25, y=0.125)
    shifted = np.roll(still, (4, 8), (0, 1))
    inner = np.s_[10:26, 12:26]
    assert np.abs(moved - shifted)[inner].mean() < 0.3 * np.abs(moved - still)[inner].mean()


def test_directions_of_a_folder_are_inputs_in_steps(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    plain = direction("More sea", rng.normal(size=64), sigma=2.0)
    write_direction(tmp_path / "sea.npz", structs.replace(plain, layers=(2, 3)))
    np.save(tmp_path / "age.npy", rng.normal(size=(8, 64)).astype(np.float32))
    model = StyleGAN()
    model.setup("cpu", {**options("stylegan2-ada_32.pkl"), "directions": str(tmp_path)})
    command = model.commands["generate"]
    assert {"more_sea", "age"} <= set(command.inputs)
    calls = [command.decode({"seed": 1, "more_sea": t}) for t in (0, 1.5)]
    still, moved = (
        model.renderer.rows(
            [latent_of(call, 64)], RenderOptions.of(call, model.renderer.directions)
        )
        for call in calls
    )
    expected = still[0].copy()
    expected[[2, 3]] += 1.5 * 2.0 * plain.vector
    np.testing.assert_allclose(moved[0], expected, rtol=1e-5, atol=1e-6)
    assert np.abs(picture(model, seed=1, age=3) - picture(model, seed=1)).max() > 1


def test_directions_that_cannot_be_inputs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no folder of directions"):
        StyleGAN().setup("cpu", {**options("stylegan2-ada_32.pkl"), "directions": "nowhere"})
    write_direction(tmp_path / "seed.npz", direction("seed", np.ones(64)))
    with pytest.raises(InvalidArgument, match="cannot be called 'seed'"):
        StyleGAN().setup("cpu", {**options("stylegan2-ada_32.pkl"), "directions": str(tmp_path)})


def test_classes_are_mixed_by_their_weights(labelled: StyleGAN) -> None:
    pure = [picture(labelled, seed=1, label=label) for label in (0, 2)]
    np.testing.assert_array_equal(picture(labelled, seed=1, classes=[0, 0, 3, 0, 0]), pure[1])
    between = picture(labelled, seed=1, classes=[0.5, 0, 0.5, 0, 0])
    assert not any(np.array_equal(between, each) for each in pure)
    below = picture(labelled, seed=1, classes=[0, -1, 2, 0, 0])
    np.testing.assert_array_equal(below, pure[1])
    nothing = picture(labelled, seed=1, classes=[0] * 5, label=2)
    np.testing.assert_array_equal(nothing, pure[1])
    with pytest.raises(InvalidArgument, match="'classes' takes 5 numbers"):
        picture(labelled, seed=1, classes=[1, 0])


def test_a_model_with_classes_says_which_is_the_usual_one(labelled: StyleGAN) -> None:
    assert "class 0 unless" in labelled.facts["notes"][-1]


def test_alpha_is_kept_and_grey_is_shown_in_colour(tmp_path: Path) -> None:
    for channels, shown in ((1, 3), (4, 4)):
        path = tmp_path / f"{channels}.safetensors"
        write_checkpoint(path, small_stylegan2(pictures=channels))
        model = model_of(str(path))
        field = model.commands["generate"].outputs["image"]
        made = picture(model, seed=1)
        assert (field.channels, made.shape[2]) == (shown, shown)
        wire = field.encode(made.astype(np.uint8))
        assert wire.startswith("data:image/png" if shown == 4 else "data:image/jpeg")
        assert field.encode(made.astype(np.uint8), "JPEG").startswith("data:image/jpeg")


def test_map_gives_the_w_that_makes_the_same_picture(any_model: StyleGAN) -> None:
    call = any_model.commands["map"].decode({"seed": 3, "truncation": 0.5})
    [answer] = any_model.predict("map", [call])
    w = any_model.commands["map"].outputs["w"]
    assert isinstance(w, Vector)
    assert answer["w"].shape == (w.rows, w.length)
    wire = w.encode(answer["w"])
    expected = picture(any_model, seed=3, truncation=0.5)
    assert np.abs(picture(any_model, w=wire) - expected).max() <= 1


def test_a_model_without_w_maps_nothing() -> None:
    assert list(model_of("projected-gan_fastgan-lite_128.pkl").commands) == ["generate"]
