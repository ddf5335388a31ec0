"""The core app: takes sealed messages from the web app and answers them sealed."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from .http import HttpServer, Request, Response
from .sealing import FernetFormat, Format, Message, Refused, derive_key

if TYPE_CHECKING:
    from .shared import Shared

PATH = "/channel"


class _Server(Protocol):
    port: int

    def start(self) -> None: ...

    def stop(self) -> None: ...


class Core:
    """A message is taken when its seal holds, it is neither too old nor too new, and it was not seen before.

    Every cause of refusal gets the same answer. What a fault may replace: any attribute set in `__init__`.
    """

    def __init__(self, shared: Shared, heard: Callable[[bytes], None]) -> None:
        """Bind nothing yet."""
        self.shared = shared
        self.heard = heard
        self.tolerance = 10
        self.scheme, self.path = "http", PATH
        self.clock: Callable[[], float] = lambda: shared.clock()
        self.format: Format = FernetFormat()
        self.request_keys = [self.key("web->core")]
        self.answer_key = self.key("core->web")
        self.unseal: Callable[[bytes], Message] = self.open
        self.fresh: Callable[[int], bool] = lambda stamp: abs(math.floor(self.clock()) - stamp) <= self.tolerance
        self.seen = SeenBefore(lambda: self.clock(), 2 * self.tolerance)
        self.new: Callable[[bytes, Message], bool] = lambda sealed, _: self.seen.add(sealed)
        self.seal: Callable[[bytes], bytes] = lambda payload: self.format.seal(
            self.answer_key, payload, math.floor(self.clock())
        )
        self.reply: Callable[[Message], Response] = lambda _: _octets(200, self.seal(b'{"type": "pong"}'))
        self.refuse: Callable[[str], Response] = lambda _: Response(401)
        self.serve: Callable[[], _Server] = lambda: HttpServer(self.answer, clock=self.clock)
        self.log: list[str] = []

    def key(self, direction: str, secret: str | None = None) -> bytes:
        """Derive a direction's key, from WA_SECRET as it stands unless another secret is given."""
        return derive_key(self.shared.environ["WA_SECRET"] if secret is None else secret, direction)

    def start(self) -> None:
        """Serve in the background."""
        self._server = self.serve()
        self._server.start()

    def stop(self) -> None:
        """Release the ports."""
        self._server.stop()

    def document(self) -> dict[str, Any]:
        """Return this part's tables of a fitting target file."""
        url = f"{self.scheme}://127.0.0.1:{self._server.port}{self.path}"
        return {"channel": {"url": url, "secret": "env:WA_SECRET"}}

    def answer(self, request: Request) -> Response:
        """Serve the channel, and nothing else."""
        if request.path != PATH:
            return Response(404)
        if request.method != "POST":
            return Response(405, [("Allow", "POST")])
        return self.receive(request.body)

    def receive(self, sealed: bytes) -> Response:
        """Take a sealed message, or refuse it; the cause goes to the log alone."""
        try:
            message = self.checked(sealed)
            self.heard(message.payload)
            return self.reply(message)
        except Refused as cause:
            self.log.append(str(cause))
            return self.refuse(str(cause))

    def checked(self, sealed: bytes) -> Message:
        """Return the message; raises Refused."""
        message = self.unseal(sealed)
        if not self.fresh(message.stamp):
            raise Refused("too old or too new")
        if not self.new(sealed, message):
            raise Refused("seen before")
        return message

    def open(self, sealed: bytes) -> Message:
        """Open a message under any of the keys for requests, usually the one; raises Refused."""
        for key in self.request_keys[:-1]:
            try:
                return self._document(self.format.open(key, sealed))
            except Refused:
                continue
        return self._document(self.format.open(self.request_keys[-1], sealed))

    def _document(self, message: Message) -> Message:
        try:
            json.loads(message.payload)
        except ValueError as error:
            raise Refused("not a JSON document") from error
        return message


class SeenBefore:
    """Remembers messages for a while: for as long as their timestamp could still be taken."""

    def __init__(self, clock: Callable[[], float], seconds: float) -> None:
        """Remember each for `seconds` of `clock`."""
        self._clock, self.seconds = clock, seconds
        self._until: dict[bytes, float] = {}
        self._lock = threading.Lock()

    def add(self, message: bytes) -> bool:
        """Tell whether `message` is new, and remember it."""
        with self._lock:
            now = self._clock()
            self._until = {m: until for m, until in self._until.items() if until >= now}
            new = message not in self._until
            self._until[message] = now + self.seconds
            return new


def _octets(status: int, body: bytes) -> Response:
    return Response(status, [("Content-Type", "application/octet-stream")], body)
