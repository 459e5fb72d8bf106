"""The rainbow painter: 512 numbers in, a drawn landscape out; numpy only."""

from taxiway.painting.factors import FACTORS, Factor, direction
from taxiway.painting.scene import paint

__all__ = ["FACTORS", "Factor", "direction", "paint"]
