"""The SDK's streaming WebSocket: jobs that tell every output as it comes, and can be stopped."""

import json
import socket
import threading
import time
import uuid
from typing import Any, Dict, List

from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from . import callers
from .exceptions import InferenceError, RunwayError
from .plain import to_json

MOST_BYTES = 64 * 2**20
STALLED_SECONDS = 10


class Job:
    """One submitted command. `cancelled` ends it after the output that it works on."""

    def __init__(self, number: Any) -> None:
        self.number = number
        self.cancelled = threading.Event()


class Stream:
    """One client; reads in its own thread, and writes from the main one as outputs come."""

    def __init__(self, handler: Any) -> None:
        self._server = handler.server
        self._socket = handler.connection
        self._at_home = handler.at_home()
        self._jobs: set[Job] = set()
        self._writing = threading.Lock()
        self._protocol = ServerProtocol(max_size=MOST_BYTES)
        self._text = bytearray()
        lines = [f"{name}: {value}" for name, value in handler.headers.items()]
        self._opening = "\r\n".join([handler.requestline, *lines, "", ""]).encode("latin-1")

    def run(self) -> None:
        """Shake hands, then serve until the client goes; its jobs end with it."""
        self._socket.settimeout(STALLED_SECONDS)
        try:
            self._receive(self._opening)
            while not self._protocol.close_expected():
                try:
                    data = self._socket.recv(2**16)
                except socket.timeout:
                    continue
                if not data:
                    break
                self._receive(data)
        except OSError:
            pass
        finally:
            self._cancel()

    def _receive(self, data: bytes) -> None:
        with self._writing:
            self._protocol.receive_data(data)
            events = self._protocol.events_received()
            for event in events:
                if isinstance(event, Request):
                    self._protocol.send_response(self._protocol.accept(event))
            self._flush()
        for event in events:
            if isinstance(event, Frame) and event.opcode in (Opcode.TEXT, Opcode.CONT):
                self._text += event.data
                if event.fin:
                    text, self._text = self._text, bytearray()
                    self._hear(text)

    def _hear(self, text: bytearray) -> None:
        try:
            message = json.loads(text.decode())
            kind, number = message["type"], message.get("id")
            hash((kind, number))
        except Exception:
            self._tell(
                "failed", None, error="A message is a JSON object with a type and a plain id."
            )
            return
        if kind == "submit":
            self._submit(message, number)
        elif kind == "cancel" and self._find(number):
            self._cancel(number)
        else:
            self._tell("failed", number, error=f"There is nothing to {kind!s:.20}.")

    def _submit(self, message: Dict[str, Any], number: Any) -> None:
        number = str(uuid.uuid4()) if number is None else number
        job = Job(number)
        try:
            if not isinstance(message.get("inputData"), dict):
                raise RunwayError("A submit takes inputData, an object.")
            if self._find(number):
                raise RunwayError("A submit takes an id that no other job has.")
            self._server.model.find(str(message.get("command")))
            self._jobs.add(job)
            self._server.work.ask(lambda: self._work(job, message))
        except RunwayError as error:
            self._jobs.discard(job)
            self._tell("failed", number, **callers.told(error.to_response(), self._at_home))

    def _find(self, number: Any) -> List[Job]:
        return [job for job in list(self._jobs) if job.number == number]

    def _cancel(self, *numbers: Any) -> None:
        """Cancel the jobs of these ids, all jobs if none is given."""
        for job in list(self._jobs):
            if not numbers or job.number in numbers:
                job.cancelled.set()

    def _work(self, job: Job, message: Dict[str, Any]) -> None:
        """Run a job, in the main thread."""
        began = time.monotonic()
        self._tell("started", job.number)
        try:
            self._stream(job, message)
        except Exception as raised:
            error = raised if isinstance(raised, RunwayError) else InferenceError.of(raised)
            if error.code >= 500:
                error.print_exception()
            self._tell("failed", job.number, **callers.told(error.to_response(), self._at_home))
            return
        finally:
            self._jobs.discard(job)
        if job.cancelled.is_set():
            self._tell("cancelled", job.number)
        else:
            elapsed = round(1000 * (time.monotonic() - began))
            self._tell("succeeded", job.number, timeElapsed=elapsed)

    def _stream(self, job: Job, message: Dict[str, Any]) -> None:
        answers = self._server.model.ask(message["command"], message["inputData"], self._at_home)
        try:
            while not job.cancelled.is_set():
                outputs, progress = next(answers)
                extra = {} if progress is None else {"progress": progress}
                self._tell("output", job.number, outputData=outputs, **extra)
        except StopIteration:
            pass
        finally:
            answers.close()

    def _tell(self, kind: str, number: Any, **content: Any) -> None:
        """Send one message; a client that is gone or reads nothing loses its jobs."""
        message = to_json({"type": kind, "id": number, **content}).encode()
        try:
            with self._writing:
                self._protocol.send_text(message)
                self._flush()
        except Exception:
            self._cancel()

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self._socket.sendall(data)
            else:
                self._socket.shutdown(socket.SHUT_WR)
