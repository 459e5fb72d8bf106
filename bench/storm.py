"""Clients of an HTTP server on one thread: kept connections that ask again at each answer.

Asyncio costs a client more than the servers measured here; this one reads sockets and counts.
"""

import selectors
import socket
import time


class Client:
    """One connection, always with one request under way; a new one where the server closes it."""

    def __init__(self, port: int, request: bytes) -> None:
        self._port = port
        self._request = request
        self._missing = 0
        self._asked = 0.0
        self.socket = self._connected()

    def ask(self) -> None:
        """Send the request, which fits in any socket's buffer."""
        self._asked = time.perf_counter()
        self._missing = -1
        self.socket.sendall(self._request)

    def read(self) -> float | None:
        """Take what has come; the seconds since the request once its answer is whole."""
        data = self.socket.recv(2**20)
        if self._missing < 0:
            head, _, body = data.partition(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200 "):
                raise ConnectionError(f"expected a 200, got {data[:300]!r}")
            self._missing = content_length(head) - len(body)
            self.is_closing = b"connection: close" in head.lower()
        else:
            self._missing -= len(data)
        return time.perf_counter() - self._asked if self._missing == 0 else None

    def reconnect(self) -> None:
        self.socket.close()
        self.socket = self._connected()

    def _connected(self) -> socket.socket:
        connected = socket.create_connection(("127.0.0.1", self._port))
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connected


def content_length(head: bytes) -> int:
    """The length that a header tells."""
    return int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])


def storm(port: int, request: bytes, clients: int, seconds: float) -> list[float]:
    """The seconds that each request took, asked by so many clients at once for so long.

    Raises ConnectionError at any answer but 200.
    """
    crowd = [Client(port, request) for _ in range(clients)]
    taken: list[float] = []
    with selectors.DefaultSelector() as ready:
        for client in crowd:
            ready.register(client.socket, selectors.EVENT_READ, client)
            client.ask()
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            for key, _ in ready.select(left):
                client = key.data
                if (took := client.read()) is None:
                    continue
                taken.append(took)
                if client.is_closing:
                    ready.unregister(client.socket)
                    client.reconnect()
                    ready.register(client.socket, selectors.EVENT_READ, client)
                client.ask()
    for client in crowd:
        client.socket.close()
    return taken
