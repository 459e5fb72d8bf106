"""A model that cuts out by clicks and follows, as SAM 2.1 does: it takes whatever is red."""

from typing import Any, ClassVar

import numpy as np

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyDataType
from taxiway.families.segmenter.model import Segmenter


class Reddish:
    """Takes all that is red for what is meant."""

    title = "All that is red"
    options: ClassVar[dict[str, AnyDataType]] = {}
    commands: ClassVar[dict[str, Command]] = Segmenter.commands

    def setup(self, device: str, options: Values) -> None: ...

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        return [self._cut(call["image"]) for call in batch]

    def _cut(self, picture: np.ndarray[Any, Any]) -> Values:
        mask = (picture[:, :, 0] > 120).astype(np.uint8) * 255
        return {"image": np.dstack([picture, mask]), "mask": mask, "score": 1.0}
