"""The set-ups of the family that the contract test runs."""

from paths import FIXTURES

CASES = [
    {"checkpoint": str(FIXTURES / name), "precision": "float32"}
    for name in (
        "stylegan2-ada_32.pkl",
        "stylegan2-ada_32_labels5_mapping8.pkl",
        "stylegan3-t_32.pkl",
        "stylegan1_32_labels.pkl",
        "projected-gan_fastgan_128_cond.pkl",
    )
]
