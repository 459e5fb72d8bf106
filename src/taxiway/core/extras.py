"""What Taxiway's extras bring: which package is missing, and the line that gets it."""

from importlib.util import find_spec
from pathlib import Path

from taxiway.core.errors import MissingDependency

HOME = Path(__file__).parents[3]
"""Where a clone has its pyproject.toml."""
PACKAGES = {
    "torch": ("torch", "PyTorch"),
    "transformers": ("text", "transformers"),
    "av": ("video", "PyAV"),
    "cv2": ("vision", "OpenCV"),
    "openvino": ("openvino", "OpenVINO"),
    "cyomtlib": ("omt", "cyomtlib"),
    "cyndilib": ("ndi", "cyndilib"),
    "ray": ("cluster", "Ray"),
    "rtmidi2": ("midi", "rtmidi2"),
    "pyvirtualcam": ("camera", "pyvirtualcam (under the GPL, version 2)"),
    "SpoutGL": ("spout", "SpoutGL"),
    "cuda.core": ("textures", "cuda-core"),
    "cuda.bindings": ("textures", "cuda-bindings"),
    "OpenGL": ("textures", "PyOpenGL"),
    "syphon": ("syphon", "syphon-python"),
    "psycopg": ("postgres", "psycopg"),
    "prometheus_client": ("metrics", "prometheus_client"),
    "opentelemetry.sdk": ("tracing", "OpenTelemetry's SDK"),
    "opentelemetry.exporter": ("tracing", "OpenTelemetry's exporter"),
}
"""Modules that are not always there: the extra that brings them, and what they are called."""
INSTALLED = {
    "train": ("training and projection", 200, 1200),
    "torch": ("projection", 180, 1100),
    "text": ("training on texts, and transformers' networks", 220, 1300),
    "video": ("MP4, WebM and sound", 30, 100),
    "onnx": ("onnxruntime beside OpenVINO", 30, 80),
    "openvino": ("OpenVINO", 50, 160),
    "webgpu": ("GPUs of any maker, through WebGPU", 40, 100),
    "vision": ("cutting out, faces and motion, by OpenCV", 60, 170),
    "omt": ("frames by OMT", 8, 20),
    "ndi": ("frames by NDI", 16, 40),
    "camera": ("a virtual camera on Windows and macOS", 1, 5),
    "spout": ("textures that are shared on Windows", 2, 10),
    "textures": ("Spout's textures from a GPU of NVIDIA's", 18, 80),
    "syphon": ("textures that are shared on a Mac", 10, 40),
    "midi": ("MIDI on the server", 4, 10),
    "tls": ("certificates of workers", 4, 15),
    "metrics": ("/metrics", 1, 2),
    "tracing": ("traces by OpenTelemetry", 4, 15),
    "postgres": ("what is hosted, in PostgreSQL", 5, 15),
    "cluster": ("models on several machines, by Ray", 155, 500),
}
"""What `taxiway install` brings: what each is for; about how many megabytes it takes to download,
and on the disk."""
PROJECTS = {"cv2": "opencv-python", "pil": "pillow", "sklearn": "scikit-learn", "yaml": "pyyaml"}
"""Packages that pip knows by another name than Python."""


def is_here(module: str) -> bool:
    """Whether a module can be imported, of which nothing is imported for that."""
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):
        return False  # such as None in sys.modules


def is_in_a_clone() -> bool:
    """Whether this runs from a clone's own files."""
    return (HOME / "pyproject.toml").is_file() and (HOME / "src" / "taxiway").is_dir()


def install_line(extra: str) -> str:
    """What to type to get an extra, by the way in which Taxiway was installed."""
    from taxiway.core.installation import installation

    return installation().adding(extra)


def lacking(module: str, what: str, extra: str = "") -> str:
    """A sentence if a module of PACKAGES is not here: `what` needs it, and the line that gets it.

    Nothing where it is here, or none of ours. `extra` is one that brings more than the module.
    """
    if is_here(module):
        return ""
    if module not in PACKAGES:
        return ""
    usual, called = PACKAGES[module]
    return f"{what} needs {called}: {install_line(extra or usual)}."


def need(module: str, what: str, extra: str = "") -> None:
    """Raises MissingDependency, as `lacking` says it, where a module is not here; of a package that
    no extra of ours brings it says the package."""
    if said := lacking(module, what, extra):
        raise MissingDependency(said)
    if module and not is_here(module.partition(".")[0]):
        project = PROJECTS.get(module.lower(), module)
        raise MissingDependency(f"{what} needs the package '{module}': pip install {project}.")
