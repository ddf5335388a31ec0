"""Carries a sealed message to the core app and its answer back: over HTTP, HTTPS or bare TCP."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from conformance.bench import Bench
from conformance.inputs.target import Channel
from conformance.origin import Origin
from conformance.sentence import NOTHING, Sentence, say
from conformance.web.exchange import TOO_LATE
from conformance.web.http import connect, exchange_bytes, lenient_context, plain_words

_MOST = 64 << 10  # bytes of an answer: whatever the other side sends, no more is held
_PAUSE = 0.5  # seconds of silence after the first bytes: the answer is whole where nobody closes


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; `trouble` says why nothing did. Over TCP any answer counts as the first accepted status."""

    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    trouble: Sentence = NOTHING
    seconds: float = 0.0


class Transport(Protocol):
    """A way to the core app."""

    def send(self, make: Callable[[], bytes], timeout: float, *, declare: int = 0, content_type: str = "") -> Reply:
        """Send on a connection of its own and wait at most `timeout` seconds for the answer.

        `make` is asked for the message when its turn has come: waiting for that does not make it older. `declare`
        adds to the length that is announced: above zero, the rest never comes. `content_type` is that of the target
        file unless given. Raises Inconclusive when the run's budget is spent.
        """
        ...


def transport(bench: Bench, channel: Channel) -> Transport:
    """Return the transport that the channel's URL asks for."""
    return Tcp(bench, channel) if Origin.of(channel.url).scheme == "tcp" else Http(bench, channel)


class Http:
    """A message is the body of a POST, the answer that of the response.

    Over HTTPS any certificate will do: nothing is sent that is not sealed, and what is judged is the seal.
    """

    def __init__(self, bench: Bench, channel: Channel) -> None:
        """Send nothing yet."""
        self._bench, self._channel = bench, channel
        self._context = lenient_context() if channel.url.startswith("https:") else None

    def send(self, make: Callable[[], bytes], timeout: float, *, declare: int = 0, content_type: str = "") -> Reply:
        """POST the message."""
        headers = {"Content-Type": content_type or self._channel.content_type}
        body: bytes | Callable[[], bytes] = make
        if declare:
            body = message = make()
            headers["Content-Length"] = str(len(message) + declare)
        seen, content = exchange_bytes(
            self._bench,
            "POST",
            self._channel.url,
            headers=headers,
            body=body,
            context=self._context,
            timeout=timeout,
        )
        return Reply(seen.status, seen.headers, content, seen.trouble, seen.seconds)


class Tcp:
    """A message is all that is sent before the sending side is closed, the answer all that comes back."""

    def __init__(self, bench: Bench, channel: Channel) -> None:
        """Send nothing yet."""
        origin = Origin.of(channel.url)
        self._bench, self._address = bench, (origin.host, origin.port)
        self._status = channel.accepted.status[0]

    def send(
        self,
        make: Callable[[], bytes],
        timeout: float,
        *,
        declare: int = 0,
        content_type: str = "",  # noqa: ARG002 - TCP has none
    ) -> Reply:
        """Write the message; with `declare` the sending side stays open, so that more seems to come."""
        host = self._address[0]
        self._bench.budget.request(host)
        with self._bench.budget.connection(host):
            began = time.monotonic()
            body, trouble = b"", NOTHING
            try:
                with connect(*self._address, began + timeout) as sock:
                    sock.sendall(make())
                    if not declare:
                        sock.shutdown(socket.SHUT_WR)
                    body = _until_closed(sock, began + timeout)
            except OSError as error:
                trouble = TOO_LATE if isinstance(error, TimeoutError) else plain_words(error)
            seconds = time.monotonic() - began
        if not body and not trouble:
            trouble = say("closed the connection without an answer")
        return Reply(self._status if body else 0, (), body, trouble, seconds)


def _until_closed(sock: socket.socket, ends: float) -> bytes:
    """Read until the other side closes, pauses after a first part, or has sent more than is kept.

    Raises TimeoutError when nothing has come by `ends`, on the monotonic clock.
    """
    received = b""
    while len(received) < _MOST:
        sock.settimeout(_PAUSE if received else max(0.001, ends - time.monotonic()))
        try:
            chunk = sock.recv(_MOST)
        except TimeoutError:
            if received:
                break
            raise
        if not chunk:
            break
        received += chunk
    return received
