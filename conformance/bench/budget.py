"""Bounds, paces and counts everything that is sent: a live target is not to be worn out."""

from __future__ import annotations

import copy
import math
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from conformance.inputs.target import Limits
from conformance.model import Inconclusive
from conformance.sentence import Own, Sentence, say


@dataclass(slots=True)
class _Account:
    """What the whole run has spent, shared by every probe."""

    limits: Limits
    lock: threading.Lock = field(default_factory=threading.Lock)
    free: dict[str, threading.Semaphore] = field(default_factory=dict)
    next_turn: defaultdict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(lambda: -math.inf))
    alone: dict[str, threading.Lock] = field(default_factory=dict)
    spent: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    over: bool = False


class Budget:
    """What a run may still send. Shared by all probes; safe across threads.

    Connections and requests are paced apart, each at `limits.requests_per_second` to one host: a request on a
    connection of its own costs one turn of either, and no time twice.
    """

    def __init__(
        self,
        limits: Limits,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Start with nothing spent."""
        self._account = _Account(limits)
        self._monotonic = monotonic
        self._sleep = sleep
        self._ends = math.inf
        self._restores = False

    def until(self, ends: float) -> Budget:
        """Return the same budget for a probe whose time is up at `ends`, on the monotonic clock."""
        view = copy.copy(self)
        view._ends = ends
        return view

    def for_restoring(self) -> Budget:
        """Return the same budget for putting back what was changed: neither the time nor the total ends it."""
        view = self.until(math.inf)
        view._restores = True
        return view

    def stop(self) -> None:
        """Let nothing more be sent, but for restoring: the run is over."""
        self._account.over = True

    @property
    def over(self) -> bool:
        """Tell whether the run is over."""
        return self._account.over

    @property
    def requests_sent(self) -> int:
        """Return how many requests the run has sent."""
        return self._account.spent["requests"]

    @property
    def connections_opened(self) -> int:
        """Return how many connections the run has opened."""
        return self._account.spent["connections"]

    @contextmanager
    def connection(self, host: str) -> Iterator[None]:
        """Hold one of the connections that may be open to `host` at once, and count it.

        Waits for a free one and for its turn. Raises Inconclusive when the run's limit is spent, or the probe's time.
        """
        slot = self._slot(host)
        if not slot.acquire(timeout=min(self._left(), threading.TIMEOUT_MAX)):
            raise Inconclusive(
                say(
                    "no connection to {host} became free in the probe's time (limits.connections allows {n} at once)",
                    host=Own(host),
                    n=self._account.limits.connections,
                )
            )
        try:
            self._spend("connections", host)
            yield
        finally:
            slot.release()

    @contextmanager
    def batch(self, host: str, count: int, width: int) -> Iterator[None]:
        """Hold `width` of the connections to `host` for somebody else, who opens `count` of them at the limits' pace.

        Raises Inconclusive when the run's limit is spent, or the probe's time.
        """
        slot, held = self._slot(host), 0
        try:
            while held < width:
                if not slot.acquire(timeout=min(self._left(), threading.TIMEOUT_MAX)):
                    raise Inconclusive(say("no connections to {host} became free in the probe's time", host=Own(host)))
                held += 1
            self._spend("connections", host, count)
            yield
        finally:
            for _ in range(held):
                slot.release()

    def count(self, connections: int) -> None:
        """Count connections that somebody else has opened."""
        with self._account.lock:
            self._account.spent["connections"] += connections

    @contextmanager
    def alone(self, service: Sentence) -> Iterator[None]:
        """Let no other probe at `service` meanwhile: for probes that change what others look at.

        Raises Inconclusive when it does not become free in the probe's time.
        """
        with self._account.lock:
            turn = self._account.alone.setdefault(service, threading.Lock())
        if not turn.acquire(timeout=min(self._left(), threading.TIMEOUT_MAX)):
            raise Inconclusive(say("another probe kept {service} busy for all of this one's time", service=service))
        try:
            yield
        finally:
            turn.release()

    def request(self, host: str = "") -> None:
        """Count one request to `host` and wait for its turn.

        Raises Inconclusive when the run's limit is spent, or the probe's time.
        """
        self._spend("requests", host)

    def _slot(self, host: str) -> threading.Semaphore:
        with self._account.lock:
            return self._account.free.setdefault(host, threading.Semaphore(self._account.limits.connections))

    def _left(self) -> float:
        """Return how many seconds the probe still has; raises Inconclusive when there are none."""
        if self._account.over and not self._restores:
            raise Inconclusive(say("the run was over before the probe had sent everything"))
        left = self._ends - self._monotonic()
        if left <= 0:
            raise Inconclusive(say("the probe's time was up before it had sent everything"))
        return left

    def _spend(self, what: str, host: str, count: int = 1) -> None:
        """Count `count` of `what`, and wait until the pace allows the first."""
        account, limits = self._account, self._account.limits
        left = self._left()
        with account.lock:
            if account.spent[what] + count > limits.requests and not self._restores:
                raise Inconclusive(_reached(what, limits.requests))
            now = self._monotonic()
            turn = max(now, account.next_turn[what, host])
            if turn - now > left:
                raise Inconclusive(
                    say(
                        "the probe's time was up before its turn came (limits.requests_per_second allows {n})",
                        n=limits.requests_per_second,
                    )
                )
            account.next_turn[what, host] = turn + count / limits.requests_per_second
            account.spent[what] += count
        if turn > now:
            self._sleep(turn - now)


def _reached(what: str, limit: int) -> Sentence:
    if what == "requests":
        return say("the limit of {limit} requests a run (limits.requests) was reached", limit=limit)
    return say("the limit of {limit} connections a run (limits.requests) was reached", limit=limit)
