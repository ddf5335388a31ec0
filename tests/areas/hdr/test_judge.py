"""Judges of headers: what is a page, what is compared with it, and what is only told in notes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.areas.hdr import judge as judges
from conformance.areas.hdr import judge_places
from conformance.areas.hdr.values import FIVE
from conformance.locale import tongue
from conformance.model import Inconclusive, NotApplicable, Outcome
from conformance.sentence import say
from conformance.web.exchange import Exchange
from tests.areas.hdr.pages import RIGHT, case, observed, page, path, policy


def without(*names: str) -> tuple[tuple[str, str], ...]:
    return tuple(line for line in RIGHT if line[0] not in names)


def test_a_redirect_is_followed_to_the_page() -> None:
    way = (page(status=302), page(*RIGHT, url="https://gateway.example/login"))
    verdict = judges.frames(observed(path(way[1], get=way)), policy(), case("HDR-02"))
    assert verdict.outcome is Outcome.PASS
    assert verdict.exhibits == ("/admin/~1/get/1",)
    assert verdict.observed == "GET /login sends X-Frame-Options: DENY"


@pytest.mark.parametrize("status", [301, 401, 403])
def test_what_lacks_a_header_and_is_no_page_settles_nothing(status: int) -> None:
    seen = observed(path(page(status=status)))
    with pytest.raises(Inconclusive, match=f"GET / answers {status} without X-Frame-Options"):
        judges.frames(seen, policy(), case("HDR-02"))


def test_a_wrong_value_on_a_refusal_is_wrong() -> None:
    seen = observed(path(page(("X-Frame-Options", "ALLOWALL"), status=401)))
    assert judges.frames(seen, policy(), case("HDR-02")).outcome is Outcome.FAIL


def test_deny_on_a_redirect_is_told_to_be_idle() -> None:
    verdict = judges.frames(observed(path(page(*RIGHT, status=302))), policy(), case("HDR-02"))
    assert verdict.notes[-1] == "On a redirect no browser enforces it."


@pytest.mark.parametrize("status", [400, 404, 410, 500, 503])
def test_a_page_that_is_not_there_settles_nothing(status: int) -> None:
    with pytest.raises(Inconclusive, match=f"answers {status}: the declared page is not there"):
        judges.sniffing(observed(path(page(*RIGHT, status=status))), policy(), case("HDR-04"))


@pytest.mark.parametrize("name", ["unknown", "method", "redirect"])
def test_a_page_that_is_not_there_has_no_errors_of_its_own(name: str) -> None:
    """A server that wants a client certificate answers everything like this, before anything of its own is reached."""
    bare = page(status=400)
    seen = observed(path(bare, unknown=bare, method=replace(bare, method="PROPFIND"), slash=bare))
    with pytest.raises(Inconclusive, match=r"answers 400: the declared page is not there .*webapp\.client_cert"):
        judge_places.errors_and_redirects(seen, policy(), case("HDR-07", name))


def test_trouble_settles_nothing() -> None:
    broken = Exchange("GET", "https://gateway.example/", trouble=say("no answer in time"))
    with pytest.raises(Inconclusive, match="GET /: no answer in time"):
        judges.sniffing(observed(path(broken)), policy(), case("HDR-04"))


def test_a_value_is_shown_as_it_was_sent_in_every_language() -> None:
    lines = (("X-Frame-Options", "none"), ("Strict-Transport-Security", "closed and silent"))
    for judge, sent in ((judges.frames, "none"), (judges.transport, "closed and silent")):
        said = judge(observed(path(page(*lines))), policy(), case("HDR-02")).observed.within(tongue("es"))
        assert said.startswith("GET / envía ")
        assert f": {sent}," in said


def test_head_may_be_refused() -> None:
    seen = observed(path(page(*RIGHT), head=(page(status=405, method="HEAD"),)))
    with pytest.raises(NotApplicable, match="HEAD / answers 405"):
        judges.sniffing(seen, policy(), case("HDR-04", "head"))


def test_head_without_the_headers_is_wrong() -> None:
    seen = observed(path(page(*RIGHT), head=(page(method="HEAD"),)))
    assert judges.sniffing(seen, policy(), case("HDR-04", "head")).outcome is Outcome.FAIL


@pytest.mark.parametrize(("guideline", "outcome"), [("4.0", Outcome.PASS), ("5.8", Outcome.FAIL)])
def test_a_year_is_enough_for_the_older_guideline(guideline: str, outcome: Outcome) -> None:
    seen = observed(path(page(("Strict-Transport-Security", "max-age=31536000"))))
    assert judges.transport_life(seen, policy(guideline=guideline), case("HDR-09")).outcome is outcome


def test_a_policy_may_name_the_own_host_and_no_other() -> None:
    for source, outcome in {
        "gateway.example": Outcome.PASS,
        "https://gateway.example:9090/js/": Outcome.PASS,
        "*.gateway.example": Outcome.FAIL,
        "gateway.example.net": Outcome.FAIL,
    }.items():
        seen = observed(path(page(("X-Content-Security-Policy", f"script-src {source}"))))
        assert judges.script_policy(seen, policy(), case("HDR-01")).outcome is outcome, source


def test_sources_that_no_two_policies_share_let_nobody_in() -> None:
    lines = [("X-Content-Security-Policy", f"script-src 'self' https://{name}.example") for name in ("a", "b")]
    assert judges.script_policy(observed(path(page(*lines))), policy(), case("HDR-01")).outcome is Outcome.PASS


def test_the_standard_policy_is_compared_with_the_documented_one() -> None:
    for standard, outcome in {
        "script-src 'self' https://cdn.example": Outcome.PASS,
        "script-src 'self'": Outcome.PASS,
        "script-src 'self' https://other.example": Outcome.FAIL,
        "script-src 'self' data:": Outcome.FAIL,
    }.items():
        lines = [
            ("X-Content-Security-Policy", "script-src 'self' https://*.example"),
            ("X-Content-Security-Policy", "script-src 'self' cdn.example"),
            ("Content-Security-Policy", standard),
        ]
        verdict = judges.standard_policy(observed(path(page(*lines))), policy(), case("HDR-08"))
        assert verdict.outcome is outcome, standard


def test_notes_tell_what_a_browser_does() -> None:
    lines = (("X-Content-Security-Policy", "script-src 'self' 'unsafe-eval' 'nonce-abc'"),)
    verdict = judges.script_policy(observed(path(page(*lines))), policy(), case("HDR-01"))
    assert verdict.outcome is Outcome.PASS
    assert "Content-Security-Policy does not restrict scripts" in verdict.notes[0]
    assert [note.partition(":")[0] for note in verdict.notes[1:]] == [
        "Text may be run as script",
        "Nonces or 'strict-dynamic' let the page itself name scripts, of any domain.",
    ]


def test_a_filter_switched_off_is_told_to_be_general_advice() -> None:
    verdict = judges.xss_protection(observed(path(page(("X-XSS-Protection", "0")))), policy(), case("HDR-03"))
    assert verdict.outcome is Outcome.FAIL
    assert "general advice" in verdict.notes[-1]


@pytest.mark.parametrize(
    ("name", "values", "outcome"),
    [
        ("Strict-Transport-Security", ('max-age="1"; includeSubDomains', "includesubdomains;max-age=1"), Outcome.PASS),
        ("Strict-Transport-Security", ("max-age=1", "max-age=2"), Outcome.FAIL),
        ("X-Frame-Options", ("DENY, sameorigin",), Outcome.FAIL),
        ("X-Content-Type-Options", ("nosniff", "NoSniff"), Outcome.PASS),
        ("X-XSS-Protection", ("1; mode=block", "1"), Outcome.FAIL),
    ],
)
def test_values_conflict_where_they_mean_different_things(name: str, values: tuple[str, ...], outcome: Outcome) -> None:
    seen = observed(path(page(*((name, value) for value in values))))
    assert judges.no_conflict(seen, policy(), case("HDR-11")).outcome is outcome


@pytest.mark.parametrize("missing", FIVE)
def test_an_error_has_to_send_what_the_page_sends(missing: str) -> None:
    right = path(page(*RIGHT))
    seen = observed(replace(right, unknown=page(*without(missing), status=404)))
    verdict = judge_places.errors_and_redirects(seen, policy(), case("HDR-07", "unknown"))
    assert verdict.outcome is Outcome.FAIL
    assert f"lacks {missing} " in verdict.observed
    assert verdict.exhibits == ("/admin/~1/unknown",)


def test_an_error_need_not_send_what_the_page_lacks() -> None:
    lacking = page(*without("X-Frame-Options"))
    seen = observed(path(lacking, unknown=replace(lacking, status=404)))
    assert judge_places.errors_and_redirects(seen, policy(), case("HDR-07", "unknown")).outcome is Outcome.PASS


@pytest.mark.parametrize("answer", [page(), page(status=401)], ids=["page-with-nothing", "no-page"])
def test_all_five_are_asked_for_where_no_page_shows_what_to_expect(answer: Exchange) -> None:
    seen = observed(path(answer, unknown=page(status=404)))
    verdict = judge_places.errors_and_redirects(seen, policy(), case("HDR-07", "unknown"))
    assert verdict.outcome is Outcome.FAIL
    assert all(name in verdict.observed for name in FIVE)


def test_redirects_on_the_way_and_refusals_are_judged() -> None:
    way = (page(status=302), page(*RIGHT))
    verdict = judge_places.errors_and_redirects(observed(path(way[1], get=way)), policy(), case("HDR-07", "redirect"))
    assert verdict.outcome is Outcome.FAIL
    assert verdict.exhibits == ("/admin/~1/get/0",)
    slash = page(*without("X-XSS-Protection"), status=301)
    verdict = judge_places.errors_and_redirects(
        observed(path(page(*RIGHT), slash=slash)), policy(), case("HDR-07", "redirect")
    )
    assert verdict.exhibits == ("/admin/~1/slash",)


def test_where_nothing_redirects_there_is_nothing_to_judge() -> None:
    with pytest.raises(NotApplicable, match="neither with a redirect nor with a refusal"):
        judge_places.errors_and_redirects(observed(path(page(*RIGHT))), policy(), case("HDR-07", "redirect"))


def test_a_method_that_is_not_answered_gives_no_error_page() -> None:
    silent = path(
        page(*RIGHT), method=Exchange("PROPFIND", "https://gateway.example/", trouble=say("connection reset"))
    )
    with pytest.raises(NotApplicable, match="PROPFIND / is not answered at all: connection reset"):
        judge_places.errors_and_redirects(observed(silent), policy(), case("HDR-07", "method"))


@pytest.mark.parametrize("name", FIVE)
@pytest.mark.parametrize("method", ["get", "head", "options", "post"])
def test_a_header_on_the_api_deviates_from_the_document(name: str, method: str) -> None:
    seen = observed(path(page(*RIGHT)), page((name, "anything"), status=401))
    verdict = judge_places.api_sends_none(seen, policy(), case("HDR-06", method, "/v1/x"))
    assert verdict.outcome is Outcome.FAIL
    assert "deviates from the document" in verdict.observed
    assert "not a weakness" in verdict.notes[0]


def test_other_headers_on_the_api_are_fine() -> None:
    other = page(("Content-Security-Policy", "default-src 'none'"), ("X-XSS", "1"), status=401)
    seen = observed(path(page(*RIGHT)), other)
    assert judge_places.api_sends_none(seen, policy(), case("HDR-06", "get", "/v1/x")).outcome is Outcome.PASS


@pytest.mark.parametrize("status", [404, 502])
def test_an_endpoint_that_is_not_there_settles_nothing(status: int) -> None:
    seen = observed(path(page(*RIGHT)), page(status=status))
    with pytest.raises(Inconclusive, match="the declared endpoint is not there"):
        judge_places.api_sends_none(seen, policy(), case("HDR-06", "options", "/v1/x"))
