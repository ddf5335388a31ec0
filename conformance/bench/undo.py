"""What was changed at the target, and has to be put back whatever ends the run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Undo:
    """Keeps every promise to put something back that its probe has not kept by the end of the run."""

    def __init__(self) -> None:
        """Nothing has been changed yet."""
        self._lock = threading.Lock()
        self._open: dict[str, Callable[[], bool]] = {}

    @contextmanager
    def promised(self, what: str, put_back: Callable[[], bool]) -> Iterator[None]:
        """Hold on to `put_back` inside the block, at whose end the probe has called it by itself.

        It tells whether it succeeded, may be called twice, and from another thread while the probe goes on.
        """
        with self._lock:
            self._open[what] = put_back
        try:
            yield
        finally:
            with self._lock:
                self._open.pop(what, None)

    def settle(self) -> list[str]:
        """Put back what is still open, once; return what could not be."""
        with self._lock:
            still_open, self._open = self._open, {}
        return [what for what, put_back in still_open.items() if not put_back()]
