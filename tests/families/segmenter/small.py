"""Small networks of the inputs and outputs of SAM 2.1: for transformers, and as ONNX files."""

from pathlib import Path
from typing import Any

import numpy as np
from onnx import save

from networks import network, node, value

SIDE, HIDDEN, MEMORY = 128, 128, 64
DECODER = "prompt_encoder_mask_decoder.onnx"


def saved(folder: Path, seed: int = 0) -> Path:
    """A SAM 2 for films with random weights, which is sure that what it looks for is there."""
    import torch
    from transformers import Sam2VideoConfig, Sam2VideoModel

    side = SIDE
    backbone = {
        "model_type": "sam2_hiera_det_model", "hidden_size": 12, "num_attention_heads": 1,
        "image_size": [side, side], "embed_dim_per_stage": [12, 24, 48, 96],
        "num_attention_heads_per_stage": [1, 2, 4, 8],
    }  # fmt: skip
    sizes = [[side // each, side // each] for each in (4, 8, 16)]
    vision = {
        "model_type": "sam2_vision_model", "backbone_config": backbone, "fpn_hidden_size": HIDDEN,
        "backbone_channel_list": [96, 48, 24, 12], "backbone_feature_sizes": sizes,
    }  # fmt: skip
    config = Sam2VideoConfig(
        vision_config=vision, image_size=side,
        prompt_encoder_config={
            "hidden_size": HIDDEN, "image_size": side, "patch_size": 16, "mask_input_channels": 4,
        },
        mask_decoder_config={
            "hidden_size": HIDDEN, "mlp_dim": 32, "num_attention_heads": 2,
            "iou_head_hidden_dim": 16,
        },
        memory_attention_hidden_size=HIDDEN, memory_attention_num_layers=1,
        memory_attention_feed_forward_hidden_size=32,
        memory_attention_rope_feat_sizes=sizes[-1], memory_encoder_hidden_size=HIDDEN,
        memory_encoder_output_channels=MEMORY, mask_downsampler_embed_dim=HIDDEN,
        memory_fuser_embed_dim=HIDDEN, memory_fuser_intermediate_dim=32, memory_fuser_num_layers=1,
    )  # fmt: skip
    torch.manual_seed(seed)
    model = Sam2VideoModel(config)
    torch.nn.init.constant_(model.mask_decoder.pred_obj_score_head.proj_out.bias, 8.0)
    model.save_pretrained(folder)
    return folder


def exported(folder: Path, side: int = SIDE) -> Path:
    """A pair of ONNX files that finds all that has nearly the colour of what is clicked at.

    As of the real ones, the numbers of the second lie beside it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    save(encoder(side), str(folder / "vision_encoder.onnx"))
    save(
        decoder(side // 4), str(folder / DECODER), save_as_external_data=True,
        location=f"{DECODER}_data", size_threshold=256,
    )  # fmt: skip
    return folder


def encoder(side: int) -> Any:
    """Three sizes of the picture, as the real one has three of its features."""
    names = [f"image_embeddings.{k}" for k in range(3)]
    pools = [
        node("AveragePool", ["pixel_values"], name, kernel_shape=[each] * 2, strides=[each] * 2)
        for name, each in zip(names, (4, 8, 16), strict=True)
    ]
    outputs = [
        value(name, ["n", 3, side // each, side // each])
        for name, each in zip(names, (4, 8, 16), strict=True)
    ]
    return network(pools, [value("pixel_values", ["n", 3, side, side])], outputs)


def decoder(side: int) -> Any:
    """Three masks: how near each pixel's colour is to that of the first place clicked at."""
    places = (np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1) + 0.5) * 4  # x, y
    constants = {
        "places": places.reshape(1, -1, 2).astype(np.float32),
        "flat": np.int64([1, 3, -1]), "one": np.int64(1), "last": np.int64([-1]),
        "square": np.int64([1, 1, 1, side, side]),
        "limits": np.float32([0.25, 1.6, 9.0]).reshape(1, 1, 3, 1, 1), "steep": np.float32(20),
        "worth": np.float32([[[0.5, 0.9, 0.2]]]), "sure": np.float32([[[6.0]]]),
        "nothing": np.float32(0), "far": np.float32(1e6), "sharp": np.float32(-4),
        "pairs": np.int64([-1, 1, 2]),
    }  # fmt: skip
    nodes = [
        # How far every place is from each point, those far away that are none in it.
        node("Reshape", ["input_points", "pairs"], "clicked"),  # [N, 1, 2]
        node("Sub", ["clicked", "places"], "apart"),  # [N, P, 2]
        node("Mul", ["apart", "apart"], "squares"),
        node("ReduceSum", ["squares", "last"], "away", keepdims=0),  # [N, P]
        node("Equal", ["input_labels", "one"], "is_in"),
        node("Cast", ["is_in"], "in", to=1),
        node("Reshape", ["in", "column"], "ins"),  # [N, 1]
        node("Sub", ["whole", "ins"], "outs"),
        node("Mul", ["outs", "far"], "away_more"),
        node("Add", ["away", "away_more"], "distances"),
        node("ReduceMin", ["distances"], "nearest", axes=[0], keepdims=1),  # [1, P]
        node("Mul", ["nearest", "sharp"], "scores"),
        node("Softmax", ["scores"], "weights", axis=1),  # [1, P]: of the place clicked at
        # The colour there, and how far every pixel's is from it.
        node("Reshape", ["image_embeddings.0", "flat"], "colours"),  # [1, 3, P]
        node("Mul", ["colours", "weights"], "weighted"),
        node("ReduceSum", ["weighted", "last"], "colour", keepdims=1),  # [1, 3, 1]
        node("Sub", ["colours", "colour"], "differences"),
        node("Abs", ["differences"], "sizes"),
        node("ReduceMax", ["sizes"], "unlike", axes=[1], keepdims=1),  # [1, 1, P]
        node("Reshape", ["unlike", "square"], "map"),
        node("Sub", ["limits", "map"], "below"),
        node("Mul", ["below", "steep"], "pred_masks"),  # [1, 1, 3, h, w]
        # All it is given counts in name, as a real one wants all of it.
        node("ReduceMax", ["image_embeddings.1"], "some", axes=[1, 2, 3], keepdims=0),
        node("ReduceMax", ["image_embeddings.2"], "more", axes=[1, 2, 3], keepdims=0),
        node("Add", ["some", "more"], "both"),
        node("Mul", ["both", "nothing"], "none"),
        node("Add", ["worth", "none"], "iou_scores"),
        node("Add", ["sure", "none"], "object_score_logits"),
    ]
    constants |= {"column": np.int64([-1, 1]), "whole": np.float32(1)}
    sizes = (side, side // 2, side // 4)
    inputs = [value(f"image_embeddings.{k}", [1, 3, each, each]) for k, each in enumerate(sizes)]
    inputs += [
        value("input_points", [1, 1, "points", 2]),
        value("input_labels", [1, 1, "points"], "int"),
        value("input_boxes", [1, "boxes", 4]),
    ]
    outputs = [
        value("iou_scores", [1, 1, 3]),
        value("pred_masks", [1, 1, 3, side, side]),
        value("object_score_logits", [1, 1, 1]),
    ]
    return network(nodes, inputs, outputs, constants)
