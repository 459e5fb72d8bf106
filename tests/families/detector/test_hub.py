"""Detectors of transformers: small random ones of the kinds that people use, as a hub has them."""

import json
from pathlib import Path

import numpy as np
import pytest

from taxiway.core.errors import UnreadableCheckpoint
from taxiway.core.extras import is_here
from taxiway.families.detector.hub import HubDetector
from taxiway.families.detector.model import Detector

pytestmark = pytest.mark.skipif(not is_here("transformers"), reason="needs transformers")
LABELS = {0: "cat", 1: "dog", 2: "owl"}
PICTURE = np.random.default_rng(0).integers(0, 256, (40, 60, 3)).astype(np.uint8)


def rt_detr(folder: Path) -> Path:
    """RT-DETR with a ResNet of 16 channels."""
    from transformers import (
        RTDetrConfig,
        RTDetrForObjectDetection,
        RTDetrImageProcessor,
        RTDetrResNetConfig,
    )

    backbone = RTDetrResNetConfig(
        embedding_size=8, hidden_sizes=[8, 8, 16, 16], depths=[1, 1, 1, 1], layer_type="basic",
        out_features=["stage2", "stage3", "stage4"],
    )  # fmt: skip
    config = RTDetrConfig(
        backbone_config=backbone, encoder_hidden_dim=16, encoder_in_channels=[8, 16, 16],
        encoder_ffn_dim=16, encoder_attention_heads=2, d_model=16, num_queries=20,
        decoder_in_channels=[16, 16, 16], decoder_ffn_dim=16, decoder_layers=1,
        decoder_attention_heads=2, num_denoising=0, id2label=LABELS,
        label2id={name: number for number, name in LABELS.items()},
    )  # fmt: skip
    RTDetrForObjectDetection(config).save_pretrained(folder)
    size = {"height": 64, "width": 64}
    RTDetrImageProcessor(size=size).save_pretrained(folder)
    return folder


def yolos(folder: Path) -> Path:
    """YOLOS of two layers."""
    from transformers import YolosConfig, YolosForObjectDetection, YolosImageProcessor

    config = YolosConfig(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        image_size=[64, 96], patch_size=16, num_detection_tokens=10, id2label=LABELS,
        label2id={name: number for number, name in LABELS.items()},
    )  # fmt: skip
    YolosForObjectDetection(config).save_pretrained(folder)
    YolosImageProcessor(size={"shortest_edge": 64, "longest_edge": 96}).save_pretrained(folder)
    return folder


@pytest.mark.parametrize("make", [rt_detr, yolos], ids=["rt_detr", "yolos"])
def test_a_folder_of_transformers_finds_boxes(make: object, tmp_path: Path) -> None:
    folder = make(tmp_path / "saved")
    assert Detector.opens(str(folder))
    model = Detector()
    model.setup("cpu", {"checkpoint": str(folder)})
    call = {"image": PICTURE, "threshold": 0.0, "top": 7}
    one, again = model.predict("detect", [call, call])
    assert 1 <= len(one["boxes"]) <= 7
    assert set(one["labels"]) <= {*LABELS.values()}
    assert one["scores"] == sorted(one["scores"], reverse=True)
    assert one["scores"] == pytest.approx(again["scores"], abs=1e-3)
    assert np.clip(one["boxes"], 0, 1).tolist() == one["boxes"]
    assert model.facts["architecture"] in ("RTDetr", "Yolos")
    assert model.predict("detect", [{**call, "threshold": 1.0}])[0]["boxes"] == []


def test_other_folders_are_none_and_pickles_are_not_read(tmp_path: Path) -> None:
    assert not Detector.opens(str(tmp_path))
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"architectures": ["YolosForObjectDetection"]}))
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    assert not Detector.opens(str(tmp_path))
    config.write_text("[")
    (tmp_path / "model.safetensors").write_bytes(b"")
    assert not Detector.opens(str(tmp_path))
    config.write_text(json.dumps({"architectures": ["NoneForObjectDetection"]}))
    assert Detector.opens(str(tmp_path))
    with pytest.raises(UnreadableCheckpoint, match="is no detector that transformers reads"):
        HubDetector(tmp_path, "cpu")
