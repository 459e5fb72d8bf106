"""Every error Taxiway raises on purpose, as one tree.

TaxiwayError
├── InvalidArgument   a value from outside is wrong; names the input
├── NotFound          no model, command, file or route of that name
├── Conflict          somebody else changed it meanwhile
├── UnreadableCheckpoint   a checkpoint is foreign, broken or hostile
├── Unavailable       not now: starting, restarting or stopping; try again
│   ├── Busy          the queue is full
│   ├── Cancelled     somebody stopped it
│   └── Superseded    a newer request of the same live caller took its place
├── ModelFailed       the model itself raised while working
│   └── Spent         nor can it answer anything else, until its process starts anew
├── BrokenMember      a file in a slot does not load, or declares something wrong; names the line
└── MissingDependency an optional package is needed; gives the install line
"""


class TaxiwayError(Exception):
    """Parent of all; `str(error)` is one sentence fit for a user."""


class InvalidArgument(TaxiwayError):
    """A value from outside is wrong. `name` is the input it came in by, where there is one."""

    def __init__(self, message: str, name: str | None = None) -> None:
        super().__init__(message)
        self.name = name


class NotFound(TaxiwayError):
    """Nothing has that name; the message lists what there is."""


class Conflict(TaxiwayError):
    """Somebody else changed it since the version that a change was made from."""


class UnreadableCheckpoint(TaxiwayError):
    """A checkpoint is foreign, broken or hostile; the message says which, and what is read."""


class Unavailable(TaxiwayError):
    """Not now. `retry_after` is in seconds."""

    def __init__(self, message: str, retry_after: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Busy(Unavailable):
    """The queue of this model is full."""


class Cancelled(Unavailable):
    """Somebody stopped it; whoever wants it asks again."""


class Superseded(Unavailable):
    """A newer request of the same live caller took this one's place."""


class ModelFailed(TaxiwayError):
    """The model raised while starting or working; the message is its last line."""


class Spent(ModelFailed):
    """What the model computes with is gone from this process for good; its worker ends by it."""


class BrokenMember(TaxiwayError):
    """A member of a slot does not load, or declares something wrong; the message says where."""


class MissingDependency(TaxiwayError):
    """An optional package is needed; the message gives the install line."""
