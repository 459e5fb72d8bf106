"""A generator rendered from numpy: the reference's pictures, centres, labels, noise, transforms."""

import numpy as np
import pytest
import torch

from players import FIXTURES, small_renderer
from taxiway.core.errors import InvalidArgument
from taxiway.families.stylegan.rendering.asked import options_of
from taxiway.families.stylegan.rendering.opening import open_model
from taxiway.families.stylegan.rendering.options import RenderOptions
from taxiway.families.stylegan.rendering.painter import PainterRenderer
from taxiway.families.stylegan.rendering.renderer import torch_renderer_of
from taxiway.families.stylegan.tools.generate import Generate
from taxiway.latent.space import Latent


def z_latent(seed: int, truncation: float | None = None) -> Latent:
    z = np.random.RandomState(seed).randn(small_renderer().z_dim).astype(np.float32)
    return Latent(space="z", numbers=z, truncation=truncation)


@pytest.mark.smoke
def test_the_pictures_are_the_references() -> None:
    reference = np.load(FIXTURES / "stylegan2-ada_32.npz")
    player = small_renderer()
    made = player.images(player.ws(reference["z"], truncation=0.7))
    assert np.abs(made.astype(int) - reference["uint8_psi0.7_noise_const"]).max() <= 1


def test_a_picture_is_the_same_in_any_company() -> None:
    player = small_renderer()
    ws = player.ws(player.z_of_seeds(range(5)))
    together = player.images(ws)
    for row, picture in zip(ws, together, strict=True):
        np.testing.assert_array_equal(player.images(row[None])[0], picture)
    np.testing.assert_array_equal(player.images(ws[:, 0]), together)


def test_truncation_goes_to_the_average_to_a_w_or_to_the_nearest_of_several() -> None:
    player = small_renderer()
    w = player.w(player.z_of_seeds([1, 2]))
    np.testing.assert_allclose(player.truncated(w, 0)[:, 3], [player.w_avg] * 2, atol=1e-6)
    np.testing.assert_array_equal(player.truncated(w, 1)[:, 0], w)
    np.testing.assert_allclose(player.truncated(w, 0, centre=w[1])[0, 0], w[1], atol=1e-6)
    centres = np.stack([w[1] + 0.1, w[0] - 0.1, w[0] + 99])
    pulled = player.truncated(w, 0, centre=centres)
    np.testing.assert_allclose(pulled[:, 0], [w[0] - 0.1, w[1] + 0.1], atol=1e-5)
    half = player.truncated(w, 0.5, cutoff=2)
    np.testing.assert_array_equal(half[:, 2:], player.truncated(w, 1)[:, 2:])
    np.testing.assert_allclose(half[:, 0], (w + player.w_avg) / 2, atol=1e-6)


def test_a_z_is_truncated_and_a_w_is_used_as_it_is() -> None:
    player = small_renderer()
    own, said = z_latent(1, truncation=0.3), z_latent(1)
    for latent, asked, same in [(own, None, 0.3), (own, 0.9, 0.9), (said, None, 0.8)]:
        np.testing.assert_array_equal(
            player.rows([latent], RenderOptions(truncation=asked)),
            player.rows([said], RenderOptions(truncation=same)),
        )
    ws = player.rows([said], RenderOptions(truncation=0.3))[0]
    [row] = player.rows([Latent(space="w+", numbers=ws)], RenderOptions(truncation=0.1))
    np.testing.assert_array_equal(row, ws)


def test_labels_are_for_models_with_classes() -> None:
    labelled = small_renderer("stylegan2-ada_32_labels5_mapping8")
    z = labelled.z_of_seeds([0])
    assert np.abs(labelled.w(z, 1) - labelled.w(z, 2)).max() > 1e-3
    np.testing.assert_array_equal(labelled.w(z), labelled.w(z, 0))
    with pytest.raises(InvalidArgument, match="'label' takes 0 to 4, got 5"):
        labelled.w(z, 5)
    with pytest.raises(InvalidArgument, match="no classes"):
        small_renderer().w(small_renderer().z_of_seeds([0]), 3)


