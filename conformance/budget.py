"""Bounds, paces and counts everything that is sent: a live target is not to be worn out."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from conformance.model import Inconclusive
from conformance.target import Limits


class Budget:
    """What a run may still send. Shared by all probes; safe across threads."""

    def __init__(self, limits: Limits) -> None:
        """Start with nothing spent."""
        self._limits = limits
        self._lock = threading.Lock()
        self._slots: dict[str, threading.BoundedSemaphore] = defaultdict(
            lambda: threading.BoundedSemaphore(limits.connections)
        )
        self._next_turn: dict[str, float] = defaultdict(float)
        self.requests_sent = 0
        self.connections_opened = 0

    @contextmanager
    def connection(self, host: str) -> Iterator[None]:
        """Hold one of the connections that may be open to `host` at once, and count it.

        Waits for a free one and for its turn. Raises Inconclusive when the run's requests are spent.
        """
        with self._lock:
            slot = self._slots[host]
        with slot:
            self._take_turn(host)
            with self._lock:
                self.connections_opened += 1
            yield

    def request(self) -> None:
        """Count one request; raises Inconclusive when the run's requests are spent."""
        with self._lock:
            if self.requests_sent >= self._limits.requests:
                raise Inconclusive(f"the limit of {self._limits.requests} requests a run (limits.requests) was reached")
            self.requests_sent += 1

    def _take_turn(self, host: str) -> None:
        """Wait until the pace allows one more connection to `host`; monotonic time."""
        with self._lock:
            turn = max(time.monotonic(), self._next_turn[host])
            self._next_turn[host] = turn + 1 / self._limits.requests_per_second
        time.sleep(max(0.0, turn - time.monotonic()))
