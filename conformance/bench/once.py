"""Questions that several probes ask, each answered once a run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future

from conformance.model import Inconclusive


class Once:
    """Remembers what came of a question, the trouble as well; who asks meanwhile waits for the same answer."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._lock = threading.Lock()
        self._answers: dict[Hashable, Future[None]] = {}

    def make_sure(self, question: Hashable, ask: Callable[[], None]) -> None:
        """Run `ask` unless somebody did; raises Inconclusive whenever it did."""
        with self._lock:
            mine = question not in self._answers
            answer = self._answers.setdefault(question, Future())
        if mine:
            try:
                ask()
            except BaseException as error:
                answer.set_exception(error)
                raise
            answer.set_result(None)
            return
        trouble = answer.exception()
        if isinstance(trouble, Inconclusive):
            raise Inconclusive(trouble.reason) from trouble
        if trouble is not None:
            raise trouble
