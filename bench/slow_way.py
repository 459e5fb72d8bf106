"""A command behind a slow way: python bench/slow_way.py MS LOSS COMMAND...

What it reads and writes takes half of `MS` milliseconds each way. A share `LOSS` of the pieces of
1400 bytes is lost and comes a round trip and 200 ms late, and whatever follows it waits, as TCP
does it.
"""

import contextlib
import os
import queue
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable

PACKET, AGAIN = 1400, 0.2


def carry(read: int, write: Callable[[bytes], object], one_way: float, loss: float) -> None:
    """Carry bytes from a file to `write`, late."""
    pieces = queue.Queue[tuple[float, bytes]]()

    def deliver() -> None:
        while True:
            due, data = pieces.get()
            time.sleep(max(0.0, due - time.perf_counter()))
            if not data:
                return
            write(data)

    thread = threading.Thread(target=deliver, daemon=True)
    thread.start()
    due, dice = 0.0, random.Random(1)
    while True:
        data = os.read(read, 2**16)
        due = max(due, time.perf_counter() + one_way)
        packets = -(-len(data) // PACKET)
        if any(dice.random() < loss for _ in range(packets)):
            due += AGAIN + 2 * one_way
        pieces.put((due, data))
        if not data:
            break
    thread.join()


def main() -> None:
    one_way, loss = float(sys.argv[1]) / 2000, float(sys.argv[2])
    child = subprocess.Popen(sys.argv[3:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin is not None
    assert child.stdout is not None
    there, back = child.stdin.fileno(), child.stdout.fileno()

    def write(file: int) -> Callable[[bytes], None]:
        def written(data: bytes) -> None:
            view = memoryview(data)
            while view:
                view = view[os.write(file, view) :]

        return written

    def out() -> None:
        with contextlib.suppress(OSError):  # whoever measured was ended
            carry(0, write(there), one_way, loss)
        child.stdin.close()  # type: ignore[union-attr]

    threading.Thread(target=out, daemon=True).start()
    carry(back, write(1), one_way, loss)


if __name__ == "__main__":
    main()
