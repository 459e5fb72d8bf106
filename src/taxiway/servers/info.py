"""What a model takes and gives, as every protocol tells it."""

from typing import TYPE_CHECKING, Any

from taxiway.core.command import first_command

if TYPE_CHECKING:
    from taxiway.engine import Engine


async def info(engine: "Engine", name: str) -> dict[str, Any]:
    """The fields of the model's first command; waits for a model that is starting.

    Raises NotFound, or Unavailable if it failed or was stopped.
    """
    running = engine.running.get(name)
    if running is None or not running.commands:
        await engine.ready(name)
    return first_command(engine.running[name].commands).describe()
