"""What is changed at the target, and has to be put back whatever ends the run.

A probe says how to put something back before it changes it:

    back = Request("PATCH", url, headers=JSON, login="webapp.admin", body=json.dumps(found))
    restoring = bench.for_restoring()
    with bench.undo.promised(say("the webhook's URL"), lambda: not put_back(restoring, [back]), back) as promise:
        promise.change(lambda: exchange(bench, "PATCH", url, …))
        …
    record.put_back = promise.kept

The request is in the journal before the block begins. The function is called at its end, or when the run ends before
that; `conformance.web.putting_back.put_back` sends the same requests, a probe may do better. What was put back is
struck out of the journal; after a kill `portero restore` sends what still stands there. Entries are played back last
first. More examples of requests:

    Request("DELETE", f"{api}/v1/users/{name}", login="webapp.admin", also=(404,))       # a user made for the run
    Request("POST", f"{api}/v1/certificates/external", headers={"Content-Type": "text/plain"},
            login="webapp.admin", body_from=webapp.certificate.restore, trust=uploaded)  # the operator's own file
    Request("PUT", switch.url, section="identity", secret_headers={"Authorization": switch.authorization}, body=…)

A change that no request can take back is promised without one: after a kill its name is all that is told.
Every request that changes something goes through `promise.change`: once the run has put back, nothing is changed anew.
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


class Promise:
    """Something that will be put back. It may be kept by another thread than the probe's, when the run is over."""

    def __init__(self, what: Sentence, put_back: Callable[[], bool], strike_out: Callable[[], None]) -> None:
        """Know how to put it back; `put_back` tells whether it succeeded, and may be called twice."""
        self.what = what
        self.kept = False
        self._put_back, self._strike_out = put_back, strike_out
        self._turn = threading.Lock()
        self._over = False

    def change(self, make: Callable[[], Made]) -> Made:
        """Make a change and return what came of it; who puts back waits for it.

        Raises Inconclusive when it has been put back already: the run is over.
        """
        with self._turn:
            if self._over:
                raise Inconclusive(
                    say("{what} was put back before the probe was through: the run is over", what=self.what)
                )
            return make()

    def keep(self) -> bool:
        """Put back, unless that was done, and tell whether it holds."""
        with self._turn:
            self._over = True
            if not self.kept:
                try:
                    self.kept = self._put_back()
                    if self.kept:
                        self._strike_out()
                except Inconclusive:  # what is not kept is told at the end of the run, and stays in the journal
                    return self.kept
            return self.kept


class Undo:
    """Keeps every promise to put something back that its probe has not kept by the end of the run."""

    def __init__(self, journal: Journal | None = None) -> None:
        """Nothing has been changed yet. Without a journal, a kill leaves changed what was."""
        self._journal = journal
        self._lock = threading.Lock()
        self._open: list[Promise] = []

    @contextmanager
    def promised(self, what: Sentence, put_back: Callable[[], bool], *requests: Request) -> Iterator[Promise]:
        """Journal how to put back `what`, and put it back at the end of the block, by `put_back`.

        What could not be put back then is tried once more at the end of the run. Raises Inconclusive when the journal
        cannot be written.
        """
        promise = Promise(what, put_back, self._noted(what, requests))
        with self._lock:
            self._open.append(promise)
        try:
            yield promise
        finally:
            if promise.keep():
                with self._lock:
                    self._open = [other for other in self._open if other is not promise]

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
        return [promise.what for promise in reversed(still_open) if not promise.keep()]
