"""What crosses the edge of a worker: msgpack records, with arrays in shared memory.

msgpack and not pickle, since a worker may run other people's code and must not be able to run any
in the server.
"""

from collections.abc import Mapping
from multiprocessing.shared_memory import SharedMemory
from typing import Any, Literal

import msgspec
import numpy as np
from msgspec import Struct

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import weight
from taxiway.core.errors import InvalidArgument, ModelFailed, Spent, TaxiwayError
from taxiway.core.images import EncodedPicture, ImageFormat
from taxiway.core.model import Finished, Progress
from taxiway.engine.coding import Coded
from taxiway.engine.sending import Sent

Formats = dict[str, ImageFormat]
"""File formats that differ from an output's own, by its name."""


Played = Literal["no", "moving", "resting"]
"""Whether a call is of something that is played, of which the next picture follows at once, or
which rests."""


class Ready(Struct, tag=True):
    """The model is set up."""

    commands: dict[str, Command]
    facts: dict[str, Any] = {}


class News(Struct, tag=True):
    """The model found out, while nobody asked, what it takes or says of itself from now on."""

    commands: dict[str, Command]
    facts: dict[str, Any] = {}


class Failed(Struct, tag=True):
    """The model could not be set up; `expected` where it told why itself."""

    message: str
    expected: bool


class Predict(Struct, tag=True):
    """A batch of calls of one command.

    `formats`, where not empty, has an entry for each: the file formats by output for a call whose
    JPEGs are wanted as data URIs, None for one whose pixels are. So has `played`; pictures of those
    that are moving may be sent as `sent` says. `requests` names those that they came by, for the
    log. `gone` are callers who will not ask again.
    """

    command: str
    batch: list[Values]
    formats: list[Formats | None] = []
    played: list[Played] = []
    sent: Sent | None = None
    requests: list[str] = []
    gone: list[str] = []

    @property
    def live(self) -> bool:
        """Whether all calls are of something that is played."""
        return bool(self.played) and "no" not in self.played


class CallError(Struct, tag=True):
    """One call failed; `is_last` where the process can answer no other and ends."""

    message: str
    input: str | None = None
    invalid: bool = False
    is_last: bool = False

    @classmethod
    def of(cls, error: Exception) -> "CallError":
        if isinstance(error, TaxiwayError):
            name = getattr(error, "name", None)
            is_wrong, is_last = isinstance(error, InvalidArgument), isinstance(error, Spent)
            return cls(str(error), name, is_wrong, is_last)
        return cls(f"The model failed: {type(error).__name__}: {error}".rstrip(": "))

    def error(self) -> TaxiwayError:
        if self.invalid:
            return InvalidArgument(self.message, self.input)
        return ModelFailed(self.message)


class CallOutputs(Struct, tag=True):
    """One call succeeded; `uris` are of those pictures that were encoded already.

    `coded` are those of something that is played from afar; `is_whole` is, in a part, whether this
    one is all of its answer.
    """

    outputs: Values
    uris: dict[str, str] = {}
    coded: list[Coded] = []
    is_whole: bool = False

    @property
    def result(self) -> Values:
        """The outputs, pictures that are encoded as `EncodedPicture`."""
        encoded = {name: EncodedPicture(uri) for name, uri in self.uris.items()}
        return (Finished if self.is_whole else dict)({**self.outputs, **encoded})


class Answers(Struct, tag=True):
    """One entry per call of the batch, in order, what it took, and when it left.

    That is by a clock over there, in milliseconds.
    """

    answers: list[CallOutputs | CallError]
    took_ms: float = 0.0
    left: float = 0.0


class Part(Struct, tag=True):
    """What there is of the answers so far, if any; each is answered by a GoOn."""

    answers: list[CallOutputs | CallError | None]
    progress: Progress | None = None


class GoOn(Struct, tag=True):
    """Whether anybody waits for the rest."""

    wanted: bool


def results_of(
    answers: list[CallOutputs | CallError] | list[CallOutputs | CallError | None],
) -> list[Any]:
    """Outputs, or the error, of each call; None where there is neither yet."""
    return [
        answer.result
        if isinstance(answer, CallOutputs)
        else answer.error()
        if isinstance(answer, CallError)
        else None
        for answer in answers
    ]


class Said(Struct, tag=True):
    """A line that a model on another machine printed."""

    line: str


class Ended(Struct, tag=True):
    """The process of a model on another machine ended by itself, and how."""

    how: str


Message = Ready | News | Failed | Predict | Answers | Part | GoOn | Said | Ended

ARRAY = 1
INLINE_BYTES = 16_384
KINDS = "biuf"
"""Of arrays that cross: numbers, as numpy calls their kinds."""


class Array(Struct, array_like=True):
    """An array's place: in shared memory at `offset`, or in `data`."""

    dtype: str
    shape: tuple[int, ...]
    offset: int
    data: bytes


def array_bytes(values: Mapping[str, Any]) -> int:
    """The bytes of all arrays among the inputs or outputs of a call, also in lists of them."""
    return sum(map(weight, values.values()))


class Codec:
    """Packs messages; large arrays go into `area` as long as they fit, else into the message.

    An area is written by one side and read by the other, one message at a time: what is unpacked
    is copied out of it at once.
    """

    def __init__(self) -> None:
        self.outgoing: SharedMemory | None = None
        self.incoming: SharedMemory | None = None
        self._used = 0
        self._encoder = msgspec.msgpack.Encoder(enc_hook=self._pack_array)
        self._decoder = msgspec.msgpack.Decoder(Message, ext_hook=self._unpack_array)

    def pack(self, message: Message) -> bytes:
        self._used = 0
        return self._encoder.encode(message)

    def unpack(self, data: bytes) -> Message:
        message: Message = self._decoder.decode(data)
        return message

    def _pack_array(self, value: Any) -> Any:
        if isinstance(value, np.generic):
            return value.item()
        if not isinstance(value, np.ndarray):
            raise ModelFailed(
                f"A model answers numbers, text and numpy arrays, got {type(value).__name__}."
            )
        array = np.ascontiguousarray(value)
        offset = self._place(array)
        data = array.tobytes() if offset < 0 else b""
        place = Array(array.dtype.str, array.shape, offset, data)
        return msgspec.msgpack.Ext(ARRAY, msgspec.msgpack.encode(place))

    def _place(self, array: np.ndarray[Any, Any]) -> int:
        area = self.outgoing
        if area is None or array.nbytes < INLINE_BYTES or self._used + array.nbytes > area.size:
            return -1
        offset = self._used
        np.ndarray(array.shape, array.dtype, area.buf, offset)[...] = array
        self._used = -(-(offset + array.nbytes) // 64) * 64
        return offset

    def _unpack_array(self, code: int, data: memoryview) -> np.ndarray[Any, Any]:
        place = msgspec.msgpack.decode(data, type=Array)
        dtype = np.dtype(place.dtype)
        if dtype.kind not in KINDS:
            raise ValueError(f"an array of {dtype}")
        if place.offset < 0:
            return np.frombuffer(place.data, dtype).reshape(place.shape).copy()
        assert self.incoming is not None
        return np.ndarray(place.shape, dtype, self.incoming.buf, place.offset).copy()
