"""Time as the suite sees it, so that a test can let an hour pass at once."""

from __future__ import annotations

import threading
import time
from typing import Protocol


class Clock(Protocol):
    """A wall clock that can be waited on."""

    def now(self) -> float:
        """Return seconds since the Unix epoch, UTC."""
        ...

    def wait(self, seconds: float) -> None:
        """Return when `seconds` have passed on this clock."""
        ...


class SystemClock:
    """The machine's own clock. Knows who is waiting on it, so that a person at a terminal can be told how long."""

    def __init__(self) -> None:
        """Nobody waits yet."""
        self._ends: dict[int, float] = {}

    def now(self) -> float:
        """Return seconds since the Unix epoch, UTC."""
        return time.time()

    def wait(self, seconds: float) -> None:
        """Sleep."""
        waiter = threading.get_ident()
        self._ends[waiter] = time.monotonic() + seconds
        try:
            time.sleep(max(0.0, seconds))
        finally:
            del self._ends[waiter]

    def remaining(self) -> float:
        """Return for how many seconds the longest wait will still last; 0 where nobody waits."""
        return max(0.0, *(ends - time.monotonic() for ends in tuple(self._ends.values())), 0.0)