def test_noise_is_made_weaker_by_layer() -> None:
    player = small_renderer()
    [full] = player.pictures([z_latent(1)], RenderOptions())
    [without] = player.pictures([z_latent(1)], RenderOptions(noise_mode="none"))
    layers = range(player.num_ws - 1)
    [quiet] = player.with_noise(dict.fromkeys(layers, 0.0)).pictures([z_latent(1)], RenderOptions())
    [same] = player.with_noise({0: 1.0}).pictures([z_latent(1)], RenderOptions())
    # One level, for sums in another order.
    np.testing.assert_allclose(quiet.astype(int), without, rtol=0, atol=1)
    np.testing.assert_allclose(same.astype(int), full, rtol=0, atol=1)
    assert np.abs(full.astype(int) - without).max() > 1
    [partly] = player.with_noise({5: 0.0}).pictures([z_latent(1)], RenderOptions())
    assert np.abs(partly.astype(int) - full).max() > 1
    assert np.abs(partly.astype(int) - without).max() > 1
    with pytest.raises(InvalidArgument, match="no noise"):
        small_renderer("stylegan3-t_32").with_noise({0: 1.0})


def test_a_stylegan3s_picture_is_turned_counter_clockwise_and_others_are_not() -> None:
    """As NVIDIA's tools turn it."""
    player = small_renderer("stylegan3-r_32")
    z = Latent(space="z", numbers=player.z_of_seeds([2])[0])
    [upright], [turned] = (player.pictures([z], RenderOptions(rotation=angle)) for angle in (0, 90))
    around = np.abs(np.rot90(upright, -1).astype(int) - turned).mean()
    back = np.abs(np.rot90(upright, 1).astype(int) - turned).mean()
    assert back < around
    assert back < 0.5 * np.abs(upright.astype(int) - turned).mean()
    with pytest.raises(InvalidArgument, match="Only a StyleGAN3"):
        list(small_renderer().pictures([z_latent(1)], RenderOptions(x=0.1)))


def test_the_painter_has_z_only() -> None:
    painter = PainterRenderer(64)
    z = Latent(space="z", numbers=np.ones(512, np.float32))
    [picture] = painter.pictures([z], RenderOptions())
    assert picture.shape == (64, 64, 3)
    for ask in (lambda: painter.rows([z], RenderOptions()), lambda: torch_renderer_of(painter)):
        with pytest.raises(InvalidArgument, match="has z only"):
            ask()
    assert torch_renderer_of(small_renderer()).num_ws == small_renderer().num_ws


def test_options_are_the_inputs_of_a_query() -> None:
    assert RenderOptions().as_inputs() == {}
    assert RenderOptions(truncation=0.0, noise_mode="none", rotation=5, label=0).as_inputs() == {
        "truncation": 0.0,
        "noise_mode": "none",
        "rotation": 5,
        "label": 0,
    }


def test_nothing_of_a_generator_is_left_to_be_trained() -> None:
    assert not any(p.requires_grad for p in small_renderer().in_torch.generator.parameters())
    assert not torch.is_inference_mode_enabled()


def test_classes_are_truncated_to_one_average_as_ever_or_to_a_middle_of_their_own() -> None:
    player = small_renderer("stylegan2-ada_32_labels5_mapping8")
    z = player.z_of_seeds([0, 1])
    usual = player.ws(z, 0.0, label=3)
    np.testing.assert_array_equal(usual, np.broadcast_to(player.w_avg, usual.shape))
    own = {k: player.ws(z, 0.0, label=k, centre="class") for k in (0, 3)}
    many = player.w(np.random.RandomState(7).randn(3000, player.z_dim), label=3)
    assert (own[3] == own[3][0, 0]).all()
    off = np.abs(own[3][0, 0] - many.mean(axis=0))
    assert off.max() < 0.15 * many.std(axis=0).max()
    assert np.abs(own[3] - own[0]).max() > 4 * off.max()
    mixed = player.ws(z, 0.0, classes=[3, 0, 0, 1, 0], centre="class")
    np.testing.assert_allclose(mixed, 0.75 * own[0] + 0.25 * own[3], atol=1e-5)
    player.by_class = True
    np.testing.assert_array_equal(player.ws(z, 0.0, label=3), own[3])
    np.testing.assert_array_equal(player.ws(z, 0.0, label=3, centre=player.w_avg), usual)


def test_a_middle_of_the_class_needs_classes() -> None:
    with pytest.raises(InvalidArgument, match="has no classes, which 'centre' is about"):
        options_of(Generate.command.decode({"latents": "1", "centre": "class"}), small_renderer())
    with pytest.raises(InvalidArgument, match="has no classes, which 'class_centres' is about"):
        open_model(str(FIXTURES / "stylegan2-ada_32.pkl"), "cpu", "float32", class_centres=True)
