"""The store of what is hosted, for a server: on a thread of its own."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, TypeVarTuple, Unpack

from taxiway.hosting.store import Store

Given = TypeVarTuple("Given")
Result = TypeVar("Result")


class Ledger:
    """The store on a thread of its own: a disk that is slow to flush holds up nobody else."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._thread = ThreadPoolExecutor(1, "ledger")

    async def __call__(self, method: Callable[[Unpack[Given]], Result], *given: *Given) -> Result:
        """Call a method of the store; what it wrote is committed when this returns."""
        return await asyncio.wrap_future(self._thread.submit(method, *given))

    def later(self, method: Callable[[Unpack[Given]], Any], *given: *Given) -> None:
        """Call it soon, in order, without waiting."""
        self._thread.submit(method, *given)

    def close(self) -> None:
        """Finish what was begun."""
        self._thread.shutdown()
