"""What a checkpoint may cost to read: counted, so that no file is slow or large by design."""

from taxiway.core.errors import UnreadableCheckpoint

SUPPORTED = (
    "Taxiway reads StyleGAN 1, 2, 3 and XL and FastGAN .pkl, StyleGAN2 .pt of rosinality "
    "and its own .safetensors"
)

MAX_FILE = 8 << 30  # bytes; the largest known network file is under 1 GB
MAX_OPCODES = 1_000_000  # a 1024 px snapshot with all its networks takes about 150 000
MAX_DEPTH = 200  # open marks
MAX_KEY = 1 << 24  # numbers used as dictionary keys
MAX_INTEGER = 32  # bytes
MAX_NAME = 400  # characters of a module and a name in it
MAX_LINE = 4096  # bytes, in the text opcodes of protocol 0
SHORT_TEXT = 1 << 16  # bytes; longer text stays in the file until it is asked for
MAX_HEADER = 4 << 20  # bytes, of a safetensors file
MAX_DIMENSIONS = 8
MAX_WALK = 50_000  # values visited while looking for tensors
MAX_MODULE_DEPTH = 16
MAX_KERNEL = 4096  # numbers, of a filter that enlarges; known ones have 16
MAX_BLOCKS = 16  # of a StyleGAN2; 1024 px has 9


class Broken(UnreadableCheckpoint):
    """The bytes do not follow their format. The message is a clause whose subject is the file."""


class CutShort(Broken):
    """The bytes end before their format does."""


class Misfit(Broken):
    """What is a generator beyond doubt is one that cannot be played."""


class Refused(UnreadableCheckpoint):
    """The bytes ask for something that no network needs. `wanted` names it."""

    def __init__(self, wanted: str) -> None:
        super().__init__(f"asks for {wanted}, which no network needs; nothing in it was run")
        self.wanted = wanted


class Budget:
    """What is left to spend on one file of `size` bytes, inner streams included."""

    def __init__(self, size: int) -> None:
        self.opcodes = MAX_OPCODES
        self._visits = MAX_WALK
        self._tensor_bytes = size  # no network holds a number twice
        self._text_bytes = size

    def visit(self) -> None:
        """Pay for one visited value."""
        self._visits -= 1
        if self._visits < 0:
            raise Broken(f"holds more than {MAX_WALK} values where a network has a few thousand")

    def allocate(self, count: int) -> None:
        """Pay for `count` bytes of tensor."""
        self._tensor_bytes -= count
        if self._tensor_bytes < 0:
            raise Broken("asks for more memory for its tensors than the file is large")

    def decode(self, count: int) -> None:
        """Pay for `count` bytes of text made into bytes."""
        self._text_bytes -= count
        if self._text_bytes < 0:
            raise Broken("makes more bytes from text than it has text")
