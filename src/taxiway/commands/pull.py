"""`taxiway pull`: short for `taxiway models pull`."""

from taxiway.commands.models import add_pull as arguments
from taxiway.commands.models import pull as run

HELP = "fetch a model: short for models pull"

__all__ = ["HELP", "arguments", "run"]
