"""A door on loopback that leads to the target: counts, bounds and paces connections that another process opens."""

from __future__ import annotations

import contextlib
import math
import selectors
import socket
import struct
import threading
import time
from types import TracebackType
from typing import Self

from conformance.bench.budget import Budget
from conformance.handshake.caller import Caller
from conformance.model import Inconclusive
from conformance.sentence import NOTHING, say

_PAUSE = 0.25  # seconds between looks at whether the run is over
_RESET = struct.pack("ii", 1, 0)  # linger of no seconds: closing sends RST


class Relay:
    """Forwards connections to a caller's endpoint while it is open as a context manager.

    `port` is on 127.0.0.1. `trouble` says that a guest was turned away for a reason that has nothing to do with
    what it asked: whoever is behind the guest cannot tell that from a refusal.
    """

    def __init__(self, caller: Caller, budget: Budget) -> None:
        """Take no guests yet."""
        self.port = 0
        self.trouble = NOTHING
        self._checked = -math.inf
        self._lock = threading.Lock()
        self._caller = caller
        self._budget = budget

    def __enter__(self) -> Self:
        """Open the door."""
        self._door = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._door.getsockname()[1]
        threading.Thread(target=self._serve, name="relay", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the door; guests that are in stay until they or the target leave."""
        with contextlib.suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()

    def _serve(self) -> None:
        while True:
            try:
                guest, _ = self._door.accept()
            except OSError:
                return
            threading.Thread(target=self._forward, args=(guest,), name="relay", daemon=True).start()

    def _forward(self, guest: socket.socket) -> None:
        with guest:
            try:
                with self._budget.connection(self._caller.host), self._caller.connect() as host:
                    answered = _pump(guest, host)
            except Inconclusive as reason:
                self.trouble = reason.reason
                return
            except OSError:
                # What the target resets has to look reset here, not closed.
                guest.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                answered = False
        if not answered:
            with contextlib.suppress(Inconclusive):
                self._make_sure()

    def _make_sure(self) -> None:
        """Send the control hello after a dropped connection, at most four times a second."""
        with self._lock:
            if time.monotonic() < self._checked + _PAUSE:
                return
            self._checked = time.monotonic()
        if not self._caller.answers():
            self.trouble = say("the endpoint dropped connections, those of the control hello as well")


def _pump(guest: socket.socket, host: socket.socket) -> bool:
    """Pass bytes both ways until either side closes; raises OSError when one breaks.

    Tells whether the host said anything before it hung up; a guest that hangs up is answered well enough.
    """
    answered = False
    with selectors.PollSelector() as both:
        both.register(guest, selectors.EVENT_READ, host)
        both.register(host, selectors.EVENT_READ, guest)
        while True:
            for key, _ in both.select():
                assert isinstance(key.fileobj, socket.socket)  # noqa: S101 - as registered
                content = key.fileobj.recv(1 << 16)
                if not content:
                    return answered or key.fileobj is guest
                answered = answered or key.fileobj is host
                key.data.sendall(content)
