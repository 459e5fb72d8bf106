"""Naming files that are not ours to read, so that a refusal says what it refuses."""

from collections.abc import Collection

from taxiway.checkpoint.source import Source
from taxiway.checkpoint.values import Module

_FIRST_BYTES = {
    b"version https://git-lfs": "a Git LFS pointer, not the file: get that with git lfs pull",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"\x89HDF": "an HDF5 file",
    b"\x1f\x8b": "a gzip archive that cannot be unpacked",
    b"7z\xbc\xaf": "a 7z archive: unpack it first",
    b"Rar!": "a RAR archive: unpack it first",
    b"BZh": "a bzip2 archive that cannot be unpacked",
    b"\xfd7zXZ": "an xz archive that cannot be unpacked",
    b"\x93NUMPY": "a NumPy array",
    b"GGUF": "a GGUF language model",
    b"%PDF": "a PDF document",
    b"\x7fELF": "a program",
    b"MZ": "a program",
}
_PAGES = (b"<!doctype html", b"<html", b"<?xml", b"<head")

_NAMES = {
    "pg_modules.networks_fastgan": "a FastGAN of Projected GAN",
    "pytorch_lightning": "a PyTorch Lightning checkpoint of another network",
    "__torch__": "a TorchScript program",
    "networks.": "probably a StyleGAN-T snapshot",
    "torch.nn.modules": "a pickled PyTorch program with its own classes",
}
"""Beginnings of names that tell who wrote a file, the most telling first."""

_CLASSES = {"TriPlaneGenerator": "an EG3D snapshot"}


def by_first_bytes(source: Source) -> str | None:
    """What a file that is no checkpoint at all is, if that can be told from how it begins."""
    if source.size == 0:
        return "empty"
    head = source.read(0, min(source.size, 64))
    for start, kind in _FIRST_BYTES.items():
        if head.startswith(start):
            return kind
    if source.size >= 512 and source.read(257, 262) == b"ustar":
        return "a tar archive: unpack it first"
    if head.lstrip().lower().startswith(_PAGES):
        return "a web page, perhaps an error page saved in the place of a download"
    if head[:1] in b"{[" and head.strip().isascii():
        return "a JSON text"
    return None


def by_contents(top: object, names: Collection[str]) -> str | None:
    """What another project's checkpoint is, by its top object and the names in it."""
    if isinstance(top, dict):
        if isinstance(network := top.get("G_ema"), Module) and network.name in _CLASSES:
            return _CLASSES[network.name]
        if "GAN" in top:
            return "a lucidrains stylegan2-pytorch checkpoint"
    for start, kind in _NAMES.items():
        if any(name.startswith(start) for name in names):
            return kind
    return None
