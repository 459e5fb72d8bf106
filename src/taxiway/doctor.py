"""What this machine can do, measured; every line is for a person to read or to send us."""

import getpass
import platform
import re
import socket
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from statistics import median

import numpy as np

from taxiway.backends import Unsupported, offered
from taxiway.catalog import catalog, disk
from taxiway.catalog.folder import data_path
from taxiway.checkpoint import read_checkpoint
from taxiway.choosing import answers_here, choose, one_line
from taxiway.choosing.machine import this_machine, version_of
from taxiway.core.extras import install_line, is_here
from taxiway.core.images import Pixels, encode_jpeg
from taxiway.engine.areas import FOLDER, LEAST, PLENTY, free_bytes
from taxiway.engine.coding import Writer
from taxiway.engine.sending import JPEGS, VIDEO, Sent
from taxiway.latent.sample import z_of_seed
from taxiway.painting import paint

MEASURE_SECONDS = 3.0
OTHER_BUILDS = "one that is: https://pytorch.org/get-started/locally"
WAYS = {"smaller JPEG": JPEGS[1], "H.264": VIDEO[1]}
"""What moving pictures may be sent as."""
PACKAGES = ("torch", "openvino", "onnxruntime", "onnxruntime-gpu", "onnxruntime-directml",
            "onnxruntime-ep-webgpu", "numpy", "pillow", "uvicorn", "starlette", "av")  # fmt: skip


def report() -> Iterator[str]:
    """The lines, one as soon as it is known. A missing PyTorch is a line, not an error."""
    yield f"Taxiway     {version('taxiway')}, Python {platform.python_version()}"
    yield f"System      {platform.platform(terse=True)}, {platform.machine()}"
    yield f"Disk        {_disk()}"
    yield f"Shared      {_shared()}"
    yield f"Port 8000   {'free' if _is_free(8000) else 'in use: choose another with --port'}"
    picture = paint(z_of_seed(0), 256)
    seconds = _per_call(lambda: paint(z_of_seed(0), 256))
    yield f"Painter     {1 / seconds:.0f} pictures of 256 px a second, one core"
    yield f"JPEG        {_per_call(lambda: encode_jpeg(picture)) * 1000:.2f} ms for 256 px"
    yield f"Thin way    {_thin_way(picture)}"
    usable, reasons = offered()
    for name in sorted([*usable, *reasons]):
        yield f"Backend     {name}: {reasons.get(name, 'available')}"
    try:
        yield from _torch()
    except ImportError:
        yield f"PyTorch     missing, so nothing is trained or projected: {install_line('train')}"
    if usable:
        yield from _measured()


def _thin_way(picture: Pixels) -> str:
    """What is played from another machine comes as, where the way is thin, and what that costs."""
    jpeg, video = (f"{kind}: {_moving(picture, sent)} for 256 px" for kind, sent in WAYS.items())
    if is_here("av"):
        return f"what moves goes as {video}; {jpeg} where the other machine has no PyAV"
    return f"what moves goes as {jpeg}; H.264 takes half as much: {install_line('video')}"


def _moving(picture: Pixels, sent: Sent) -> str:
    """The size of a picture that moves slowly, and how long it takes to encode."""
    writer, sizes = Writer(), list[int]()
    moved = iter(range(10**9))

    def encode() -> None:
        sizes.append(len(writer.coded(np.roll(picture, next(moved), axis=1), sent).data))

    for _ in range(3):  # the first needs more, of both
        encode()
    sizes.clear()
    seconds = _per_call(encode, 0.3)
    return f"{median(sizes) / 1000:.1f} kB in {seconds * 1000:.2f} ms"


def _disk() -> str:
    """What is free where data is kept, and what takes the room there, from 1 MB on."""
    used = disk.use(data_path())
    free = f"{used.free / 1e9:.0f} GB free"
    large = [part for part in used.parts if part.bytes >= 10**6]
    parts = ", ".join(f"{part.name} {part.bytes / 1e6:.0f} MB" for part in large)
    kept = f"{free}; kept: {sum(part.bytes for part in used.parts) / 1e6:.0f} MB"
    return f"{kept} ({parts}); what may go: taxiway disk" if parts else kept


