"""The settings of a StyleGAN (1) that change what it is."""

import pytest

from taxiway.checkpoint.limits import Broken, Budget
from taxiway.checkpoint.stylegan1 import stylegan1_checkpoint


@pytest.mark.parametrize(
    ("setting", "value"),
    [("use_styles", False), ("const_input_layer", False), ("use_pixel_norm", True)],
)
def test_a_network_that_none_has_is_refused_by_name(setting: str, value: bool) -> None:
    with pytest.raises(Broken, match=f"'{setting}' {value}"):
        stylegan1_checkpoint({}, {setting: value}, Budget(0))
