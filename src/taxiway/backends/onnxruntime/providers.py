"""Where onnxruntime may compute here: the processor, and GPUs through what was installed."""

import importlib.util
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import onnxruntime

from taxiway.backends import Unsupported

PROVIDERS: dict[str, tuple[str, dict[str, str]]] = {
    "cuda": ("CUDAExecutionProvider", {"use_tf32": "0"}),
    "mps": ("CoreMLExecutionProvider", {"ModelFormat": "MLProgram"}),
    "directml": ("DmlExecutionProvider", {}),
    "cpu": ("CPUExecutionProvider", {}),
}
"""Those in onnxruntime's own builds by our names of devices, likely the fastest first."""
PLUGIN = "onnxruntime_ep_webgpu"
"""Any GPU through WebGPU: Vulkan, Metal or Direct3D 12."""


class Provider(NamedTuple):
    """One place to compute in: a device by our name, and what onnxruntime has for it."""

    device: str
    built_in: Sequence[tuple[str, dict[str, str]]] = ()
    plugged_in: Sequence[Any] = ()

    def session(self, model: bytes | str, options: onnxruntime.SessionOptions) -> Any:
        """A model or its file, ready to run; the processor does what the provider cannot.

        Raises Unsupported where that would be all of it: onnxruntime goes on without a provider
        that does not start, as without NVIDIA's libraries.
        """
        if self.plugged_in:
            options.add_provider_for_devices(self.plugged_in, {})
            return onnxruntime.InferenceSession(model, options)
        session = onnxruntime.InferenceSession(model, options, providers=self.built_in)
        wanted, _ = self.built_in[0]
        if wanted not in session.get_providers():
            raise Unsupported(f"onnxruntime's {wanted} does not start here.")
        return session


CPU = Provider("cpu", [PROVIDERS["cpu"]])


def gpus(device: str = "auto") -> list[Provider]:
    """What is not the processor, of what `device` allows and this machine has.

    That is auto, cuda or mps as somebody asks, or a provider's own, as it was chosen.
    """
    there = onnxruntime.get_available_providers()
    built_in = [
        Provider(name, [provider, PROVIDERS["cpu"]])
        for name, provider in PROVIDERS.items()
        if device in ("auto", name) and name != "cpu" and provider[0] in there
    ]
    return [*built_in, *(webgpu()[0] if device in ("auto", "webgpu") else [])]


@cache
def webgpu() -> tuple[list[Provider], str]:
    """The GPU that the plug-in finds, if it is installed and finds one, and what is wrong with it.

    It is looked for once, since onnxruntime refuses a plug-in that it has already.
    """
    if importlib.util.find_spec(PLUGIN) is None:
        return [], ""
    try:
        plugin = importlib.import_module(PLUGIN)
        onnxruntime.register_execution_provider_library(PLUGIN, plugin.get_library_path())
        name, devices = plugin.get_ep_name(), onnxruntime.get_ep_devices()
    except Exception as error:  # it wants another version of onnxruntime, or a driver
        words = " ".join(str(error).split())[:200].rstrip(". ")
        return [], f"onnxruntime does not take {PLUGIN}: {words}."
    found = [device for device in devices if device.ep_name == name]
    return [Provider("webgpu", plugged_in=found[:1])] if found else [], ""
