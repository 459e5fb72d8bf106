"""Boxes, points and landmarks, with numpy numbers inside lists."""

import numpy as np
import runway
from runway import array, image, image_bounding_box, image_landmarks, image_point, number, text

inputs = {"input_image": image(), "threshold": number(default=0.5, min=0, max=1)}
outputs = {
    "bboxes": array(image_bounding_box),
    "classes": array(text),
    "scores": array(number),
    "centre": image_point(),
    "pose": image_landmarks(2, labels=["top", "bottom"], connections=[["top", "bottom"]]),
    "raw": runway.any(),
}


@runway.command("detect_objects", inputs=inputs, outputs=outputs, description="Find bright parts.")
def detect(model, args):
    grey = np.asarray(args["input_image"].convert("L")) / 255
    rows, columns = np.nonzero(grey > args["threshold"])
    height, width = grey.shape
    left, right = columns.min() / width, (columns.max() + 1) / width
    top, bottom = rows.min() / height, (rows.max() + 1) / height
    return {
        "bboxes": [np.array([left, top, right, bottom])],
        "classes": [np.str_("bright")],
        "scores": list(np.array([0.875], np.float32)),
        "centre": (np.float64((left + right) / 2), np.float64((top + bottom) / 2)),
        "pose": np.array([[left, top], [right, bottom]], np.float32),
        "raw": {"mean": np.float32(0.5), "worst": float("nan"), "shape": grey.shape},
    }


@runway.command("middle", inputs={"image": image}, outputs={"point": image_point})
def middle(model, args):
    return 0.5, 0.25


if __name__ == "__main__":
    runway.run()
