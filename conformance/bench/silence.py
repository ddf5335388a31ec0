"""Endpoints that take connections and never answer: nobody has to wait for them again and again."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Hashable

ENOUGH = 3  # unanswered in a row, and never one answer: nobody is there


class Silence:
    """Counts what was waited for in vain at endpoints that were never heard. Shared by all probes of a run."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._lock = threading.Lock()
        self._heard: set[Hashable] = set()
        self._in_vain: defaultdict[Hashable, int] = defaultdict(int)

    def heard(self, endpoint: Hashable) -> None:
        """Note a sign of life; the endpoint is waited for from now on."""
        with self._lock:
            self._heard.add(endpoint)

    def waited(self, endpoint: Hashable) -> None:
        """Note that an answer did not come in time."""
        with self._lock:
            self._in_vain[endpoint] += 1

    def lasts(self, endpoint: Hashable) -> bool:
        """Tell whether so many requests went unanswered, and none was answered, that another is not worth its wait."""
        with self._lock:
            return endpoint not in self._heard and self._in_vain[endpoint] >= ENOUGH
