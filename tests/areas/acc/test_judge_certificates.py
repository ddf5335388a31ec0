from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance import catalogue
from conformance.areas.acc.judge_certificates import (
    authority_can_be_fetched,
    bad_upload_changes_nothing,
    generated_certificate_replaced,
    good_upload_is_served,
)
from conformance.areas.acc.record import (
    AuthorityObservation,
    Certificate,
    ChainObservation,
    ChainsObservation,
    Upload,
    UploadsObservation,
)
from conformance.engine.cases import expand
from conformance.engine.policy import Policy
from conformance.inputs import target
from conformance.model import Case, Inconclusive, Outcome, Verdict
from conformance.sentence import NOTHING, Sentence

POLICY = Policy(target.parse({"schema": 1, "name": "t", "webapp": {"url": "https://gw.example"}}))
LEAF = Certificate("CN=gw.example", "CN=Acme CA,O=Acme", ("gw.example",), "", "", "aa")
CHAIN = ChainObservation("gw.example", "ca.pem", (LEAF,), 0, "", "")

PRESENT, OWN = "aa", "bb"
AS_IT_WAS = Upload(400, served=PRESENT, stored="200 ca")
TAKEN = replace(AS_IT_WAS, status=200)
GOOD = Upload(200, served=OWN, stored="200 own")
UPLOADS = UploadsObservation(
    present=PRESENT, own=OWN, again=TAKEN, refused={"wrong-key": AS_IT_WAS}, good=GOOD, back=TAKEN
)


def case(name: str) -> Case:
    return next(case for case in expand(catalogue.load()[name.partition("/")[0]], POLICY) if case.id == name)


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        ({}, Outcome.PASS),
        ({"self_signed": True}, Outcome.FAIL),
        ({"issuer": "CN=gw.example"}, Outcome.PASS),
        ({"issuer": "CN=Enterprise CA,O=WhatsApp Inc.,C=US"}, Outcome.FAIL),
        ({"issuer": "O=Facebook\\, Inc.,CN=client"}, Outcome.FAIL),
        ({"issuer": "CN=Gateway auto-generated CA"}, Outcome.FAIL),
        ({"issuer": "CN=WhatsApp gateway CA,O=Acme"}, Outcome.PASS),
        ({"issuer": "CN=Issuing CA 2,OU=Metal works,O=Metallurgica"}, Outcome.PASS),
    ],
)
def test_the_generated_certificate_is_told_by_its_issuer(facts: dict[str, Any], outcome: Outcome) -> None:
    seen = ChainsObservation((CHAIN, replace(CHAIN, served=(replace(LEAF, **facts),))))
    assert generated_certificate_replaced(seen, POLICY, case("ACC-04")).outcome is outcome


def test_certificates_that_were_not_asked_for_settle_nothing() -> None:
    seen = ChainsObservation((CHAIN,), unanswered=Sentence("connection reset"))
    with pytest.raises(Inconclusive, match="not every kind of client was answered: connection reset"):
        generated_certificate_replaced(seen, POLICY, case("ACC-04"))


def fetched(status: int, **facts: Any) -> Verdict:
    return authority_can_be_fetched(AuthorityObservation(status, **facts), POLICY, case("ACC-05"))


def test_what_is_fetched_has_to_verify_the_endpoint() -> None:
    assert fetched(200, certificates=(LEAF,)).outcome is Outcome.PASS
    assert fetched(200, certificates=(LEAF,), message="unable to get local issuer certificate").outcome is Outcome.FAIL
    assert fetched(200, kind="text/html").outcome is Outcome.FAIL
    for status in (301, 401, 403, 405, 500):
        assert fetched(status).outcome is Outcome.FAIL


UNVERIFIED = {
    "certificates": (replace(LEAF, subject="CN=Gateway CA"),),
    "message": "unable to get local issuer certificate",
}


@pytest.mark.parametrize("trust", ["ca.pem", ""])
def test_a_front_that_shows_another_certificate_that_is_trusted_hides_the_gateway(trust: str) -> None:
    served = replace(CHAIN, trust=trust)
    with pytest.raises(Inconclusive, match=r"verifies by (ca\.pem|the system's trust store): what ends TLS in front"):
        fetched(200, chain=served, **UNVERIFIED)


