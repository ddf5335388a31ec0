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


ON_A_PAGE = {
    "HDR-01": judges.script_policy,
    "HDR-02": judges.frames,
    "HDR-03": judges.xss_protection,
    "HDR-04": judges.sniffing,
    "HDR-05": judges.transport,
    "HDR-08": judges.standard_policy,
    "HDR-09": judges.transport_life,
    "HDR-10": judges.inline_scripts,
    "HDR-11": judges.no_conflict,
}
WRONG = (("X-Frame-Options", "ALLOWALL"), ("X-Frame-Options", "DENY"))


@pytest.mark.parametrize("lines", [(), RIGHT, WRONG], ids=["bare", "right", "wrong"])
@pytest.mark.parametrize("status", [301, 302, 307, 401, 403, 407])
@pytest.mark.parametrize("requirement", ON_A_PAGE)
@pytest.mark.parametrize("name", ["get", "head"])
def test_what_stands_before_the_page_is_not_the_page(
    requirement: str, status: int, lines: tuple[tuple[str, str], ...], name: str
) -> None:
    seen = observed(path(page(*lines, status=status)))
    with pytest.raises(Inconclusive, match=rf"GET / answers {status}.*webapp\.page_headers"):
        ON_A_PAGE[requirement](seen, policy(), case(requirement, name))


@pytest.mark.parametrize("requirement", ON_A_PAGE)
def test_a_redirect_to_plain_http_is_never_the_page(requirement: str) -> None:
    away = page(*RIGHT, ("Location", "http://gateway.example/login"), status=302)
    with pytest.raises(Inconclusive, match=r"leads to http://gateway\.example/login, in plain HTTP"):
        ON_A_PAGE[requirement](observed(path(away)), policy(), case(requirement))


@pytest.mark.parametrize("status", [204, 400, 404, 406, 410, 429, 500, 503])
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


@pytest.mark.parametrize("requirement", sorted({*ON_A_PAGE} - {"HDR-09", "HDR-10", "HDR-11"}))
def test_head_alone_breaks_nothing(requirement: str) -> None:
    """A handler of static files that answers HEAD by itself: browsers show what GET brings."""
    seen = observed(path(page(*RIGHT), head=(page(method="HEAD"),)))
    verdict = ON_A_PAGE[requirement](seen, policy(), case(requirement, "head"))
    assert verdict.outcome is Outcome.PASS
    assert verdict.observed.startswith("GET / sends ")
    assert verdict.notes[-1].startswith("No browser shows what HEAD brings: HEAD / sends no ")
    assert verdict.exhibits == ("/admin/~1/get/0", "/admin/~1/head/0")


def test_what_get_and_head_both_break_is_told_once() -> None:
    seen = observed(path(page()))
    assert judges.sniffing(seen, policy(), case("HDR-04")).outcome is Outcome.FAIL
    with pytest.raises(NotApplicable, match="HEAD / sends no X-Content-Type-Options, as the page itself does"):
        judges.sniffing(seen, policy(), case("HDR-04", "head"))


def test_head_that_is_right_does_not_mend_the_page() -> None:
    seen = observed(path(page(), head=(page(*RIGHT, method="HEAD"),)))
    assert judges.sniffing(seen, policy(), case("HDR-04")).outcome is Outcome.FAIL


@pytest.mark.parametrize("status", [302, 401, 405, 501])
def test_head_may_be_answered_otherwise(status: int) -> None:
    seen = observed(path(page(*RIGHT), head=(page(status=status, method="HEAD"),)))
    with pytest.raises(NotApplicable, match=f"HEAD / answers {status}: the page is served to GET only"):
        judges.sniffing(seen, policy(), case("HDR-04", "head"))


def test_head_may_stay_unanswered() -> None:
    silent = Exchange("HEAD", "https://gateway.example/", trouble=say("no answer in time"))
    with pytest.raises(NotApplicable, match="HEAD /: no answer in time; the page is served to GET only"):
        judges.sniffing(observed(path(page(*RIGHT), head=(silent,))), policy(), case("HDR-04", "head"))


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


