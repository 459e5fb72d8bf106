"""A model family's protocol, and which model to run: all that the other rooms know of either."""

from typing import Any, ClassVar, Protocol

from msgspec import Struct

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyDataType


class ModelSpec(Struct, frozen=True, kw_only=True):
    """Which model to run: the name it runs under, its family, and its set-up options.

    `command` is the one that `/query` means, its first if none is named.
    """

    name: str
    family: str
    options: dict[str, Any] = {}
    title: str = ""
    command: str | None = None


class Model(Protocol):
    """One model family. Its author writes `setup` and `predict`; everything else is derived.

    `options` are the set-up options, `commands` what can be asked once set up; the first command
    is the one that `/query` means.
    """

    options: ClassVar[dict[str, AnyDataType]]
    commands: dict[str, Command]

    def setup(self, device: str, options: Values) -> None:
        """Load and warm up. `device` is auto, cpu, cuda or mps. May raise TaxiwayError."""

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        """Answer a batch of one or more calls of one command, in order.

        An answer may be a TaxiwayError instead of outputs: it then concerns that call only.
        """
