"""SAM 2 and 2.1 as `transformers` saves it: clicks, and a memory of the frames before.

A folder with config.json and weights as safetensors; nothing of it is run, nothing is fetched.
"""

import hashlib
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np

from taxiway.backends.torch.saved import reading
from taxiway.core.errors import InvalidArgument, UnreadableCheckpoint
from taxiway.core.extras import need
from taxiway.core.images import Pixels
from taxiway.core.parsing import Malformed, from_json
from taxiway.families.segmenter.network import Cut, Floats, Processing, Said, processing_of

CONFIG = "config.json"
KINDS = ("sam2", "sam2_video")
PHONE = ("edgetam", "edgetam_video")
OBJECT = 1
KEPT = 4
"""Pictures whose features are kept, since who clicks at one clicks again."""


def is_saved(folder: Path) -> bool:
    """Whether a folder holds a SAM 2 of transformers, or EdgeTAM, with weights as safetensors."""
    return kind_of(folder) in (*KINDS, *PHONE) and any(folder.glob("*.safetensors"))


def kind_of(folder: Path) -> str:
    """The model's type that a folder names; "" if none."""
    try:
        told: Any = from_json((folder / CONFIG).read_bytes(), dict[str, Any])
    except (OSError, Malformed):
        return ""
    return str(told.get("model_type", ""))


class Sam2:
    """One of them, by PyTorch. Raises MissingDependency or UnreadableCheckpoint."""

    def __init__(self, folder: Path, device: str) -> None:
        if kind_of(folder) in PHONE:
            raise UnreadableCheckpoint(
                f"'{folder.name}' is EdgeTAM for transformers, which would need timm and "
                "torchvision: taxiway models pull edgetam fetches it as ONNX, which needs neither."
            )
        need("transformers", "SAM 2", "text")
        import torch
        from transformers import Sam2VideoModel

        from taxiway.backends.torch.device import pick_device

        self.device = pick_device(device)
        with reading(folder, "SAM 2"):
            kind: Any = Sam2VideoModel
            model, told = kind.from_pretrained(
                folder, use_safetensors=True, dtype=torch.float32, output_loading_info=True,
                local_files_only=True, trust_remote_code=False,
            )  # fmt: skip
            self.processing: Processing = processing_of(folder, int(model.config.image_size))
        if lost := sorted(told["missing_keys"]):
            raise UnreadableCheckpoint(
                f"'{folder.name}' is no whole SAM 2 for films: it lacks '{lost[0]}'."
            )
        self.model: Any = model.eval().to(self.device)
        self.facts: dict[str, Any] = {
            "architecture": "SAM 2", "device": str(self.device), "backend": "torch",
            "precision": "float32", "notes": ["Follows by a memory of the frames before."],
        }  # fmt: skip
        self._seen = OrderedDict[bytes, dict[str, Any]]()
        self._film: Any = None
        self._last = -1

    def cut(self, picture: Pixels, said: Said) -> Cut:
        """As the family's `Network`. A mask known before is followed into the same picture."""
        session, features = self._session(), self._features(picture)
        if said.mask is None:
            return self._step(session, 0, features, said)
        self._step(session, 0, features, Said(mask=said.mask))
        self._step(session, 1, features, Said())
        return self._step(session, 1, features, said._replace(mask=None))

    def follow(self, picture: Pixels, said: Said, frame: int | None, begins: bool) -> Cut:
        """As the family's `Network`. Of a key with a mask, that is what counts."""
        frame = self._last + 1 if frame is None else frame
        if begins or self._film is None:
            self._film, self._last = self._session(), frame
        if not said and not self._film.obj_ids:
            raise InvalidArgument("Say first what to follow, by 'include', 'box' or 'mask'.")
        found = self._step(self._film, frame, self._features(picture), said, frame < self._last)
        self._forget(self._film, frame)
        self._last = frame
        return found

    def _session(self) -> Any:
        import torch
        from transformers.models.sam2_video.modeling_sam2_video import Sam2VideoInferenceSession

        return Sam2VideoInferenceSession(
            inference_device=self.device,
            inference_state_device=self.device,
            video_storage_device=self.device,
            dtype=torch.float32,
        )

    def _features(self, picture: Pixels) -> dict[str, Any]:
        """What the image encoder sees in a picture."""
        import torch

        key = hashlib.sha256(picture.tobytes() + str(picture.shape).encode()).digest()
        if key in self._seen:
            self._seen.move_to_end(key)
            return self._seen[key]
        pixels = torch.from_numpy(self.processing.tensor(picture)).to(self.device)
        with torch.inference_mode():
            seen = self.model.get_image_features(pixels, return_dict=True)
        self._seen[key] = {
            "vision_feats": list(seen.fpn_hidden_states),
            "vision_pos_embeds": list(seen.fpn_position_encoding),
        }
        while len(self._seen) > KEPT:
            self._seen.popitem(last=False)
        return self._seen[key]

    def _step(
        self, session: Any, frame: int, features: dict[str, Any], said: Said, back: bool = False
    ) -> Cut:
        """One picture of a session, as far as that is known by what is said of it."""
        import torch

        if said:
            self._tell(session, frame, said)
        session.cache.cache_vision_features(frame, features)
        empty = torch.zeros(3, 1, 1)  # its features are known
        with torch.inference_mode():
            found = self.model(session, frame_idx=frame, frame=empty, reverse=back)
        logits: Floats = found.pred_masks.reshape(-1, *found.pred_masks.shape[-2:])[0].cpu().numpy()
        sure = float(torch.sigmoid(found.object_score_logits.reshape(-1)[0]))
        return Cut(logits, sure)

    def _tell(self, session: Any, frame: int, said: Said) -> None:
        """Make a frame one of which something is known: a mask, or else points."""
        import torch

        place = session.obj_id_to_idx(OBJECT)
        if said.mask is not None:
            session.remove_point_inputs(place, frame)
            mask = self.processing.mask_tensor(said.mask)
            session.add_mask_inputs(place, frame, torch.from_numpy(mask))
        else:
            session.remove_mask_inputs(place, frame)
            places, labels = said.points
            given = {
                "point_coords": torch.from_numpy(places * self.processing.side)[None, None],
                "point_labels": torch.from_numpy(labels.astype(np.int32))[None, None],
            }
            session.add_point_inputs(place, frame, given)
        session.obj_with_new_inputs = [OBJECT]

    def _forget(self, session: Any, frame: int) -> None:
        """Drop what no later frame looks at, so that a film may be long."""
        session.processed_frames.clear()
        config = self.model.config
        reach = max(config.num_maskmem, config.max_object_pointers_in_encoder)
        for outputs in session.output_dict_per_obj.values():
            for made in outputs.values():
                for one in made.values():
                    one.pop("high_res_masks", None)
            others = outputs["non_cond_frame_outputs"]
            for old in [each for each in others if abs(each - frame) > reach]:
                del others[old]