@pytest.mark.parametrize(
    ("documented", "standard", "more"),
    [
        ("script-src 'none'", "script-src 'self'", "'self'"),
        ("script-src 'self'", "script-src 'none'", ""),
        ("script-src 'self'", "script-src https://gateway.example", ""),
        ("script-src https://GATEWAY.example:443", "script-src 'self'", ""),
        ("script-src 'self'", "script-src https://gateway.example:9443", "https://gateway.example:9443"),
        ("script-src gateway.example/js/", "script-src 'self'", "'self'"),
        ("script-src http://b.example", "script-src https://b.example/p.js", ""),
        ("script-src https://b.example/p.js", "script-src http://b.example", "http://b.example"),
        ("script-src https://b.example", "script-src http://b.example", "http://b.example"),
        ("script-src https://b.example", "script-src b.example", ""),
        ("script-src b.example:*", "script-src b.example:8443", ""),
        ("script-src b.example:8443", "script-src b.example:*", "b.example:*"),
        ("script-src b.example/js/", "script-src b.example/js/a.js", ""),
        ("script-src b.example/js/", "script-src b.example/JS/a.js", "b.example/JS/a.js"),
        ("script-src b.example/js", "script-src b.example/js/a.js", "b.example/js/a.js"),
        ("script-src b.example/%6as/", "script-src b.example/js/", ""),
        ("script-src *.b.example", "script-src a.b.example", ""),
        ("script-src *.b.example", "script-src b.example", "b.example"),
        ("script-src https:", "script-src *", "*"),
        ("script-src *", "script-src https: b.example 'self'", ""),
        ("script-src *", "script-src data:", "data:"),
        ("script-src 'self'", "script-src 'self' wss: blob: 'unsafe-hashes' 'report-sample'", ""),
        ("script-src 'self'", "script-src 'self' 'unsafe-eval'", "'unsafe-eval'"),
        ("script-src 'self' 'unsafe-eval'", "script-src 'self' 'unsafe-eval'", ""),
        ("allow 'self'; options eval-script", "script-src 'self' 'unsafe-eval'", ""),
        ("script-src 'self'", "script-src 'nonce-abc' 'strict-dynamic'", "'strict-dynamic'"),
        ("script-src 'self'", "script-src 'self' 'strict-dynamic'", ""),
        ("script-src *", "script-src 'nonce-abc' 'strict-dynamic'", ""),
        ("script-src 'self'", "script-src 'self' 'nonce-abc'", ""),
        ("script-src 'self'", "script-src 'self' 'nonce-abc', script-src 'self'", ""),
        ("script-src 'self'", "script-src 'self' 'sha256-abcd'", ""),
        ("script-src 'self'", "script-src 'self' *, script-src 'self' b.example", "b.example"),
    ],
)
def test_looser_is_what_the_standard_policy_lets_in_beyond_the_documented(
    documented: str, standard: str, more: str
) -> None:
    lines = (("X-Content-Security-Policy", documented), ("Content-Security-Policy", standard))
    verdict = judges.standard_policy(observed(path(page(*lines))), policy(), case("HDR-08"))
    assert verdict.outcome is (Outcome.FAIL if more else Outcome.PASS), verdict.observed
    assert not more or verdict.observed.endswith(f"does not allow: {more}")


@pytest.mark.parametrize(
    ("frame_options", "more", "said", "note"),
    [
        ("SAMEORIGIN, INVALID", (), "and DENY is not in it", "nobody can frame"),
        ("SAMEORIGIN", ("frame-ancestors 'none'",), "and DENY is not in it", "nobody can frame"),
        ("ALLOWALL", ("frame-ancestors ''",), "and DENY is not in it", "nobody can frame"),
        ("SAMEORIGIN", (), "which lets the own domain frame it", "the own domain can frame"),
        ("SAMEORIGIN", ("frame-ancestors *\u00e9",), "which lets the own domain frame it", "the own domain can frame"),
        ("ALLOWALL", (), "which denies nothing", "anybody can frame"),
        ("DENY;", (), "which denies nothing", "anybody can frame"),
        ("DENY", ("frame-ancestors a.example", "frame-ancestors *"), "with frame-ancestors a.example", "be framed"),
    ],
)
def test_what_is_said_of_frames_is_what_the_note_says(
    frame_options: str, more: tuple[str, ...], said: str, note: str
) -> None:
    lines = (("X-Frame-Options", frame_options), *(("Content-Security-Policy", each) for each in more))
    verdict = judges.frames(observed(path(page(*lines))), policy(), case("HDR-02"))
    assert verdict.outcome is Outcome.FAIL
    assert verdict.observed.endswith(said)
    assert note in verdict.notes[0]


@pytest.mark.parametrize(
    "policies", [("frame-ancestors ''",), ("frame-ancestors https://a", "frame-ancestors https://b")]
)
def test_nobody_can_frame_a_page_that_no_one_matches(policies: tuple[str, ...]) -> None:
    lines = (("X-Frame-Options", "DENY"), *(("Content-Security-Policy", each) for each in policies))
    assert judges.frames(observed(path(page(*lines))), policy(), case("HDR-02")).outcome is Outcome.PASS


def test_a_policy_in_the_page_itself_is_not_said_to_be_missing() -> None:
    verdict = judges.standard_policy(observed(path(page())), policy(), case("HDR-08"))
    assert "whether the page itself does (<meta>) was not looked at" in verdict.notes[0]


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


def test_a_page_with_nothing_gives_nothing_to_expect_of_errors() -> None:
    wrong = page(("X-Frame-Options", "SAMEORIGIN"))
    for answer in (page(), wrong):
        seen = observed(path(answer, unknown=page(("X-Frame-Options", "SAMEORIGIN"), status=404)))
        with pytest.raises(NotApplicable, match="GET / sends none of the five rightly"):
            judge_places.errors_and_redirects(seen, policy(), case("HDR-07", "unknown"))


