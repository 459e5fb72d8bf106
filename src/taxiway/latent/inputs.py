"""The inputs that every generator of pictures from z has, under Runway's names."""

from taxiway.core.datatypes import AnyDataType, Number, Vector
from taxiway.latent.sample import MAX_SEED

TRUNCATION = Number(default=0.8, min=0, max=1, step=0.01)
"""How much variety: 1 as drawn, 0 always the average; its symbol is psi."""


def latent_inputs(z_dim: int) -> dict[str, AnyDataType]:
    """z and truncation as Runway's StyleGAN described them, and a seed to use in place of z."""
    return {
        "z": Vector(length=z_dim, sampling_std=0.5),
        "truncation": TRUNCATION,
        "seed": Number(
            default=None,
            optional=True,
            whole=True,
            min=0,
            max=MAX_SEED,
            description="Used for z where no z is given.",
        ),
    }
