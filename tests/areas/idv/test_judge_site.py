from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance import catalogue
from conformance.areas.idv.judge_site import right_hash_for_its_client
from conformance.areas.idv.record import Page
from conformance.engine.cases import expand
from conformance.model import Case, Inconclusive, NotApplicable, Outcome, Verdict
from conformance.sentence import Sentence
from tests.areas.idv.identities import policy, with_pages

UID = "a@example.org"
URL, SITE = "https://site.example/account", "https://site.example/"
DECLARED: dict[str, Any] = {
    "signed_in_pages": [{"url": URL, "cookie": "env:COOKIE", "uid": UID}],
    "site_pages": [SITE],
}
LOGIN = "https://site.example/login"
NOBODY = Page(URL, status=200, landed=LOGIN)
CLIENT = Page(URL, UID, 200, carries=("own",), hands_over=True, shows_uid=True, nobody=NOBODY)
START = Page(SITE, status=200)


def case(name: str, **declared: Any) -> Case:
    cases = expand(catalogue.load()["IDV-09"], policy(**{**DECLARED, **declared}))
    return next(case for case in cases if case.name == name)


def judged(name: str, *pages: Page, **declared: Any) -> Verdict:
    wanted = {**DECLARED, **declared}
    return right_hash_for_its_client(with_pages(*pages), policy(**wanted), case(name, **declared))


def test_the_own_hash_for_the_client_and_none_for_anybody_else() -> None:
    for name in ("signed-in", "nobody", "site-page"):
        verdict = judged(name, START, CLIENT)
        assert verdict.outcome is Outcome.PASS
        assert verdict.exhibits[0].startswith("/pages/0" if name == "site-page" else "/pages/1")


@pytest.mark.parametrize(
    "facts",
    [
        {"carries": ("another client's",)},
        {"carries": ("another client's", "own")},
        {"carries": ("unknown",)},
        {"carries": ()},
        {"carries": (), "more_calls": True},
        {"carries": (), "hands_over": False, "shows_uid": False},
    ],
)
def test_a_page_with_another_hash_or_none_is_a_violation(facts: dict[str, Any]) -> None:
    assert judged("signed-in", START, replace(CLIENT, **facts)).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"landed": LOGIN}, "leads to https://site.example/login with the cookie as without it"),
        ({"landed": "", "password_field": True}, "asks for a password"),
        ({"status": 302}, "status 302 leads away; renew the session"),
        ({"status": 401}, "status 401"),
        ({"trouble": Sentence("connection refused")}, "connection refused"),
        ({"nobody": None}, "looks the same"),
    ],
)
def test_an_ended_session_settles_nothing(facts: dict[str, Any], words: str) -> None:
    ended = replace(CLIENT, **{"carries": (), "hands_over": False, "shows_uid": False, **facts})
    with pytest.raises(Inconclusive, match=words):
        judged("signed-in", START, ended)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"more_calls": True, "hands_over": False}, "declare the URL that answers with the hash"),
        ({"unread": (Sentence("w.js: status 500"),)}, "status 500"),
        ({"key_material": (Sentence("a call of HmacSHA256 with a literal key"),)}, "a script computes one"),
    ],
)
def test_a_hash_that_may_come_by_another_way_settles_nothing(facts: dict[str, Any], words: str) -> None:
    with pytest.raises(Inconclusive, match=words):
        judged("signed-in", START, replace(CLIENT, carries=(), **facts))


def test_the_own_hash_does_not_say_that_no_other_stands_in_what_was_not_read() -> None:
    cut = replace(CLIENT, unread=(Sentence("w.js: only its first 8192 KiB were read"),))
    with pytest.raises(Inconclusive, match="only its first"):
        judged("signed-in", START, cut)
    assert judged("signed-in", START, replace(cut, carries=("another client's", "own"))).outcome is Outcome.FAIL


@pytest.mark.parametrize("whose", ["own", "another client's", "unknown"])
def test_a_hash_for_nobody_is_a_violation(whose: str) -> None:
    assert judged("nobody", START, replace(CLIENT, nobody=replace(NOBODY, carries=(whose,)))).outcome is Outcome.FAIL
    assert judged("site-page", replace(START, carries=(whose,)), CLIENT).outcome is Outcome.FAIL


def test_an_unknown_digest_under_a_name_of_one_word_is_not_taken_for_a_client_s() -> None:
    pages = replace(START, carries=("unknown",)), CLIENT
    assert judged("site-page", *pages, hash_pointer="/visitor/hash").outcome is Outcome.PASS
    assert judged("site-page", *pages, hash_pointer="/visitor/userHash").outcome is Outcome.FAIL


def test_refusing_nobody_is_right_and_an_error_settles_nothing() -> None:
    for status in (302, 401, 403, 404):
        assert judged("nobody", START, replace(CLIENT, nobody=Page(URL, status=status))).outcome is Outcome.PASS
    for page in (
        Page(URL, status=500),
        Page(URL, status=429),
        Page(URL, trouble=Sentence("reset")),
        replace(NOBODY, unread=(Sentence("x"),)),
    ):
        with pytest.raises(Inconclusive):
            judged("nobody", START, replace(CLIENT, nobody=page))


def test_none_for_nobody_proves_nothing_where_the_client_has_none_either() -> None:
    for name in ("nobody", "site-page"):
        with pytest.raises(Inconclusive, match="proves nothing"):
            judged(name, START, replace(CLIENT, carries=()))


def test_without_site_pages_there_is_nothing_to_ask() -> None:
    with pytest.raises(NotApplicable, match=r"identity\.site_pages"):
        judged("site-page", CLIENT, site_pages=[])
