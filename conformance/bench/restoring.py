"""Restoring: what is changed at the target has to be put back whatever ends the run.

A probe says how to restore something before it changes it:

    back = Request("PATCH", url, headers=JSON, login="webapp.admin", body=json.dumps(found))
    restoring = bench.for_restoring()
    with bench.restorer.changing(say("the webhook's URL"), lambda: not restore(restoring, [back]), back) as change:
        change.make(lambda: exchange(bench, "PATCH", url, …))
        …
    record.put_back = change.restored

The request is in the journal before the block begins. The function is called at its end, or when the run ends before
that; `conformance.web.restoring.restore` sends the same requests, a probe may do better. What was put back is
struck out of the journal; after a kill `portero restore` sends what still stands there. Entries are played back last
first. More examples of requests:

    Request("DELETE", f"{api}/v1/users/{name}", login="webapp.admin", also=(404,))       # a user made for the run
    Request("POST", f"{api}/v1/certificates/external", headers={"Content-Type": "text/plain"},
            login="webapp.admin", body_from=webapp.certificate.restore, trust=uploaded)  # the operator's own file
    Request("PUT", switch.url, section="identity", secret_headers={"Authorization": switch.authorization}, body=…)

A change that no request can take back is made without one: after a kill its name is all that is told.
Every request that changes something goes through `change.make`: once the run has put back, nothing is changed anew.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from conformance.bench.journal import Entry, Journal, Request
from conformance.model import Inconclusive
from conformance.sentence import Sentence, say

Made = TypeVar("Made")


class Change:
    """A change that will be put back, perhaps by another thread than the probe's, when the run is over."""

    def __init__(self, what: Sentence, restore: Callable[[], bool], strike_out: Callable[[], None]) -> None:
        """Know how to put it back; `restore` tells whether it succeeded, and may be called twice."""
        self.what = what
        self.restored = False
        self._restore, self._strike_out = restore, strike_out
        self._turn = threading.Lock()
        self._over = False

    def make(self, make: Callable[[], Made]) -> Made:
        """Make the change and return what came of it; who puts back waits for it.

        Raises Inconclusive when it has been put back already: the run is over.
        """
        with self._turn:
            if self._over:
                raise Inconclusive(
                    say("{what} was put back before the probe was through: the run is over", what=self.what)
                )
            return make()

    def restore(self) -> bool:
        """Put back, unless that was done, and tell whether it holds."""
        with self._turn:
            self._over = True
            if not self.restored:
                try:
                    self.restored = self._restore()
                    if self.restored:
                        self._strike_out()
                except Inconclusive:  # what is not restored is told at the end of the run, and stays in the journal
                    return self.restored
            return self.restored


class Restorer:
    """Restores every change that its probe has not restored by the end of the run."""

    def __init__(self, journal: Journal | None = None) -> None:
        """Nothing has been changed yet. Without a journal, a kill leaves changed what was."""
        self._journal = journal
        self._lock = threading.Lock()
        self._open: list[Change] = []

    @contextmanager
    def changing(self, what: Sentence, restore: Callable[[], bool], *requests: Request) -> Iterator[Change]:
        """Journal how to put back `what`, and put it back at the end of the block, by `restore`.

        What could not be put back then is tried once more at the end of the run. Raises Inconclusive when the journal
        cannot be written.
        """
        change = Change(what, restore, self._noted(what, requests))
        with self._lock:
            self._open.append(change)
        try:
            yield change
        finally:
            if change.restore():
                with self._lock:
                    self._open = [other for other in self._open if other is not change]

    def _noted(self, what: Sentence, requests: tuple[Request, ...]) -> Callable[[], None]:
        if self._journal is None:
            return lambda: None
        journal = self._journal
        entry: Entry = journal.add(what, requests)
        return lambda: journal.remove(entry)

    def settle(self) -> list[Sentence]:
        """Put back what is still open, last change first, once; return what could not be."""
        with self._lock:
            still_open, self._open = self._open, []
        return [change.what for change in reversed(still_open) if not change.restore()]
