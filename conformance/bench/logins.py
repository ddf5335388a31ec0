"""Logins of a run: one session for all probes that need the same account, and a count of those that go wrong.

An account of the operator's must not be locked by being tested. So at most three logins that are meant to go wrong are
made in a run, whichever probes make them, and a declared password that was refused once is not tried again: neither the
web app's nor the database's.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from conformance.model import Inconclusive
from conformance.sentence import NOTHING, Sentence, say

MOST = 3  # wrong logins: fewer than what locks an account anywhere usual

Session = TypeVar("Session")


@dataclass(slots=True)
class _Account:
    """Who uses an account's session just now. `refused` says why its password is not tried again."""

    turn: threading.Lock = field(default_factory=threading.Lock)
    session: Any = None
    users: int = 0
    refused: Sentence = NOTHING


class Logins:
    """Shared by all probes of a run; safe across threads."""

    def __init__(self) -> None:
        """Nobody has logged in yet."""
        self._changed = threading.Condition()
        self._accounts: dict[str, _Account] = {}
        self.wrong = 0

    def wrong_one(self) -> None:
        """Count a login that is about to go wrong; raises Inconclusive instead of allowing a fourth."""
        with self._changed:
            if self.wrong >= MOST:
                raise Inconclusive(say("{n} logins of this run went wrong already, and no more are made", n=MOST))
            self.wrong += 1

    def went_wrong(self) -> None:
        """Count a login of a user of the run's own that ought to have been taken."""
        with self._changed:
            self.wrong += 1

    def refused(self, account: str, why: Sentence) -> None:
        """Note that a declared password was not taken: it counts, and it is not tried again."""
        with self._changed:
            self.wrong += 1
        self.not_again(account, why)

    def not_again(self, account: str, why: Sentence) -> None:
        """Let nobody try the account's password again in this run."""
        with self._changed:
            self._account(account).refused = why

    def refusal(self, account: str) -> Sentence:
        """Return why the account's password is not tried again, or nothing."""
        with self._changed:
            return self._account(account).refused

    @contextmanager
    def shared(self, account: str, begin: Callable[[], Session], end: Callable[[Session], None]) -> Iterator[Session]:
        """Hold the account's session: the first user begins it, the last one ends it.

        Raises Inconclusive where the account's password was refused before.
        """
        with self._changed:
            held = self._account(account)
        with held.turn:
            if held.refused:
                raise Inconclusive(held.refused)
            if held.users == 0:
                held.session = begin()
            held.users += 1
        try:
            yield held.session
        finally:
            with held.turn:
                held.users -= 1
                if held.users == 0:
                    end(held.session)
            with self._changed:
                self._changed.notify_all()

    def wait_to_be_last(self, account: str, seconds: float) -> bool:
        """Wait until nobody else uses the account's session; tell whether that came to be within `seconds`."""
        with self._changed:
            held = self._account(account)
            return self._changed.wait_for(lambda: held.users <= 1, seconds)

    def _account(self, name: str) -> _Account:
        return self._accounts.setdefault(name, _Account())
