"""A port as a server: it listens while the model is set up, and answers once it is."""

import os
import sys
import threading
from typing import Any, Dict, Tuple

from .server import Server


def serve(model: Any, address: Tuple[str, int], options: Dict[str, Any], debug: bool) -> None:
    """Set `model` up and serve it until Ctrl-C; ends the process with 1 if either fails."""
    try:
        server = Server(model, address)
    except OSError as error:
        sys.exit(f"Cannot listen at {address[0]}:{address[1]}: {error.strerror}.")
    threading.Thread(target=server.serve_forever, name="server", daemon=True).start()
    model.start(options)
    loaded = _changes()
    if not server.token:
        print(f"Starting model server at http://{address[0]}:{server.server_port}...", flush=True)
    if debug:
        watch = threading.Thread(target=_restart_on_change, args=[loaded], name="reloader")
        watch.daemon = True
        watch.start()
    try:
        server.work.serve()
    except KeyboardInterrupt:
        sys.exit(130)


def _restart_on_change(loaded: Dict[str, float]) -> None:
    """Start the program anew when a file of its own changes, and has come to rest."""
    before, now = loaded, _changes()
    while now == loaded or now != before:
        threading.Event().wait(1)
        before, now = now, _changes()
    print("Restarting, since a file changed.", flush=True)
    os.execv(sys.executable, [sys.executable, *sys.argv])


def _changes() -> Dict[str, float]:
    """The times of change of the modules that lie under the current folder."""
    files = {getattr(module, "__file__", None) or "" for module in list(sys.modules.values())}
    here = os.getcwd() + os.sep
    own = [file for file in files if os.path.abspath(file).startswith(here)]
    return {file: os.stat(file).st_mtime for file in own if os.path.exists(file)}
