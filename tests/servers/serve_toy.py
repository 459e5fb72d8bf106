"""The server in a process of its own, whose memory a test can watch.

    python -m servers.serve_toy TOY

prints its port once the model runs, and serves until SIGTERM.
"""

import asyncio
import signal
import sys

from taxiway.core.config import Config
from taxiway.core.model import ModelSpec
from taxiway.engine import Engine
from taxiway.servers.http.routes import routes
from taxiway.servers.socketio.server import SocketIo
from taxiway.web.application import application
from taxiway.web.listen import Listener, loop_factory


async def serve(toy: str) -> None:
    config = Config(port=0)
    async with Engine() as engine:
        family = toy if ":" in toy else f"toys:{toy}"
        await engine.start(ModelSpec(name="toy", family=family))
        await engine.ready("toy")
        sockets = SocketIo(engine, lambda: "toy")
        app = application([*routes(engine, lambda: "toy"), *sockets.routes()], config)
        async with Listener(app, config) as listener:
            told = asyncio.Event()
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
            print(listener.port, flush=True)
            await told.wait()
            sockets.close()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(serve(sys.argv[1]))
