"""The SDK's errors: a message, an HTTP status, and the answer that both make."""

import sys
import traceback
from typing import Any, Dict, List, Optional

from .ages import advice


class RunwayError(Exception):
    """Parent of all: `message` is one sentence, `code` the HTTP status."""

    code = 500

    def __init__(self, message: str = "An unknown error occurred.") -> None:
        super().__init__(message)
        self.message = message

    def get_traceback(self) -> List[str]:
        """The lines of the error's traceback, of what caused it where that is known."""
        error = self.__cause__ or self
        text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        return text.splitlines()

    def print_exception(self) -> None:
        """Write the traceback to standard error, in red on a terminal."""
        text = "\n".join(self.get_traceback())
        print(f"\033[31m{text}\033[0m" if sys.stderr.isatty() else text, file=sys.stderr)

    def to_response(self) -> Dict[str, Any]:
        """The answer's body."""
        return {"error": self.message, "traceback": self.get_traceback()}


class MissingOptionError(RunwayError):
    """A set-up option without a default was not given."""

    code = 400

    def __init__(self, name: str) -> None:
        super().__init__(f"Missing option: {name}.")


class MissingInputError(RunwayError):
    """An input without a default was not given."""

    code = 400

    def __init__(self, name: str) -> None:
        super().__init__(f"Missing input: {name}.")


class InvalidArgumentError(RunwayError):
    """A value does not suit its data type."""

    code = 400

    def __init__(self, name: Optional[str], message: str = "") -> None:
        super().__init__(f"Invalid argument: {name}. {message}".rstrip())


class MissingArgumentError(InvalidArgumentError):
    """A data type lacks something that it cannot be declared without."""

    def __init__(self, name: str, message: str = "") -> None:
        RunwayError.__init__(self, f"Missing argument: {name}. {message}".rstrip())


class InferenceError(RunwayError):
    """A command raised."""

    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(f"Error during inference: {message}. {help}".rstrip())

    @classmethod
    def of(cls, error: BaseException) -> "InferenceError":
        """The error for what a command raised, and what can be done about it."""
        return cls(repr(error), advice(error))


class SetupError(RunwayError):
    """The set-up function raised."""

    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(f"Error during setup: {message}. {help}".rstrip())

    @classmethod
    def of(cls, error: BaseException) -> "SetupError":
        """The error for what the set-up function raised, and what can be done about it."""
        return cls(repr(error), advice(error))


class UnknownCommandError(RunwayError):
    """There is no command of that name."""

    code = 404

    def __init__(self, name: str) -> None:
        super().__init__(f"Unknown command: {name}.")


class RefusedError(RunwayError):
    """The request itself is not taken; the answer has no traceback."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code

    def to_response(self) -> Dict[str, Any]:
        return {"error": self.message}
