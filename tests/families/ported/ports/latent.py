"""A generator of pictures with set-up options, some of them given to run()."""

import numpy as np
import runway
from PIL import Image

network = runway.category(choices=[64, 128], default=64)


@runway.setup(options={"size": network, "tint": runway.number(default=0.5, min=0, max=1)})
def setup(opts):
    ramp = np.linspace(0, 1, opts["size"], dtype=np.float32)
    return ramp, opts["tint"]


@runway.command(
    "generate",
    inputs={
        "z": runway.vector(length=8, sampling_std=0.5),
        "truncation": runway.number(default=0.8, min=0, max=1, step=0.01),
        "rows": runway.number(min=1, max=4, step=1),
    },
    outputs={"image": runway.image(width=64, height=64), "norm": runway.number},
)
def generate(model, inputs):
    ramp, tint = model
    z = inputs["z"] * inputs["truncation"]
    stripes = np.stack([ramp * abs(z[row % 8]) for row in range(inputs["rows"])])
    grey = np.repeat(stripes, len(ramp) // inputs["rows"], axis=0)
    picture = np.stack([grey, grey * tint, 1 - grey], -1)
    pixels = (np.clip(picture, 0, 1) * 255).astype(np.uint8)
    return {"image": Image.fromarray(pixels), "norm": np.linalg.norm(inputs["z"])}


if __name__ == "__main__":
    runway.run(port=5132, model_options={"tint": 0.25})
