"""Clicks become masks and are followed: small networks for transformers, and as ONNX files."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import save

from families.segmenter import small
from taxiway.core.command import Values
from taxiway.core.errors import InvalidArgument, TaxiwayError, UnreadableCheckpoint
from taxiway.families.segmenter.model import Segmenter
from taxiway.families.segmenter.network import Said

CHANCE = np.random.default_rng(0)
NOISE = [CHANCE.integers(0, 256, (48, 80, 3)).astype(np.uint8) for _ in range(4)]
FRAMES, SQUARE = 8, 24


def frame(index: int) -> tuple[Any, Any]:
    """A red square that moves over blue, and where it is."""
    picture = np.full((96, 128, 3), [20, 40, 160], np.uint8)
    truth = np.zeros((96, 128), bool)
    truth[30 : 30 + SQUARE, 20 + 4 * index : 20 + SQUARE + 4 * index] = True
    picture[truth] = [200, 30, 30]
    return picture, truth


def started(folder: Path) -> Segmenter:
    model = Segmenter()
    model.setup("cpu", {"checkpoint": str(folder)})
    return model


def ask(model: Segmenter, command: str, **inputs: Any) -> Values:
    (answer,) = model.predict(command, [model.commands[command].decode(inputs)])
    return answer


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Segmenter:
    return started(small.exported(tmp_path_factory.mktemp("pair")))


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Segmenter:
    pytest.importorskip("transformers")
    return started(small.saved(tmp_path_factory.mktemp("hub")))


def test_onnx_files_cut_out_what_is_clicked_at(pair: Segmenter) -> None:
    picture, truth = frame(0)
    found = ask(pair, "segment", image=picture, include=[[0.25, 0.45]], exclude=[[0.9, 0.9]])
    assert iou(found["mask"] > 127, truth) > 0.9
    np.testing.assert_array_equal(found["image"][:, :, 3], found["mask"])
    assert found["score"] == pytest.approx(0.9)
    other = ask(pair, "segment", image=picture)  # the middle
    assert iou(other["mask"] > 127, ~truth) > 0.9
    boxed = ask(pair, "segment", image=picture, mask=truth.astype(np.uint8) * 255)
    assert iou(boxed["mask"] > 127, truth) > 0.9


def test_onnx_files_follow_by_what_moves(pair: Segmenter) -> None:
    with pytest.raises(InvalidArgument, match="Say first what to follow"):
        ask(pair, "follow", image=frame(0)[0], begin=True)
    for index in range(FRAMES):
        said = {"include": [[0.25, 0.45]], "begin": True} if index == 0 else {}
        picture, truth = frame(index)
        found = ask(pair, "follow", image=picture, frame=index, **said)
        assert iou(found["mask"] > 127, truth) > 0.85, index
    away = np.full((96, 128, 3), [20, 40, 160], np.uint8)
    ask(pair, "follow", image=away)  # hidden: nothing raises


def test_transformers_network_answers_clicks_boxes_and_masks(hub: Segmenter) -> None:
    picture = NOISE[0]
    calls: dict[str, dict[str, Any]] = {
        "one": {"include": [[0.2, 0.3]]},
        "again": {"include": [[0.2, 0.3]]},
        "other": {"include": [[0.9, 0.8]]},
        "two": {"include": [[0.2, 0.3]], "exclude": [[0.7, 0.7]]},
        "box": {"box": [0.1, 0.1, 0.5, 0.6]},
        "mask": {"mask": np.uint8(255) * (picture[:, :, 0] > 99), "include": [[0.2, 0.3]]},
    }
    found = {name: ask(hub, "segment", image=picture, **said) for name, said in calls.items()}
    for answer in found.values():
        assert answer["mask"].shape == (48, 80)
        assert 0.9 < answer["score"] <= 1
    masks = {name: answer["mask"].astype(int) for name, answer in found.items()}
    np.testing.assert_array_equal(masks["one"], masks["again"])
    different = ("one", "other", "two", "box", "mask")
    for place, name in enumerate(different):
        for other in different[place + 1 :]:
            assert np.abs(masks[name] - masks[other]).max() > 0, (name, other)


def test_a_film_is_followed_as_transformers_itself_follows_it(hub: Segmenter) -> None:
    import torch
    from transformers.models.sam2_video.modeling_sam2_video import Sam2VideoInferenceSession

    network: Any = hub.network
    tensors = [torch.from_numpy(network.processing.tensor(each)[0]) for each in NOISE]
    session = Sam2VideoInferenceSession(video=torch.stack(tensors), dtype=torch.float32)
    place = session.obj_id_to_idx(1)
    point = {
        "point_coords": torch.tensor([[[[0.2 * small.SIDE, 0.3 * small.SIDE]]]]),
        "point_labels": torch.ones(1, 1, 1, dtype=torch.int32),
    }
    session.add_point_inputs(place, 0, point)
    session.obj_with_new_inputs = [1]
    expected = [
        each.pred_masks.reshape(32, 32).numpy()
        for each in network.model.propagate_in_video_iterator(session, start_frame_idx=0)
    ]
    for index, picture in enumerate(NOISE):
        said = Said(include=[(0.2, 0.3)]) if index == 0 else Said()
        found = network.follow(picture, said, None, index == 0)
        np.testing.assert_allclose(found.logits, expected[index], atol=1e-4)
    alone = network.cut(NOISE[3], Said(include=[(0.2, 0.3)]))
    assert np.abs(alone.logits - expected[3]).max() > 1e-4  # the memory counts


def test_a_long_film_is_kept_in_little(hub: Segmenter) -> None:
    network: Any = hub.network
    mask = NOISE[0][:, :, 0] > 99
    network.follow(NOISE[0], Said(mask=mask), 40, True)
    for index in range(41, 70):
        network.follow(NOISE[index % 4], Said(), index, False)
    back = network.follow(NOISE[1], Said(), 39, False)
    assert back.logits.shape == (32, 32)
    film = network._film
    assert not film.processed_frames
    for made in film.output_dict_per_obj[0].values():
        assert len(made) <= 17
        assert all("high_res_masks" not in each for each in made.values())


def test_what_is_no_network_is_a_sentence(tmp_path: Path) -> None:
    assert not Segmenter.opens(str(tmp_path))
    with pytest.raises(UnreadableCheckpoint, match="holds no SAM 2"):
        started(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "edgetam_video"}')
    (tmp_path / "model.safetensors").write_bytes(b"")
    assert Segmenter.opens(str(tmp_path))
    with pytest.raises(UnreadableCheckpoint, match="taxiway models pull edgetam"):
        started(tmp_path)
    pair = small.exported(tmp_path / "pair")
    save(small.encoder(small.SIDE), str(pair / "prompt_encoder_mask_decoder.onnx"))
    with pytest.raises(UnreadableCheckpoint, match="does not go with vision_encoder.onnx"):
        started(pair)
    (pair / "vision_encoder.onnx").write_bytes(b"no network at all")
    with pytest.raises(TaxiwayError, match="is not run"):
        started(pair)


def test_a_network_that_lacks_its_memory_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    from safetensors.numpy import load_file, save_file

    folder = small.saved(tmp_path / "saved")
    weights = load_file(folder / "model.safetensors")
    kept = {name: one for name, one in weights.items() if not name.startswith("memory_")}
    save_file(kept, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(UnreadableCheckpoint, match="it lacks 'memory_"):
        started(folder)
    (folder / "model.safetensors").write_bytes(b"12345678 no weights")
    with pytest.raises(UnreadableCheckpoint, match="is no SAM 2 that transformers reads"):
        started(folder)


def iou(one: Any, other: Any) -> float:
    return float((one & other).sum() / (one | other).sum())
