"""The library itself, without its converter of models, which tells Intel that it was imported."""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

CONVERTER = "openvino.tools"


def loaded() -> ModuleType:
    """OpenVINO; it goes without a converter that cannot be imported, and does no worse for it.

    That one asks Google Analytics to count each start, and puts a number for it into the user's
    home. Whoever wants it may import it afterwards.
    """
    if "openvino" in sys.modules:
        return sys.modules["openvino"]
    modules: dict[str, Any] = sys.modules
    modules[CONVERTER] = None
    try:
        return import_module("openvino")
    finally:
        del modules[CONVERTER]


openvino: Any = loaded()
ov: Any = import_module("openvino.opset13")
