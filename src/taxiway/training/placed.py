"""Trainings that compute on whichever device there is, or is asked for: CUDA, MPS or the CPU."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, ClassVar

from taxiway.core.errors import TaxiwayError
from taxiway.training.config import TrainingConfig
from taxiway.training.trainer import Asked, Recipe

Config = TrainingConfig[dict[str, Any]]


class Placed(Recipe):
    """A recipe whose config says under `device` where it computes, the fastest if nobody says."""

    smaller: ClassVar[str] = "--batch"
    """What to begin with a smaller one of where a device has too little memory."""

    def configure(self, asked: Asked, data: Any) -> Config:
        """Raises InvalidArgument for a device that is not there."""
        return _on(super().configure(asked, data), asked.device or "auto")

    def changed(self, known: Config, asked: Asked) -> Config:
        """A device that is not there any more is replaced by the fastest that is."""
        from taxiway.backends.torch.device import devices

        before = self.device(known)
        kept = before if before in devices() else "auto"
        return _on(super().changed(known, asked), asked.device or kept)

    def device(self, config: Config) -> str:
        return str(config.settings.get("device", "cpu"))

    @contextmanager
    def limits(self, config: Config) -> Iterator[None]:
        """Errors of a GPU's memory in a sentence; numbers near zero are zero, which is quicker."""
        import torch

        torch.set_flush_denormal(True)
        try:
            yield
        except torch.OutOfMemoryError:
            raise TaxiwayError(
                f"'{self.device(config)}' has too little memory; begin with a smaller "
                f"{self.smaller}."
            ) from None
        finally:
            torch.set_flush_denormal(False)


def _on(config: Config, device: str) -> Config:
    from taxiway.backends.torch.device import pick_device

    return replace(config, settings={**config.settings, "device": str(pick_device(device))})
