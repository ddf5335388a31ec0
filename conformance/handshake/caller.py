"""Sends hellos to one endpoint, one connection each, and knows whether it still answers a good one."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from conformance.bench import Bench
from conformance.handshake.reply import NotTls, Reply, read_reply
from conformance.handshake.wire import Hello
from conformance.model import Inconclusive
from conformance.origin import Origin
from conformance.sentence import Own, counted, say
from conformance.web.http import connect, plain_words

PATIENCE = 5.0  # seconds


class Unreachable(Inconclusive):
    """No connection is taken at all, which says nothing about TLS."""


class Caller:
    """One endpoint, at `address` or the first address that took a connection. Safe across threads."""

    def __init__(self, bench: Bench, url: str, address: str | None = None) -> None:
        """Connect to nothing yet."""
        origin = Origin.of(url)
        self.host, self.port = origin.host, origin.port
        self.connections = 0
        self.asks_for_staples = True
        self.canaries: list[bool] = []
        self._bench = bench
        self._address = (address, self.port) if address else None
        self._good: Hello | None = None
        self._lock = threading.Lock()

    @property
    def endpoint(self) -> Own:
        """Name host and port."""
        return Own(f"{self.host}:{self.port}")

    def connect(self) -> socket.socket:
        """Open a counted connection; the caller holds one of the budget's. Raises OSError."""
        with self._lock:
            self.connections += 1
        host, port = self._address or (self.host, self.port)
        sock = connect(host, port, time.monotonic() + PATIENCE)
        try:
            found = sock.getpeername()[:2]
        except OSError:  # reset at once
            sock.close()
            raise
        with self._lock:
            self._address = self._address or found
        return sock

    def ask(self, hello: Hello) -> Reply:
        """Send one hello and read the answer, within 5 s each.

        Raises Unreachable, and Inconclusive when the run's limits are spent.
        """
        with self.connection() as sock:
            return _converse(sock, hello)

    @contextmanager
    def connection(self) -> Iterator[socket.socket]:
        """Hold a connection; raises as `ask` does."""
        with self._bench.budget.connection(self.host):
            try:
                sock = self.connect()
            except OSError as error:
                raise Unreachable(
                    say(
                        "{endpoint} took no connection, after {earlier} before: {trouble}",
                        endpoint=self.endpoint,
                        earlier=self.connections - 1,
                        trouble=plain_words(error),
                    )
                ) from error
            with sock:
                yield sock

    def settle_on(self, hello: Hello) -> None:
        """Take `hello` as the control: it was just answered well."""
        self._good = hello

    def answers(self) -> bool:
        """Send the control hello, twice if it is dropped, and tell whether it is still answered well.

        Raises Inconclusive when the run's limits are spent.
        """
        good = self._good
        if good is None:
            return False
        try:
            reply = self.ask(good)
            return reply.offered or (reply.outcome != "silent" and self.ask(good).offered)
        except Unreachable:
            return False

    def check(self) -> bool:
        """Record a canary: whether the control hello is answered well now."""
        self.canaries.append(self.answers())
        return self.canaries[-1]

    def ask_surely(self, hello: Hello) -> Reply:
        """Ask, and believe a missing answer only the second time and between two good controls.

        Raises Inconclusive when the control is not answered either.
        """
        reply = self.ask(hello)
        return self.confirm(hello) if reply.missing else reply

    def confirm(self, hello: Hello) -> Reply:
        """Ask once more what was not answered, between two good controls.

        Raises Inconclusive when the control is not answered either.
        """
        again = self.ask(hello) if self.answers() else None
        if again is None or (again.missing and not self.answers()):
            self.canaries.append(False)
            raise Inconclusive(
                counted(
                    "{endpoint} stopped answering hellos that it had answered before, after {n} connection: it may "
                    "limit their rate (lower limits.requests_per_second)",
                    "{endpoint} stopped answering hellos that it had answered before, after {n} connections: it may "
                    "limit their rate (lower limits.requests_per_second)",
                    self.connections,
                    endpoint=self.endpoint,
                )
            )
        return again


def _converse(sock: socket.socket, hello: Hello) -> Reply:
    try:
        sock.settimeout(PATIENCE)
        sent = hello.encode()
        sock.sendall(sent)
        return read_reply(reader(sock), hello, sent)
    except TimeoutError:
        return Reply("silent", say("no answer within {seconds:.0f} s", seconds=PATIENCE))
    except EOFError:
        return Reply("closed", say("closed without an alert"))
    except NotTls as what:
        return Reply("not-tls", what.looks)
    except OSError as error:
        return Reply("closed", plain_words(error))


def reader(sock: socket.socket) -> Callable[[int], bytes]:
    """Return what reads exactly so many bytes, all within 5 s; it raises OSError or EOFError."""
    ends = time.monotonic() + PATIENCE
    buffer = bytearray()

    def read(length: int) -> bytes:
        while len(buffer) < length:
            left = ends - time.monotonic()
            if left <= 0:
                raise TimeoutError
            sock.settimeout(left)
            chunk = sock.recv(1 << 16)
            if not chunk:
                raise EOFError
            buffer.extend(chunk)
        part = bytes(buffer[:length])
        del buffer[:length]
        return part

    return read