def test_another_certificate_that_is_not_trusted_or_of_the_same_authority_is_wrong() -> None:
    assert fetched(200, chain=replace(CHAIN, code=20), **UNVERIFIED).outcome is Outcome.FAIL
    former = UNVERIFIED | {"certificates": (replace(LEAF, subject=LEAF.issuer),)}
    assert fetched(200, chain=CHAIN, **former).outcome is Outcome.FAIL


def test_none_that_is_stored_is_right_and_noted() -> None:
    verdict = fetched(404)
    assert verdict.outcome is Outcome.PASS
    assert verdict.notes


@pytest.mark.parametrize(
    "facts", [{"status": 429}, {"status": 503}, {"status": 0, "trouble": Sentence("connection reset")}]
)
def test_an_authority_that_could_not_be_asked_for_settles_nothing(facts: dict[str, Any]) -> None:
    with pytest.raises(Inconclusive):
        fetched(**facts)


def refused(upload: Upload | None = AS_IT_WAS, **facts: Any) -> Verdict:
    seen = replace(UPLOADS, refused={"wrong-key": upload} if upload else {}, **facts)
    return bad_upload_changes_nothing(seen, POLICY, case("ACC-06/wrong-key"))


def test_an_upload_that_changes_nothing_is_right_whatever_its_answer() -> None:
    for status in (0, 200, 400, 401, 403, 413, 422, 500):
        trouble = NOTHING if status else Sentence("connection reset")
        assert refused(replace(AS_IT_WAS, status=status, trouble=trouble)).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"served": OWN}, "the certificate of the upload is presented"),
        ({"served": "cc"}, "another one is presented"),
        ({"served": "", "unserved": Sentence("connection refused")}, "no certificate is presented any more"),
        ({"stored": "200 own"}, "another CA certificate is handed out"),
        ({"broken": Sentence("answered 500")}, "the API does not work any more"),
    ],
)
def test_an_upload_that_changes_something_is_a_violation(facts: dict[str, Any], words: str) -> None:
    verdict = refused(replace(AS_IT_WAS, **facts))
    assert verdict.outcome is Outcome.FAIL
    assert words in verdict.observed


def test_what_a_restart_brings_up_is_the_accepted_uploads_fault() -> None:
    broken = replace(AS_IT_WAS, served=OWN)
    assert refused(TAKEN, settled=broken, restarts=True).outcome is Outcome.FAIL
    assert refused(AS_IT_WAS, settled=broken, restarts=True).outcome is Outcome.FAIL
    assert refused(TAKEN, settled=AS_IT_WAS, restarts=True).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("upload", "facts", "words"),
    [
        (None, {"stopped": Sentence("cannot be put back")}, "cannot be put back"),
        (None, {"left_out": {"wrong-key": Sentence("nobody")}}, "nobody"),
        (replace(AS_IT_WAS, status=429), {}, "answered 429"),
        (replace(AS_IT_WAS, status=0, trouble=Sentence("no answer in time")), {}, "no answer in time"),
        (TAKEN, {"good": replace(TAKEN)}, r"webapp\.certificate\.restart"),
    ],
)
def test_an_upload_of_unknown_effect_settles_nothing(upload: Upload | None, facts: Any, words: str) -> None:
    with pytest.raises(Inconclusive, match=words):
        refused(upload, **facts)


def good(**facts: Any) -> Verdict:
    return good_upload_is_served(replace(UPLOADS, **facts), POLICY, case("ACC-07"))


def test_a_good_upload_is_served_and_the_present_one_again() -> None:
    assert good().outcome is Outcome.PASS
    assert good(good=replace(GOOD, status=400, served=PRESENT)).outcome is Outcome.FAIL
    assert good(good=replace(GOOD, served=PRESENT), restarts=True).outcome is Outcome.FAIL
    assert good(back=replace(TAKEN, served=OWN)).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"good": None, "stopped": Sentence("the file holds no key")}, "no key"),
        ({"good": replace(GOOD, served=PRESENT)}, r"webapp\.certificate\.restart"),
        ({"good": replace(GOOD, status=503)}, "503"),
        ({"good": replace(GOOD, status=0, trouble=Sentence("connection reset"))}, "reset"),
        ({"back": None, "stopped": Sentence("the run is over")}, "over"),
    ],
)
def test_a_good_upload_that_was_not_seen_through_settles_nothing(facts: dict[str, Any], words: str) -> None:
    with pytest.raises(Inconclusive, match=words):
        good(**facts)
