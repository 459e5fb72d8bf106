"""Who asks: what tells callers apart, for models that remember what each of them showed before."""

from contextvars import ContextVar

caller: ContextVar[str] = ContextVar("caller", default="")
"""Of what is answered now; "" is the live session, which all who play share."""

turn_number: ContextVar[int] = ContextVar("turn_number", default=0)
"""Of what is answered now: of calls that wait for a model the one with the lowest goes first."""

NAME = "caller"
"""Beside its inputs, what a call of a command that is `by_caller` has."""