def _shared() -> str:
    """How much memory models and server can share."""
    free = free_bytes()
    if free is None or free >= PLENTY:
        return "memory enough for pictures between a model and the server"
    amount = f"{free / 2**20:.0f} MB of memory in {FOLDER}"
    if free < 8 * LEAST:
        return f"{amount}: pictures go from a model through a socket, which is slower"
    return f"{amount}: large pictures go from a model through a socket; docker run --shm-size 1g"


def to_paste() -> Iterator[str]:
    """The same for a report of a problem, with what computes here; neither the user's name nor
    the home folder is in it."""
    known = {**_known(Path.home, "~"), **_known(getpass.getuser, "USER")}
    for line in chain(_details(), report()):
        for word, instead in known.items():
            line = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", instead, line)
        yield line


def _known(find: Callable[[], object], instead: str) -> dict[str, str]:
    """What is not to be seen, and what stands for it; a container's user may have neither."""
    try:
        return {str(find()): instead}
    except (KeyError, OSError, RuntimeError, ImportError):
        return {}


def _details() -> Iterator[str]:
    facts = this_machine()
    yield f"Processor   {facts['processor']}, {facts['cores']} cores"
    yield f"Devices     {', '.join(facts['accelerators']) or 'no accelerator seen'}"
    found = {name: version_of(name) for name in PACKAGES}
    yield f"Packages    {', '.join(f'{name} {number}' for name, number in found.items() if number)}"
    if is_here("onnxruntime"):  # whichever of its builds brought it
        from taxiway.backends.onnxruntime.providers import gpus

        yield f"Providers   onnxruntime: {', '.join([*(gpu.device for gpu in gpus()), 'cpu'])}"
    yield f"Data        {data_path()}{'' if data_path().exists() else ', not there yet'}"


def _torch() -> Iterator[str]:
    import torch

    from taxiway.backends.torch import shows_nvidia
    from taxiway.backends.torch.device import devices, gpus, processor

    cpu = processor()
    bfloat16 = f"bfloat16 by {cpu.bfloat16}" if cpu.bfloat16 else "no bfloat16"
    yield f"Processor   {cpu.name}, {cpu.cores} cores, {bfloat16}"
    yield f"PyTorch     {torch.__version__}; devices: {', '.join(devices())}"
    if shows_nvidia() and not torch.version.cuda:
        yield f"GPU         NVIDIA's, which this PyTorch is not built for: {OTHER_BUILDS}"
    try:
        yield from (f"GPU         {gpu}" for gpu in gpus())
    except RuntimeError as error:  # one that the driver shows and does not open
        yield f"GPU         fails: {one_line(error)}"


def _measured() -> Iterator[str]:
    """How fast each StyleGAN that comes with Taxiway is, in every setting that is worth trying.

    What was found at earlier starts is forgotten, so that all models are measured anew.
    """
    from taxiway.families.stylegan.networks.graphs import graphs_of

    answers = answers_here()
    answers.clear()
    for card in catalog.cards():
        if card.family != "stylegan" or card.checkpoint is None:
            continue
        synthesis, _ = graphs_of(read_checkpoint(catalog.spec(card).options["checkpoint"]))
        try:
            _, choice = choose([synthesis], seconds=MEASURE_SECONDS, answers=answers, thorough=True)
        except Unsupported as error:
            yield f"{card.name:11} {error}"
            continue
        for name, reason in choice.left_out.items():
            yield f"{card.name:11} {name}: left out. {reason}"
        for setting, milliseconds in sorted(choice.milliseconds.items()):
            rate = f"{milliseconds:6.1f} ms an image, {1000 / milliseconds:4.0f} a second"
            mark = "  <- used" if setting == choice.setting else ""
            backend, precision, threads = setting
            yield f"{card.name:11} {backend} {precision:8} {threads} threads: {rate}{mark}"


def _per_call(work: Callable[[], object], seconds: float = 1.0) -> float:
    """The least time of one call, in seconds, over about `seconds`."""
    least, deadline = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < deadline:
        began = time.perf_counter()
        work()
        least = min(least, time.perf_counter() - began)
    return least


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) != 0
