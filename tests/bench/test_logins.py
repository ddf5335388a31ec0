"""Logins are shared and counted: nobody's account is locked by a run."""

from __future__ import annotations

import threading

import pytest

from conformance.bench.logins import MOST, Logins
from conformance.model import Inconclusive
from conformance.sentence import say


def test_a_fourth_bad_login_is_refused() -> None:
    logins = Logins()
    for _ in range(MOST):
        logins.wrong_one()
    with pytest.raises(Inconclusive, match="no more are made"):
        logins.wrong_one()
    assert logins.wrong == MOST == 3


def test_what_went_wrong_by_itself_counts_too() -> None:
    logins = Logins()
    logins.went_wrong()
    logins.refused("webapp.admin", say("the password is wrong"))
    logins.wrong_one()
    with pytest.raises(Inconclusive):
        logins.wrong_one()


def test_a_session_is_begun_by_the_first_and_ended_by_the_last() -> None:
    logins, done = Logins(), list[str]()
    with logins.shared("a", lambda: "first", done.append) as one:
        with logins.shared("a", lambda: "second", done.append) as two:
            assert (one, two) == ("first", "first")
        assert done == []
    assert done == ["first"]
    with logins.shared("a", lambda: "third", done.append) as three:
        assert three == "third"


def test_a_password_that_was_refused_is_not_tried_again() -> None:
    logins = Logins()

    def refuse() -> str:
        logins.refused("a", say("the password is wrong"))
        raise Inconclusive(say("the password is wrong"))

    for begin in (refuse, lambda: "never"):
        with pytest.raises(Inconclusive, match="the password is wrong"), logins.shared("a", begin, lambda _: None):
            pass
    assert logins.wrong == 1


def test_trouble_on_the_way_may_be_tried_again() -> None:
    logins = Logins()

    def fails() -> str:
        raise Inconclusive(say("no answer in time"))

    with pytest.raises(Inconclusive), logins.shared("a", fails, lambda _: None):
        pass
    with logins.shared("a", lambda: "now", lambda _: None) as session:
        assert session == "now"


def test_the_last_one_waits_for_the_others() -> None:
    logins, came, may_go = Logins(), threading.Event(), threading.Event()

    def other() -> None:
        with logins.shared("a", lambda: "x", lambda _: None):
            came.set()
            may_go.wait(5)

    thread = threading.Thread(target=other)
    thread.start()
    came.wait(5)
    with logins.shared("a", lambda: "y", lambda _: None):
        assert not logins.wait_to_be_last("a", 0.01)
        may_go.set()
        assert logins.wait_to_be_last("a", 5)
    thread.join()
