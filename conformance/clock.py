"""Time as the suite sees it, so that a test can let an hour pass at once."""

from __future__ import annotations

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
    """The machine's own clock."""

    def now(self) -> float:
        """Return seconds since the Unix epoch, UTC."""
        return time.time()

    def wait(self, seconds: float) -> None:
        """Sleep."""
        time.sleep(max(0.0, seconds))
