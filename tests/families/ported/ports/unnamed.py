"""The oldest dialect without names, as StyleGAN's port of 2019 has it; and a Pillow of its time."""

import numpy as np
import runway
from PIL import Image
from runway import image, number, vector


@runway.setup
def setup():
    return np.ones(3)


@runway.command(
    "generate", inputs=[vector(default=[0.5, 0.25, 1.0]), number], outputs=[image(channels=1)]
)
def generate(model, z, level):
    pixels = np.zeros((4, 6, 3), np.uint8)
    pixels[:] = 255 * model * z[:3] * level
    return pixels


@runway.command("shrink", inputs=[image], outputs=[image])
def shrink(model, photo):
    return photo.resize((2, 2), Image.ANTIALIAS)


if __name__ == "__main__":
    runway.run()
