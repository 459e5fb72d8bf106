"""What happened lately, for the teacher's page: in memory, so that it goes with the server."""

import time
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from msgspec import Struct

from taxiway.core.datatypes import Wire
from taxiway.core.errors import TaxiwayError
from taxiway.hosting.records import Hosted, Token

ERRORS = 50
PICTURES = 24
LARGEST = 2_000_000
"""Letters of a picture that is kept, as a data URI."""


class Note(Struct, frozen=True):
    """A sentence or a picture (a data URI): when (seconds since 1970), of whom, what."""

    at: float
    model: str
    label: str
    text: str


class Lately:
    """The last errors of all models, and the last pictures of those that are watched."""

    def __init__(self) -> None:
        self.errors: deque[Note] = deque(maxlen=ERRORS)
        self._pictures: dict[str, deque[Note]] = defaultdict(lambda: deque(maxlen=PICTURES))

    @contextmanager
    def noting(self, hosted: Hosted, token: Token | None) -> Iterator[None]:
        """Note the error that ends the block, unless it is a stranger's."""
        try:
            yield
        except TaxiwayError as error:
            if token is not None:
                self.errors.append(Note(time.time(), hosted.name, token.label, str(error)))
            raise

    def answered(self, hosted: Hosted, token: Token, outputs: Mapping[str, Wire]) -> None:
        """Note the pictures of an answer, if the model is watched."""
        for value in outputs.values() if hosted.watched else ():
            is_picture = isinstance(value, str) and value.startswith("data:image/")
            if is_picture and len(str(value)) <= LARGEST:
                note = Note(time.time(), hosted.name, token.label, str(value))
                self._pictures[hosted.name].append(note)

    def pictures(self, model: str) -> list[Note]:
        """Those of a model, the newest first."""
        return list(reversed(self._pictures.get(model, ())))

    def forget(self, model: str) -> None:
        """Drop a model's pictures."""
        self._pictures.pop(model, None)
