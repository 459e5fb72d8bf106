"""What a training is made with."""

from dataclasses import dataclass, field
from typing import Any

from taxiway.core.errors import InvalidArgument
from taxiway.families.stylegan.training.augment import Augment
from taxiway.families.stylegan.training.discriminator import GROUP


@dataclass(frozen=True)
class Settings:
    """What a training is made with; sizes in pixels, `kimg` counts thousands of pictures seen.

    `gamma` is the weight of the R1 penalty (Mescheder et al. 2018) in multiples of the usual
    0.0002 size^2 / batch; `mixing` the share of samples made of two styles; `ema_kimg` the
    half-life of the kept average; `fade_kimg` how long a new block takes to come in. A batch is
    shared among `processes`, one to a GPU, and split over `threads` of each. Convolutions run in
    bfloat16 when `bf16`; weights stay float32. On one thread, the same settings and pictures give
    the same weights bit for bit.
    `path_length` is the weight of path length regularisation (Karras et al. 2020), usually 2, or
    0 for none: steps of w of one length are to change the picture by the same amount everywhere.

    `detail` is the weight of a second discriminator, of faint marks in the detail, or 0 for none.

    `augment` is what may be changed in the pictures that are judged, with a probability that
    takes `ada_kimg` from 0 to 1. `freeze` blocks of the discriminator, the largest first, learn
    nothing (Mo et al. 2020). For `hold_kimg` the generator waits until a new discriminator knows
    something. `ema_ramp` keeps the average young at first; 0 where the start is a trained model.
    `mapping_layers` to `img_channels` are the network's shape, as in `new_stylegan2`; where that
    cannot say it, `network` does, as `networks.build.described` gives it, and the channels are the
    discriminator's. With `labels` pictures are judged as those of their class. Raises
    InvalidArgument where the parts of a batch are not of four or a multiple.
    """

    channel_base: int = 2048
    channel_max: int = 256
    batch: int = 16
    learning_rate: float = 0.0025
    gamma: float = 3.0
    path_length: float = 0.0
    detail: float = 0.0
    mixing: float = 0.5
    ema_kimg: float = 5.0
    fade_kimg: float = 4.0
    bf16: bool = True
    threads: int = 1
    processes: int = 1
    seed: int = 0
    device: str = "cpu"
    augment: Augment = field(default_factory=Augment)
    ada_kimg: float = 500.0
    freeze: int = 0
    hold_kimg: float = 0.0
    ema_ramp: float = 0.05
    mapping_layers: int = 2
    use_noise: bool = False
    conv_clamp: float | None = None
    z_dim: int = 512
    w_dim: int = 512
    c_dim: int = 0
    img_channels: int = 3
    network: dict[str, Any] | None = None
    labels: bool = False

    def __post_init__(self) -> None:
        least = min(self.batch, self.threads, self.processes)
        if least < 1 or self.batch % (GROUP * self.parts):
            raise InvalidArgument(
                f"A batch of {self.batch} cannot be split over {self.processes} x {self.threads} "
                f"processes and threads: each part takes a multiple of {GROUP}.",
                "threads",
            )

    @property
    def parts(self) -> int:
        """Into how many parts a batch is split."""
        return self.threads * self.processes
