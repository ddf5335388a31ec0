"""What is looser on a 304 than on the page, and what is merely different."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.areas.hdr.judge_unchanged import no_looser
from conformance.model import Inconclusive, NotApplicable, Outcome, Verdict
from conformance.sentence import say
from conformance.web.exchange import Exchange
from tests.areas.hdr.pages import RIGHT, URL, case, observed, page, path, policy

CSP, OLD = "Content-Security-Policy", "X-Content-Security-Policy"
FRAMES, XSS = "X-Frame-Options", "X-XSS-Protection"
SNIFFING, TRANSPORT = "X-Content-Type-Options", "Strict-Transport-Security"


def judged(answer: Exchange, *unchanged: tuple[str, str]) -> Verdict:
    seen = observed(path(answer, again=page(*unchanged, status=304)))
    return no_looser(seen, policy(), case("HDR-12"))


def test_the_same_again_is_right() -> None:
    verdict = judged(page(*RIGHT), *RIGHT)
    assert verdict.outcome is Outcome.PASS
    assert verdict.exhibits == ("/admin/~1/get/0", "/admin/~1/again")
    assert verdict.observed.startswith("the 304 of GET / sends X-Content-Security-Policy, ")


def test_leaving_all_out_is_right() -> None:
    verdict = judged(page(*RIGHT), ("ETag", '"one"'))
    assert verdict.outcome is Outcome.PASS
    assert verdict.observed.endswith("leaves the headers as they are stored: it sends none of them")


@pytest.mark.parametrize(
    ("name", "stored", "strict", "loose"),
    [
        (CSP, "script-src 'self'", "script-src 'none'", "script-src 'self' data:"),
        (CSP, "script-src https://*.a.example", "script-src https://x.a.example", "script-src https://b.example"),
        (CSP, "script-src 'none'", "default-src 'none'", "script-src 'self'"),
        (CSP, "script-src 'self'", "script-src 'self' 'nonce-eA=='", "script-src 'self' 'unsafe-inline'"),
        (CSP, "script-src 'self' 'unsafe-eval'", "script-src 'self'", "img-src *"),
        (CSP, "frame-ancestors 'self'", "frame-ancestors 'none'", "frame-ancestors 'self' https://b.example"),
        (CSP, "frame-ancestors https:", "frame-ancestors https://b.example", "img-src *"),
        (OLD, "allow 'self'", "script-src 'self'", "allow *"),
        (FRAMES, "SAMEORIGIN", "DENY", "ALLOWALL"),
        (FRAMES, "DENY", "deny, DENY", "SAMEORIGIN"),
        (XSS, "1", "1; mode=block", "0"),
        (SNIFFING, "nosniff", "NOSNIFF, nosniff", ""),
        (TRANSPORT, "max-age=10", "max-age=11", "max-age=9; includeSubDomains"),
        (TRANSPORT, "max-age=10; includeSubDomains", "INCLUDESUBDOMAINS;max-age=10", "max-age=10"),
        (TRANSPORT, "max-age=10", "max-age=10; includeSubDomains", "includeSubDomains"),
    ],
)
def test_looser_is_wrong_and_stricter_is_right(name: str, stored: str, strict: str, loose: str) -> None:
    for value in (stored, strict):
        assert judged(page((name, stored)), (name.lower(), value)).outcome is Outcome.PASS, value
    verdict = judged(page((name, stored)), (name, loose))
    assert verdict.outcome is Outcome.FAIL
    assert verdict.observed == f"by the 304 of GET / {name}: {stored} becomes {name}: {loose}"


def test_what_the_page_lacks_is_not_loosened() -> None:
    loose = ((CSP, "script-src *"), (FRAMES, "ALLOWALL"), (XSS, "0"), (SNIFFING, "no"), (TRANSPORT, "max-age=0"))
    assert judged(page(), *loose).outcome is Outcome.PASS


def test_a_new_policy_undoes_the_older_header() -> None:
    verdict = judged(page((FRAMES, "DENY")), (CSP, "frame-ancestors *"))
    assert verdict.outcome is Outcome.FAIL
    assert verdict.observed == f"by the 304 of GET / {CSP}: frame-ancestors * is new"


def test_ancestors_may_go_where_the_older_header_stays() -> None:
    stored = page((FRAMES, "DENY"), (CSP, "script-src 'self'; frame-ancestors 'none'"))
    assert judged(stored, (CSP, "script-src 'self'")).outcome is Outcome.PASS


def test_one_line_replaces_all_of_its_name() -> None:
    stored = page((CSP, "script-src *"), (CSP, "script-src 'self'"))
    assert judged(stored, (CSP, "script-src *")).outcome is Outcome.FAIL


def test_notes_tell_what_a_browser_does() -> None:
    verdict = judged(page(*RIGHT), (CSP, "script-src *"), (FRAMES, "SAMEORIGIN"), (SNIFFING, "no"))
    assert verdict.notes == (
        "A current browser obeys the policy of the 304, for the page that it has stored.",
        "By RFC 9111 caches take the line of the 304 over; "
        "Chromium keeps X-Frame-Options and X-Content-Type-Options as stored.",
    )


def test_the_page_behind_a_redirect_is_the_one() -> None:
    way = (page(status=302), page(*RIGHT, url=f"{URL}login"))
    seen = observed(path(way[1], get=way, again=replace(page((FRAMES, "SAMEORIGIN")), status=304)))
    verdict = no_looser(seen, policy(), case("HDR-12"))
    assert verdict.exhibits == ("/admin/~1/get/1", "/admin/~1/again")
    assert verdict.observed.startswith("by the 304 of GET /login X-Frame-Options: DENY becomes")


def test_a_page_without_a_validator_cannot_be_asked_for_so() -> None:
    seen = observed(path(page(*RIGHT), again=None))
    with pytest.raises(NotApplicable, match="GET / sends neither ETag nor Last-Modified"):
        no_looser(seen, policy(), case("HDR-12"))


@pytest.mark.parametrize("validator", ["ETag", "Last-Modified"])
def test_a_page_that_was_not_asked_again_settles_nothing(validator: str) -> None:
    seen = observed(path(page(*RIGHT, (validator, "x")), again=None))
    with pytest.raises(Inconclusive, match="GET / was not asked whether it has changed"):
        no_looser(seen, policy(), case("HDR-12"))


@pytest.mark.parametrize("status", [200, 412, 503])
def test_where_no_304_comes_there_is_nothing_to_judge(status: int) -> None:
    seen = observed(path(page(*RIGHT), again=page(status=status)))
    with pytest.raises(NotApplicable, match=f"answers {status} and not 304"):
        no_looser(seen, policy(), case("HDR-12"))


def test_no_answer_settles_nothing() -> None:
    seen = observed(path(page(*RIGHT), again=Exchange("GET", URL, trouble=say("no answer in time"))))
    with pytest.raises(Inconclusive, match="GET /, asked whether it has changed: no answer in time"):
        no_looser(seen, policy(), case("HDR-12"))
