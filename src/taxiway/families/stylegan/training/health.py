"""What goes wrong in trainings of two players, said in words."""

from taxiway.training.health import Notices

YOUNG = 20.0
"""kimg before which variety says nothing: first there is noise, which varies, then sameness."""
FALLEN, FEW = 0.6, 1 / 3
"""Shares of the variety there was before, and of the dataset's, below which something is wrong."""

OVERFITTED = (
    "The discriminator is learning the pictures by heart (sure of {sign:.0%} of them): "
    "more pictures would help; later snapshots may get worse, so compare with best.safetensors."
)
AHEAD = (
    "The discriminator is far ahead (the generator's loss is {g:.1f}): "
    "try again with a --gamma four times as large."
)
COLLAPSING = (
    "The pictures are growing alike ({variety:.0%} of the dataset's variety): "
    "go back with --from best.safetensors and a larger --gamma."
)
BROKEN = "{broken} gradients were no numbers and counted as 0; one now and then does no harm."


class Health:
    """Listens to a training's figures; each method gives sentences worth telling."""

    def __init__(self) -> None:
        self._notices = Notices()
        self._most, self._alike = 0.0, 0

    def record(self, kimg: float, figures: dict[str, float]) -> list[str]:
        """After some steps: `figures` has d, g, sign, p and broken."""
        helpless = figures["p"] > 0.8 or not figures["augmented"]
        return [
            *self._notices.lasting(
                OVERFITTED, figures["sign"] > 0.9 and bool(helpless), kimg, figures
            ),
            *self._notices.lasting(AHEAD, figures["g"] > 8, kimg, figures),
            *self._notices.once(BROKEN, figures["broken"] > 0, figures),
        ]

    def see(self, kimg: float, variety: float) -> list[str]:
        """After a snapshot, whose variety is a share of the dataset's.

        Slow spreading is left in peace; a fall, or hardly any variety at all, is told when the
        next snapshot shows it again.
        """
        if kimg < YOUNG:
            return []
        self._most = max(self._most, min(variety, 1.0))  # a start may know more than the dataset
        alike = variety < max(FALLEN * self._most, FEW)
        self._alike = self._alike + 1 if alike else 0
        return list(self._notices.once(COLLAPSING, self._alike > 1, {"variety": variety}))
