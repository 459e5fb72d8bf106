"""`taxiway outputs`: where the frames of a model can go, what each needs, and whether it works."""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taxiway.core.images import Pixels
    from taxiway.core.sink import Sink

HELP = "list the ways out for frames, what each needs, and try one"
SIZE = (640, 480)
PAGE = """\
page    Page
    On with every model, below its address: http://localhost:8000/output, for OBS or a projector.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """The name of an output that is tried, and its settings."""
    from taxiway.commands import number

    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    selftest = actions.add_parser(
        "selftest", help="send a test picture to one", description="Send a test picture to one."
    )
    selftest.add_argument("name", help="such as omt")
    selftest.add_argument(
        "settings", nargs="*", metavar="SETTING=VALUE", help="as of taxiway run --sink"
    )
    selftest.add_argument(
        "--seconds", type=number(0), default=30.0, help="for so long (30), or until Ctrl-C"
    )


def run(parsed: argparse.Namespace) -> int | None:
    from taxiway.commands import describe_members
    from taxiway.live.outputs import sinks

    if parsed.action == "selftest":
        return selftest(parsed)
    print(PAGE, end="")
    describe_members(sinks())
    return None


def selftest(parsed: argparse.Namespace) -> int:
    """Send a test picture. Raises InvalidArgument, NotFound or Unavailable."""
    from taxiway.core.errors import InvalidArgument, Unavailable
    from taxiway.core.text_values import named_values
    from taxiway.live.outputs import sinks

    members, name = sinks(), parsed.name
    if name == "page":
        raise InvalidArgument(
            "'page' is on with every model: taxiway run painter, "
            "then open http://localhost:8000/output?test=1."
        )
    kind = members.find(name)
    if kind.always:
        raise InvalidArgument(
            f"'{name}' is on with every model: taxiway run painter, then in the studio Outputs, "
            f"{kind.title}, Test picture. {kind.seen}"
        )
    given = named_values(parsed.settings, members.declaration(name).inputs, f"'{name}'")
    values = members.decode(name, given)
    if missing := members.probe(name):
        raise Unavailable(missing)
    print(f"{kind.title} gets colour bars for {parsed.seconds:g} seconds. {kind.seen}", flush=True)
    return send_test_pictures(kind(values), values["fps"], parsed.seconds)


def send_test_pictures(
    sink: "Sink", fps: int, seconds: float, wait: Callable[[float], object] | None = None
) -> int:
    """Send them, and say how that went; the exit code. `wait` lets seconds pass."""
    import asyncio
    import contextlib
    import time

    from taxiway.core import twins
    from taxiway.core.frame import Frame
    from taxiway.live.colour_bars import colour_bars
    from taxiway.live.outputs import Output

    output, began, wait = Output(sink, fps), time.monotonic(), wait or time.sleep
    with contextlib.suppress(KeyboardInterrupt):
        while (turn := time.monotonic() - began) < seconds and not output.is_over:
            pixels = colour_bars(*SIZE, turn, sink.alpha)
            if twins.wanted():
                lift(pixels)
            output.offer(Frame(pixels=pixels, index=0, time=time.monotonic()))
            wait(1 / fps)
    receivers, where, note = output.receivers(), output.address(), output.note()
    output.end()
    asyncio.run(output.ended())
    if receivers is None:
        where = output.address()
    whom = "" if receivers is None else f" to {receivers} receiver{'s' * (receivers != 1)}"
    what = f"{output.sent} picture{'s' * (output.sent != 1)}"
    print(f"Sent {what}{whom}: {where}. {output.message or note}".rstrip())
    if output.error:
        print(f"It stopped: {output.error}")
    return 1 if output.error else 0


def lift(pixels: "Pixels") -> None:
    """Let a test picture come from a GPU, as a model's would, where PyTorch finds one."""
    from taxiway.core.extras import is_here

    if is_here("torch"):
        from taxiway.backends.torch import twins

        twins.lift(pixels)
