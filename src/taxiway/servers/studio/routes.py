"""The studio's WebSocket: who may open it, and how many."""

from collections.abc import Callable, Mapping
from typing import Any

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from taxiway.live.session import LiveSession
from taxiway.servers.studio.binary_messages import VERSION
from taxiway.servers.studio.socket import PATIENCE_SECONDS, Session
from taxiway.web.notices import once
from taxiway.web.origin import foreign_words, is_own_origin
from taxiway.web.powers import NO_TOKEN, Power, Tokens, declared
from taxiway.web.responses import Answer, deny, error_answer

PATH = "/studio/socket"
PROTOCOL = f"taxiway.{VERSION}"
MOST_SOCKETS = 256
LONGEST_TAB = 64
SCREEN = "screen"
"""What the page at /output calls itself."""


def routes(
    session: LiveSession,
    tokens: Tokens,
    card: Callable[[], Mapping[str, Any]] = dict,
    most_sockets: int = MOST_SOCKETS,
    patience: float = PATIENCE_SECONDS,
) -> list[WebSocketRoute]:
    """The route of the socket that plays `session`; `card` gives what it tells of the model
    now.

    Only a page of this server that has a token may open it; what it may do, its token says.
    `patience` is how many seconds a
    page may take to draw a frame.
    """
    door = Door(session, tokens, lambda: greeting(session, card()), most_sockets, patience)
    return declared(Power.PLAY, [WebSocketRoute(PATH, door.open)])


def greeting(session: LiveSession, card: Mapping[str, Any]) -> Mapping[str, Any]:
    """A card, with the names of the model that the session plays where it has none."""
    spec = session.spec
    return {"name": spec.name, "family": spec.family, "title": spec.title or spec.name, **card}


class Door:
    """Opens sockets to those who may; everyone else gets a status and a sentence."""

    def __init__(
        self,
        session: LiveSession,
        tokens: Tokens,
        card: Callable[[], Mapping[str, Any]],
        most: int,
        patience: float,
    ) -> None:
        self._session = session
        self._tokens = tokens
        self._card = card
        self._most = most
        self._patience = patience
        self._sockets = 0

    async def open(self, socket: WebSocket) -> None:
        """Serve one socket, or refuse it before it opens."""
        refusal = self._refusal(socket)
        if refusal is not None:
            if not is_own_origin(socket.scope):
                # No browser shows its page why a socket was refused.
                once(foreign_words(socket.scope))
            await deny(socket, refusal)
            return
        self._sockets += 1
        try:
            await socket.accept(PROTOCOL)
            owns = self._has_token(socket, Power.OWN)
            tab = next(iter(_said(socket, "tab.")), "")[:LONGEST_TAB]
            is_screen = SCREEN in socket.scope["subprotocols"]
            told = (self._session, self._card, owns, self._patience, tab, is_screen)
            await Session(socket, *told).serve()
        finally:
            self._sockets -= 1

    def _refusal(self, socket: WebSocket) -> Answer | None:
        # Programs must say that they are the page as well.
        if not is_own_origin(socket.scope):
            return error_answer(403, foreign_words(socket.scope))
        if PROTOCOL not in socket.scope["subprotocols"] or not self._has_token(socket, Power.PLAY):
            return error_answer(403, NO_TOKEN)
        if self._sockets >= self._most:
            words = f"The studio is open {self._most} times, which is the most."
            return error_answer(503, words, {"retry-after": "10"})
        return None

    def _has_token(self, socket: WebSocket, power: Power) -> bool:
        return any(self._tokens.allow(token, power) for token in _said(socket, "token."))


def _said(socket: WebSocket, begins: str) -> list[str]:
    """What a page says in the names of its subprotocols, which is all that it can say so early."""
    offered: list[str] = socket.scope["subprotocols"]
    return [each.removeprefix(begins) for each in offered if each.startswith(begins)]
