"""Judges of access: what plain HTTP may answer, why a chain does not verify, whether nodes agree."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.areas.acc import judge
from conformance.areas.acc.record import (
    NOT_READABLE,
    Certificate,
    ChainObservation,
    ChainsObservation,
    Node,
    NodesObservation,
    PlainLook,
    PlainObservation,
)
from conformance.locale import tongue
from conformance.model import Inconclusive, Outcome, Verdict
from conformance.sentence import NOTHING, Sentence
from conformance.web.exchange import UNREACHABLE, UNRESOLVED, Exchange
from tests.areas.hdr.pages import RIGHT, case, page, policy
from tests.areas.tls.endpoints import ECDSA, RSA

ELSEWHERE = "http://gateway.example:8080/login"


def plain(status: int = 0, *lines: tuple[str, str], trouble: str = "", **facts: Any) -> Verdict:
    look = PlainLook(
        Exchange("GET", ELSEWHERE, status, lines, trouble=Sentence(trouble)),
        https_status=200,
        https_trouble=NOTHING,
        shared=0.0,
        password_field=False,
    )
    seen = PlainObservation({"8080": (look, replace(look, **facts))})
    return judge.https_only(seen, policy(), case("ACC-01", "", "8080"))


@pytest.mark.parametrize(
    "trouble",
    [
        "connection refused",
        "connection reset",
        "no answer in time",
        "closed the connection without an answer",
        "answered with something that is not HTTP",
        UNREACHABLE,
    ],
)
def test_no_answer_is_right(trouble: str) -> None:
    verdict = plain(trouble=trouble)
    assert (verdict.outcome, verdict.observed) == (Outcome.PASS, f"port 8080: {trouble}")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("aim", ["https://gateway.example/login", "HTTPS://other.example"])
def test_a_redirect_to_https_is_right(status: int, aim: str) -> None:
    verdict = plain(status, ("location", aim), ("Strict-Transport-Security", "max-age=1"))
    assert (verdict.outcome, verdict.observed) == (Outcome.PASS, f"port 8080: answers {status}, to https")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 421, 426, 497, 503])
def test_an_error_is_right(status: int) -> None:
    assert plain(status).outcome is Outcome.PASS


@pytest.mark.parametrize(
    "aim", ["http://gateway.example/login", "http://other.example/", "/login", "//gateway.example/"]
)
def test_a_redirect_that_stays_in_the_clear_is_wrong(aim: str) -> None:
    verdict = plain(302, ("Location", aim))
    assert verdict.outcome is Outcome.FAIL
    assert "which is not https" in verdict.observed


@pytest.mark.parametrize("status", [200, 204, 206])
def test_a_success_is_wrong_whatever_it_holds(status: int) -> None:
    verdict = plain(status)
    assert verdict.outcome is Outcome.FAIL
    assert f"/login is answered {status}" in verdict.observed
    assert verdict.exhibits == ("/plain/8080/0", "/plain/8080/1")


def test_a_cookie_is_wrong() -> None:
    verdict = plain(301, ("Location", "https://gateway.example/"), ("Set-Cookie", "a=b"))
    assert verdict.outcome is Outcome.FAIL
    assert "with a cookie" in verdict.observed


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"shared": 0.5}, "with 50% of the words of the page that HTTPS serves"),
        ({"password_field": True}, "with a form that asks for a password"),
    ],
)
def test_an_error_that_holds_the_page_is_wrong(facts: dict[str, Any], words: str) -> None:
    verdict = plain(403, **facts)
    assert verdict.outcome is Outcome.FAIL
    assert words in verdict.observed
    assert verdict.exhibits == ("/plain/8080/1",)


@pytest.mark.parametrize(
    "facts",
    [{"shared": 0.49}, {"shared": 1.0, "alike": True, "https_status": 404}, {"shared": 1.0, "https_status": 301}],
    ids=["a-common-footer", "the-same-error-page", "the-same-redirect-page"],
)
def test_an_error_that_resembles_one_is_right(facts: dict[str, Any]) -> None:
    assert plain(404, **facts).outcome is Outcome.PASS


def test_asking_for_credentials_as_https_does_is_wrong() -> None:
    assert plain(401, alike=True).outcome is Outcome.FAIL
    assert plain(401, https_status=401).outcome is Outcome.PASS
    assert plain(401, ("www-authenticate", "Basic")).outcome is Outcome.FAIL
    assert plain(403, alike=True).outcome is Outcome.PASS


@pytest.mark.parametrize("status", [400, 403, 404, 405, 415])
def test_what_refuses_as_the_api_does_is_the_api(status: int) -> None:
    verdict = plain(status, alike=True, of_api=True)
    assert verdict.outcome is Outcome.FAIL
    assert f"/login is answered {status} as over HTTPS, and another path is not" in verdict.observed
    assert plain(status, alike=True, of_api=True, everywhere=True).outcome is Outcome.PASS
    assert plain(status, ("Content-Type", "text/html"), alike=True, of_api=True).outcome is Outcome.PASS
    assert plain(status, of_api=True).outcome is Outcome.PASS


def test_where_https_does_not_answer_either_nothing_is_settled() -> None:
    refused = Sentence("connection refused")
    with pytest.raises(Inconclusive, match=r"HTTPS itself does not answer \(connection refused\)"):
        both(Exchange("GET", ELSEWHERE, trouble=refused), https_trouble=refused)
    served = both(Exchange("GET", ELSEWHERE, 200), https_trouble=refused)
    assert served.outcome is Outcome.FAIL


def both(exchange: Exchange, *, https_trouble: Sentence) -> Verdict:
    look = PlainLook(exchange, 0, https_trouble, 0.0, password_field=False)
    return judge.https_only(PlainObservation({"8080": (look, look)}), policy(), case("ACC-01", "", "8080"))


def test_method_and_address_are_told() -> None:
    one = PlainLook(Exchange("GET", ELSEWHERE, 301), 200, NOTHING, 0.0, password_field=False, address="192.0.2.1")
    other = replace(one, exchange=Exchange("POST", ELSEWHERE, 200), address="192.0.2.2")
    verdict = judge.https_only(PlainObservation({"8080": (one, other)}), policy(), case("ACC-01", "", "8080"))
    assert "POST /login (192.0.2.2) is answered 200" in verdict.observed


def test_a_page_without_http_is_served_all_the_same() -> None:
    assert plain(trouble="answered with something that is not HTTP", shared=0.9).outcome is Outcome.FAIL


@pytest.mark.parametrize(("trouble", "secure"), [(UNRESOLVED, NOTHING), (UNREACHABLE, UNREACHABLE)])
def test_a_host_that_is_not_reached_at_all_settles_nothing(trouble: Sentence, secure: Sentence) -> None:
    with pytest.raises(Inconclusive, match=trouble):
        plain(trouble=trouble, https_trouble=secure)


def test_long_lists_are_cut() -> None:
    look = PlainLook(Exchange("GET", ELSEWHERE, 200), 200, NOTHING, 0.0, password_field=False)
    verdict = judge.https_only(PlainObservation({"80": (look,) * 9}), policy(), case("ACC-01", "", "80"))
    assert verdict.observed.endswith("; 6 more")
    assert len(verdict.exhibits) == 9


LEAF = Certificate("CN=gateway.example", "CN=R1", ("gateway.example",), "2026-01-01T00:00:00+00:00", "2026-03-01", "00")
ROOT = Certificate("CN=R1", "CN=R0", (), "2020-01-01", "2030-01-01", "11")
CHAIN = ChainObservation("gateway.example", "ca.pem", (LEAF,), 0, "", "", ECDSA)


def chain(**changed: Any) -> Verdict:
    one = judge.chain_verifies(replace(CHAIN, **changed))
    if replace(CHAIN, **changed).served:
        assert chains(replace(CHAIN, **changed)).observed == one.observed
    return one


def chains(*seen: ChainObservation, **changed: Any) -> Verdict:
    return judge.certificates_verify(ChainsObservation(seen, **changed), policy(), case("ACC-02", "", ""))


def test_a_chain_that_verifies() -> None:
    assert (chain().outcome, chain().observed, chain().notes) == (Outcome.PASS, "it does, until 2026-03-01", ())
    assert chain(trust="").expected.startswith("the chain leads to the system's trust store")


def test_the_strict_view_is_a_note() -> None:
    verdict = chain(strict="Missing Authority Key Identifier")
    assert verdict.outcome is Outcome.PASS
    assert verdict.notes == ("Under stricter rules it does not verify: Missing Authority Key Identifier.",)


@pytest.mark.parametrize(
    ("code", "served", "words"),
    [
        (10, (LEAF,), "a certificate has expired (CN=gateway.example until 2026-03-01)"),
        (9, (LEAF,), "a certificate is not valid yet (CN=gateway.example from 2026-01-01"),
        (18, (LEAF,), "is signed by itself"),
        (19, (LEAF, ROOT), "the chain leads to CN=R0, an unknown issuer"),
        (20, (LEAF,), "an unknown issuer, or the chain is incomplete"),
        (21, (LEAF,), "an unknown issuer, or the chain is incomplete"),
        (20, (LEAF, ROOT), "CN=R0, which issued the last certificate that is sent, is an unknown issuer"),
        (20, (replace(LEAF, issuer_url="http://r1.example/"),), "the chain is incomplete: CN=R1 is neither sent nor"),
        (62, (LEAF,), "the certificate is for another name (gateway.example)"),
        (64, (replace(LEAF, names=()),), "has no alternative names, and its subject (CN=gateway.example) is not taken"),
        (23, (LEAF,), "a declared revocation list says that it is revoked"),
        (26, (LEAF,), "the certificate does not verify: certificate revoked"),
        (20, (), "an unknown issuer, or the chain is incomplete"),
    ],
)
def test_reasons_are_told_apart(code: int, served: tuple[Certificate, ...], words: str) -> None:
    verdict = chain(code=code, served=served, message="certificate revoked")
    assert verdict.outcome is Outcome.FAIL
    assert words in verdict.observed


OTHER = replace(CHAIN, served=(replace(LEAF, not_after="2026-02-01"),), clients=(Sentence("TLS 1.3 with RSA"),))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (
            {"code": 10},
            "192.0.2.1, to TLS 1.3 with RSA: a certificate has expired (CN=gateway.example until 2026-02-01)",
        ),
        (
            {"weak": "CA md too weak"},
            "TLS 1.3 with RSA: current clients refuse it, for a key or a signature is too weak",
        ),
        ({"staple": "revoked"}, "TLS 1.3 with RSA: the answer that is stapled to it says that it is revoked"),
        ({"address": "192.0.2.2", "code": 10}, "192.0.2.2: a certificate has expired"),
    ],
)
def test_each_chain_counts(changed: dict[str, Any], words: str) -> None:
    verdict = chains(replace(CHAIN, address="192.0.2.1"), replace(OTHER, address="192.0.2.1"))
    assert (verdict.outcome, verdict.observed) == (Outcome.PASS, "each of 2 chains does, until 2026-02-01")
    verdict = chains(replace(CHAIN, address="192.0.2.1"), replace(OTHER, **{"address": "192.0.2.1"} | changed))
    assert verdict.outcome is Outcome.FAIL
    assert words in verdict.observed
    assert verdict.exhibits == ("/chains/1/served/0",)


def test_what_was_not_answered_is_no_pass_and_excuses_nothing() -> None:
    with pytest.raises(Inconclusive, match="not every kind of client was answered: connection reset"):
        chains(CHAIN, unanswered=Sentence("connection reset"))
    assert chains(replace(CHAIN, code=10), unanswered=Sentence("connection reset")).outcome is Outcome.FAIL


def test_what_varies_and_what_was_left_out_is_noted() -> None:
    notes = chains(CHAIN, OTHER, varies=("192.0.2.1",), left_out={"2001:db8::1": UNREACHABLE}).notes
    assert f"2001:db8::1 was left out: {UNREACHABLE}." in notes
    assert "192.0.2.1 shows the same client now one certificate and now another." in notes


@pytest.mark.parametrize("status", ["", "good", "unknown"])
def test_a_staple_that_does_not_revoke_is_right(status: str) -> None:
    assert chain(staple=status).outcome is Outcome.PASS


def test_what_stands_in_a_certificate_is_never_translated_and_what_the_suite_says_of_it_is() -> None:
    spanish = tongue("es")
    theirs = chain(code=18, served=(replace(LEAF, subject="nothing"),)).observed
    assert "(nothing)" in theirs.within(spanish)
    assert theirs.speaks(spanish)
    unread = chain(code=18, served=(replace(LEAF, subject=str(NOT_READABLE)),)).observed
    assert f"({NOT_READABLE.within(spanish)})" in unread.within(spanish)
    assert NOT_READABLE.speaks(spanish)


ONE = Node("192.0.2.1", NOTHING, CHAIN, ("tls-1.3",), page(*RIGHT))


def nodes(*others: Node) -> Verdict:
    return judge.addresses_agree(NodesObservation((ONE, *others)), policy(), case("ACC-03", "", ""))


def test_nodes_that_agree() -> None:
    verdict = nodes(replace(ONE, address="192.0.2.2"))
    assert (verdict.outcome, verdict.observed) == (Outcome.PASS, "192.0.2.1, 192.0.2.2 earned the same")


def test_values_may_differ_where_the_verdict_does_not() -> None:
    lines = [(name, value.replace("63072000", "31536000").replace("'self'", "'none'")) for name, value in RIGHT]
    assert nodes(replace(ONE, address="192.0.2.2", page=page(*lines))).outcome is Outcome.PASS
    other = replace(ECDSA, subject="CN=other", curve="secp384r1", days=30.0)
    assert nodes(replace(ONE, address="192.0.2.2", chain=replace(CHAIN, leaf=other))).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"versions": ("tls-1.2", "tls-1.3")}, "in protocol versions: tls-1.2, tls-1.3 instead of tls-1.3"),
        ({"chain": replace(CHAIN, code=10, message="expired")}, "in its certificate: expired instead of it verifies"),
        (
            {"chain": replace(CHAIN, leaf=RSA)},
            "in what its certificate has against the level: kind of key, signature instead of nothing",
        ),
        (
            {"chain": replace(CHAIN, leaf=replace(ECDSA, days=91.0))},
            "in what its certificate has against the level: life instead of nothing",
        ),
        ({"page": page(*RIGHT[1:])}, "in the headers that are right: X-Frame-Options"),
        ({"page": page(*RIGHT, status=503)}, "in its first page: answered 503 instead of answered 200"),
    ],
)
def test_nodes_that_differ(changed: dict[str, Any], words: str) -> None:
    verdict = nodes(replace(ONE, address="192.0.2.2", **changed))
    assert verdict.outcome is Outcome.FAIL
    assert f"192.0.2.2 differs from 192.0.2.1 {words}" in verdict.observed


def test_an_address_that_takes_no_connection_is_named_and_left_out() -> None:
    verdict = nodes(Node("2001:db8::1", UNREACHABLE))
    assert verdict.outcome is Outcome.PASS
    assert verdict.notes[-1] == f"2001:db8::1 was left out: {UNREACHABLE}."
    assert verdict.exhibits == ("/nodes/0",)


def test_a_page_that_does_not_arrive_settles_nothing() -> None:
    silent = Exchange("GET", "https://gateway.example/", trouble=Sentence("no answer in time"))
    with pytest.raises(
        Inconclusive, match=r"192\.0\.2\.2 did not show its first administration page: no answer in time"
    ):
        nodes(replace(ONE, address="192.0.2.2", page=silent))


def test_without_any_address_nothing_is_settled() -> None:
    with pytest.raises(Inconclusive, match="no address behind the name"):
        judge.addresses_agree(
            NodesObservation((Node("192.0.2.1", Sentence("refused")),)), policy(), case("ACC-03", "", "")
        )
