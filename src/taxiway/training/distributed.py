"""Several processes that share every batch of a training, one to a GPU: torch.distributed."""

import os
import signal
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing import connection, parent_process
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
import torch.distributed as dist
from torch import Tensor
from torch.multiprocessing.spawn import ProcessExitedException, start_processes

from taxiway.core.child import CONTEXT
from taxiway.core.errors import InvalidArgument, TaxiwayError
from taxiway.training.trainer import Stop

PATIENCE = timedelta(hours=1)
"""How long the others wait while the first one shows, measures and saves."""
_POLL = 0.2  # seconds between two looks at whether to stop
_STOPPED = "so the training has stopped; go on from what was saved with --resume."


@dataclass(frozen=True)
class Group:
    """One of `count` processes that do the same steps, each on its share of every batch.

    All draw the same numbers and start from the same weights, so that summed gradients keep them
    alike. Every method but `share` must be called by all of them, or those that call it wait.
    """

    rank: int = 0
    count: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this is the one that shows, measures and saves."""
        return self.rank == 0

    def share(self, batch: Tensor) -> Tensor:
        """This process's rows of a batch [N, ...], N a multiple of `count`."""
        return batch.chunk(self.count)[self.rank]

    def add(self, tensors: Sequence[Tensor]) -> None:
        """Put the sum of all processes' tensors into each of them."""
        if self.count == 1 or not tensors:
            return
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])  # one message, not many
        _sum(flat)
        parts = torch.split(flat, [tensor.numel() for tensor in tensors])
        for tensor, part in zip(tensors, parts, strict=True):
            tensor.copy_(part.view_as(tensor))

    def mean(self, values: Sequence[float], device: torch.device) -> list[float]:
        """The mean of each value over all processes."""
        if self.count == 1:
            return list(values)
        sums = torch.tensor(values, dtype=torch.float32, device=device)
        _sum(sums)
        return [value / self.count for value in sums.tolist()]

    def agrees(self, stop: Stop, device: torch.device) -> bool:
        """Whether all stop now, since one was asked to."""
        return any(self.mean([float(stop.is_set())], device))


ALONE = Group()


def _sum(tensor: Tensor) -> None:
    try:
        dist.all_reduce(tensor)
    except RuntimeError:  # a connection that is no more
        raise TaxiwayError(f"Another process of it has ended, {_STOPPED}") from None


def check_processes(count: int, device: torch.device) -> None:
    """Raise InvalidArgument where a device cannot be shared out to so many processes."""
    there = torch.cuda.device_count() if device.type == "cuda" else count
    if device.type == "mps" and count > 1:
        there = 1
    if count > there:
        raise InvalidArgument(
            f"{count} processes take as many GPUs, and this machine has {there}; "
            "say how many with --processes.",
            "processes",
        )


def together(
    work: Callable[[Group, Stop], None], count: int, device: torch.device | str, stop: Stop
) -> None:
    """Call `work` in `count` new processes and wait; `stop` is passed on to them.

    Raises InvalidArgument where the device cannot be shared out so, and TaxiwayError where one of
    them does or is ended from outside; the others are then ended too.
    """
    device = torch.device(device)
    check_processes(count, device)
    told, said = CONTEXT.Event(), CONTEXT.SimpleQueue()
    with TemporaryDirectory() as folder:
        meeting = (Path(folder) / "meeting").as_uri()
        running = start_processes(  # type: ignore[no-untyped-call]
            _member,
            (work, count, device.type == "cuda", meeting, told, said),
            count,
            join=False,
            start_method=CONTEXT.get_start_method(),
        )
        try:
            while not running.join(_POLL):
                if stop.is_set():
                    told.set()
        except ProcessExitedException as error:
            raise TaxiwayError(_ended(error, count) if said.empty() else said.get()) from None
        except BaseException:
            for process in running.processes:
                process.kill()
            raise


def _ended(error: ProcessExitedException, count: int) -> str:
    why = error.signal_name or f"exit code {error.exit_code}"
    return f"Process {error.error_index + 1} of {count} has ended ({why}), {_STOPPED}"


def _member(
    rank: int,
    work: Callable[[Group, Stop], None],
    count: int,
    cuda: bool,
    meeting: str,
    stop: Stop,
    said: "SimpleQueue[str]",
) -> None:
    """One of the processes; Ctrl-C reaches it through `stop`, its errors leave through `said`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _stay_on_this_machine()
    if cuda:
        torch.cuda.set_device(rank)
    dist.init_process_group(
        "nccl" if cuda else "gloo",
        init_method=meeting,
        rank=rank,
        world_size=count,
        timeout=PATIENCE,
    )
    try:
        work(Group(rank, count), stop)
    except TaxiwayError as error:
        said.put(str(error))
        os._exit(1)  # at once: the others are waiting for this one
    dist.destroy_process_group()


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    os._exit(1)


def _stay_on_this_machine() -> None:
    """Have the processes meet on the loopback interface only, where it can be named."""
    names = [name for _, name in socket.if_nameindex() if name.startswith("lo")]
    for variable in ("GLOO_SOCKET_IFNAME", "NCCL_SOCKET_IFNAME"):
        if names:
            os.environ.setdefault(variable, names[0])
