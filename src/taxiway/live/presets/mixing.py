"""A and B: two presets mixed, layer by layer where the model has layers, else along the sphere."""

import asyncio
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from taxiway.core.datatypes import Vector
from taxiway.core.errors import InvalidArgument, TaxiwayError
from taxiway.latent import walk
from taxiway.live.controls import Mover, begun
from taxiway.live.presets.state import State

if TYPE_CHECKING:
    from taxiway.live.session import LiveSession

MAP = "map"
"""The command of a model that gives the w of every layer for a z."""
SOURCE = "mix"
Rows = npt.NDArray[np.float32]


class Mixing:
    """Mixes the newest pair that was asked for; the w of a preset is asked of the model once."""

    def __init__(self, session: "LiveSession") -> None:
        self._session = session
        self._wanted: tuple[State, State, int, float, Mover] | None = None
        self._news = asyncio.Event()
        self._known: list[tuple[State, Rows]] = []

    def show(self, a: int, b: int, layer: int = 0, amount: float = 1.0) -> None:
        """Mix presets `a` and `b`: w is a's in the first `layer` layers; above, `amount` of b's.

        A model without w has z: there `layer` is 0, and the way from a to b goes over the sphere.
        Raises InvalidArgument, NotFound for an empty preset, or Unavailable.
        """
        kept, most = self._session.kept, self.layers
        states = kept.preset(a), kept.preset(b)
        if not 0 <= amount <= 1:
            raise InvalidArgument(f"'amount' takes 0 to 1, got {amount:g}.", "amount")
        if not 0 <= layer <= most:
            has = f"takes 0 to {most}" if most else "is 0 of a model whose layers cannot be mixed"
            raise InvalidArgument(f"'layer' {has}, got {layer}.", "layer")
        if not most and any("z" not in state.values for state in states):
            raise InvalidArgument("Presets with a z can be mixed here, and one of these has none.")
        self._wanted = (*states, layer, amount, begun(SOURCE))
        self._news.set()

    @property
    def layers(self) -> int:
        """How many layers can be told apart; 0 where there is no w. Raises Unavailable."""
        session = self._session
        w = session.known.inputs.get("w")
        running = session.engine.running.get(session.spec.name)
        if running is None or MAP not in running.commands or not isinstance(w, Vector):
            return 0
        return w.rows if isinstance(w.rows, int) else 0

    async def run(self) -> None:
        """Mix for ever, always the newest."""
        while True:
            await self._news.wait()
            self._news.clear()
            wanted, self._wanted = self._wanted, None
            try:
                if wanted is not None:
                    await self._mix(*wanted)
            except TaxiwayError as error:
                self._session.report(str(error))

    async def _mix(self, a: State, b: State, layer: int, amount: float, source: Mover) -> None:
        session = self._session
        if not self.layers:
            field = session.known.inputs["z"]
            ends = (field.decode("z", state.values["z"]) for state in (a, b))
            first, second = (np.asarray(end, np.float64) for end in ends)
            mixed = walk.between(first, second, np.asarray(amount))
            session.set({"z": mixed.astype(np.float32)}, source)
            return
        rows = (await self._rows(a)).copy()
        rows[layer:] += np.float32(amount) * ((await self._rows(b))[layer:] - rows[layer:])
        session.live_walk.end()
        session.set({"w": rows}, source)

    async def _rows(self, state: State) -> Rows:
        """The w [rows, length] of a state; the last two that were asked for are known."""
        for known, rows in self._known:
            if known is state:
                return rows
        rows = await self._found(state)
        self._known = [*self._known[-1:], (state, rows)]
        return rows

    async def _found(self, state: State) -> Rows:
        session, values = self._session, state.values
        field = session.known.inputs["w"]
        w: Any
        if values.get("w") is not None:
            w = field.decode("w", values["w"])
        else:
            command = await session.engine.command_of(session.spec.name, MAP)
            asked: dict[str, Any] = {
                each: values[each] for each in command.inputs if each in values
            }
            w = (await session.engine.run(session.spec.name, asked, command=MAP))["w"]
        whole = np.broadcast_to(w, (self.layers, np.shape(w)[-1]))
        return np.asarray(whole, np.float32)