def test_what_an_error_sends_otherwise_is_not_said_to_be_lacking() -> None:
    other = page(*without("X-Frame-Options", "X-XSS-Protection"), ("X-Frame-Options", "SAMEORIGIN"), status=404)
    verdict = judge_places.errors_and_redirects(
        observed(path(page(*RIGHT), unknown=other)), policy(), case("HDR-07", "unknown")
    )
    assert verdict.outcome is Outcome.FAIL
    assert verdict.observed.startswith(
        "GET / lacks X-XSS-Protection; GET / sends X-Frame-Options: SAMEORIGIN, unlike the page (answers: "
    )


@pytest.mark.parametrize("status", [302, 401, 403])
def test_where_no_page_was_seen_nothing_can_be_expected_of_its_errors(status: int) -> None:
    seen = observed(path(page(*RIGHT, status=status), unknown=page(status=404)))
    for name in ("unknown", "method", "redirect"):
        with pytest.raises(Inconclusive, match=f"GET / answers {status}"):
            judge_places.errors_and_redirects(seen, policy(), case("HDR-07", name))


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


@pytest.mark.parametrize("name", FIVE)
@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_a_header_on_what_the_administrator_gets_deviates_too(name: str, method: str) -> None:
    """As nginx's add_header does without `always`: refusals are bare."""
    seen = observed(path(page(*RIGHT)), page(status=401), page((name, "anything")))
    verdict = judge_places.api_sends_none(seen, policy(), case("HDR-06", method, "/v1/x"))
    assert verdict.outcome is Outcome.FAIL
    assert verdict.exhibits == (f"/as_admin/~1v1~1x/{method.upper()}",)


def test_other_headers_on_the_api_are_fine() -> None:
    other = (("Content-Security-Policy", "default-src 'none'"), ("X-XSS", "1"))
    seen = observed(path(page(*RIGHT)), page(*other, status=401), page(*other))
    verdict = judge_places.api_sends_none(seen, policy(), case("HDR-06", "get", "/v1/x"))
    assert verdict.outcome is Outcome.PASS
    assert verdict.exhibits == ("/api/~1v1~1x/GET", "/as_admin/~1v1~1x/GET")


def test_an_api_that_is_open_to_all_needs_no_login() -> None:
    seen = observed(path(page(*RIGHT)), page())
    assert judge_places.api_sends_none(seen, policy(), case("HDR-06", "get", "/v1/x")).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("api", "as_admin", "why"),
    [
        (page(status=401), page(status=401), "answers 401 to the administrator, too"),
        (page(status=401), page(status=429), "answers 429, which is not the API's own answer"),
        (page(status=429), None, "answers 429, which is not the API's own answer"),
        (page(status=302), None, "answers 302, which is not the API's own answer"),
        (page(*RIGHT, status=302), page(*RIGHT, status=302), "answers 302, which is not the API's own answer"),
        (page(*RIGHT, status=429), page(status=307), "answers 307, which is not the API's own answer"),
    ],
)
@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_answers_that_are_not_the_apis_settle_nothing(
    api: Exchange, as_admin: Exchange | None, why: str, method: str
) -> None:
    seen = observed(path(page(*RIGHT)), api, as_admin)
    with pytest.raises(Inconclusive, match=why):
        judge_places.api_sends_none(seen, policy(), case("HDR-06", method, "/v1/x"))


@pytest.mark.parametrize("status", [401, 403])
def test_what_an_undeclared_administrator_would_get_is_not_asked_for(status: int) -> None:
    seen = observed(path(page(*RIGHT)), page(status=status))
    why = f"answers {status} to strangers, .* not seen: the target file lacks webapp.admin"
    with pytest.raises(NotApplicable, match=why):
        judge_places.api_sends_none(seen, policy(), case("HDR-06", "get", "/v1/x"))


@pytest.mark.parametrize("status", [302, 429, 500, 503])
def test_a_post_that_the_api_does_not_answer_settles_nothing(status: int) -> None:
    for lines in ((), RIGHT):
        seen = observed(path(page(*RIGHT)), page(*lines, status=status), page())
        with pytest.raises(Inconclusive, match=f"answers {status}, which is not the API's own answer"):
            judge_places.api_sends_none(seen, policy(), case("HDR-06", "post"))


@pytest.mark.parametrize("status", [404, 502])
def test_an_endpoint_that_is_not_there_settles_nothing(status: int) -> None:
    seen = observed(path(page(*RIGHT)), page(status=status))
    with pytest.raises(Inconclusive, match="the declared endpoint is not there"):
        judge_places.api_sends_none(seen, policy(), case("HDR-06", "options", "/v1/x"))
