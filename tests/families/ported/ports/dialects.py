"""All data types in every way of declaring them, a command each; the set-up is that of DIALECT."""

import os

import numpy as np
import runway
from PIL import Image
from runway import (
    any,
    array,
    boolean,
    category,
    checkpoint,
    directory,
    file,
    image,
    image_bounding_box,
    image_landmarks,
    image_point,
    number,
    segmentation,
    text,
    vector,
)  # fmt: skip

LABELS = {"dark": 0, "bright": 1}
NEED_NO_WORDS = {
    "text": text, "number": number, "boolean": boolean, "any": any, "image": image,
    "file": file, "image_point": image_point, "image_bounding_box": image_bounding_box,
}  # fmt: skip
"""Types that may stand as classes."""


def others(named):
    """Types that need an instance; a list of the oldest dialect has their names in them."""
    made = {
        "category": lambda **more: category(choices=["a", "b"], **more),
        "vector": lambda **more: vector(length=3, **more),
        "array": lambda **more: array(number, **more),
        "segmentation": lambda **more: segmentation(label_to_id=LABELS, **more),
        "image_landmarks": lambda **more: image_landmarks(2, **more),
    }
    return {name: make(**({"name": name} if named else {})) for name, make in made.items()}


def answer(given, as_array):
    """What came in, changed a little, with numpy wherever a port may have it."""
    with open(given["file"]) as opened:
        read = opened.read()
    photo = given["image"].transpose(Image.FLIP_LEFT_RIGHT)
    return {
        "text": given["text"].upper() + read,
        "number": np.float32(given["number"]) / 2,
        "boolean": np.bool_(not given["boolean"]),
        "any": {"was": given["any"], "size": np.int64(photo.size[0])},
        "image": np.asarray(photo) if as_array else photo,
        "image_point": tuple(np.array(given["image_point"])[::-1]),
        "image_bounding_box": np.array(given["image_bounding_box"], np.float32),
        "category": given["category"],
        "vector": given["vector"] * 2,
        "array": [np.float64(value) + 1 for value in given["array"]],
        "segmentation": 1 - np.asarray(given["segmentation"]).astype(np.uint8),
        "image_landmarks": np.array(given["image_landmarks"], np.float32)[::-1],
    }


def instances():
    return {name: kind() for name, kind in NEED_NO_WORDS.items()}


def outputs(of):
    return {name: field for name, field in of.items() if name != "file"}


@runway.command("classes", inputs={**NEED_NO_WORDS, **others(False)},
                outputs=outputs({**NEED_NO_WORDS, **others(False)}))  # fmt: skip
def by_classes(model, inputs):
    return answer(inputs, as_array=False)


@runway.command("instances", inputs={**instances(), **others(False)},
                outputs=outputs({**instances(), **others(False)}), description="Now.")  # fmt: skip
def by_instances(model, inputs):
    return answer(inputs, as_array=True)


ORDER = [*NEED_NO_WORDS, *others(False)]
named = {name: kind(name=name) for name, kind in NEED_NO_WORDS.items()}


@runway.command("named", [*named.values(), *others(True).values()],
                list(outputs({**named, **others(True)}).values()))  # fmt: skip
def by_names(model, words, value, flag, anything, photo, path, point, box, *more):
    values = (words, value, flag, anything, photo, path, point, box, *more)
    return answer({name: values[k] for k, name in enumerate(ORDER)}, as_array=False)


@runway.command("unnamed", [*NEED_NO_WORDS.values(), *others(False).values()],
                list(outputs({**NEED_NO_WORDS, **others(False)}).values()))  # fmt: skip
def by_types(model, *values):
    return answer({name: values[k] for k, name in enumerate(ORDER)}, as_array=True)


@runway.command("bare", inputs={"image": image}, outputs={"image": image})
def bare(model, inputs):
    return np.asarray(inputs["image"])[::-1]


@runway.command("told", inputs={"number": number}, outputs={"model": runway.any})
def told(model, inputs):
    return {"model": model}


def read(opts):
    return {"scale": opts["scale"], "weights": open(opts["weights"]).read(), "folder": sorted(
        os.listdir(opts["folder"]))}  # fmt: skip


FORMS = {
    "none": lambda: None,
    "bare": lambda: runway.setup(lambda: "made"),
    "called": lambda: runway.setup()(lambda: "made"),
    "with options that are none": lambda: runway.setup(lambda opts: ("made", opts)),
    "by keyword": lambda: runway.setup(
        options={"scale": number(default=2), "weights": checkpoint, "folder": directory}
    )(read),
    "by place": lambda: runway.setup(
        {"scale": number(default=2), "weights": file(extension=".txt"), "folder": directory()}
    )(read),
    "list": lambda: runway.setup(
        options=[number(name="scale", default=2), checkpoint(name="weights"),
                 directory(name="folder")]
    )(read),
}  # fmt: skip
FORMS[os.environ.get("DIALECT", "none")]()

if __name__ == "__main__":
    runway.run()
