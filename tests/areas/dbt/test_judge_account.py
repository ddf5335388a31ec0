"""The judge of the gateway's account: a right record, and one try of it changed at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance import catalogue
from conformance.areas.dbt.judge_account import account_is_its_own
from conformance.areas.dbt.record import AccountAtAddress, Card, Try
from conformance.engine.policy import Policy
from conformance.inputs import target
from conformance.model import Case, Inconclusive, Level, NotApplicable, Outcome, Verdict
from conformance.sentence import Sentence

OWN = Try(Card.OWN, password=True, opened=True)
REFUSED = Sentence("connection requires a valid client certificate")
NO_PASSWORD, NO_CARD, BARE_OTHER, OTHER = 1, 3, 5, 7
RIGHT = AccountAtAddress(
    offers_tls=True,
    tries=(
        OWN,
        Try(Card.NONE, password=False, opened=False, words=REFUSED, code="28000"),
        OWN,
        Try(Card.NONE, password=True, opened=False, words=REFUSED, code="28000"),
        OWN,
        Try(Card.OTHER, password=False, opened=False, words=REFUSED, code="28000"),
        OWN,
        Try(Card.OTHER, password=True, opened=False, words=REFUSED, code="28000"),
        OWN,
    ),
)
CERTIFICATE = {"client_cert": "client.pem", "client_key": "env:KEY"}


def judged(seen: AccountAtAddress, name: str, **declared: Any) -> Verdict:
    table = {"engine": "postgresql", "host": "db.example", "port": 5432, "name": "waweb", "username": "wa"}
    policy = Policy(target.parse({"schema": 1, "name": "t", "database": table | (declared or CERTIFICATE)}))
    return account_is_its_own(seen, policy, Case("x", catalogue.load()["DBT-10"], name, "", "db", Level.SHOULD))


def changed(number: int, **facts: Any) -> AccountAtAddress:
    tries = list(RIGHT.tries)
    tries[number] = replace(tries[number], **facts)
    return replace(RIGHT, tries=tuple(tries))


@pytest.mark.parametrize("name", ["no-password", "other-certificate"])
def test_a_right_account_passes(name: str) -> None:
    verdict = judged(RIGHT, name)
    assert verdict.outcome is Outcome.PASS
    assert REFUSED in verdict.observed


@pytest.mark.parametrize(
    ("number", "name"),
    [(NO_PASSWORD, "no-password"), (BARE_OTHER, "no-password"), (OTHER, "other-certificate")],
)
def test_what_opens_is_a_violation(number: int, name: str) -> None:
    verdict = judged(changed(number, opened=True), name)
    assert (verdict.outcome, verdict.exhibits) == (Outcome.FAIL, (f"/tries/{number}",))


@pytest.mark.parametrize(("number", "name"), [(BARE_OTHER, "other-certificate"), (OTHER, "no-password")])
def test_each_case_tells_of_its_own_tries(number: int, name: str) -> None:
    assert judged(changed(number, opened=True), name).outcome is Outcome.PASS


def test_without_a_certificate_in_use_nobodys_name_is_asked_for() -> None:
    with pytest.raises(NotApplicable, match="DBT-04 judges that"):
        judged(changed(NO_CARD, opened=True), "other-certificate")
    with pytest.raises(NotApplicable, match="no client certificate is declared"):
        judged(RIGHT, "other-certificate", username="wa")


@pytest.mark.parametrize("name", ["no-password", "other-certificate"])
def test_without_tls_there_is_no_account_to_try(name: str) -> None:
    with pytest.raises(NotApplicable, match="no TLS"):
        judged(AccountAtAddress(offers_tls=False), name)


@pytest.mark.parametrize("name", ["no-password", "other-certificate"])
@pytest.mark.parametrize(
    ("number", "facts", "said"),
    [
        (0, {"opened": False, "words": Sentence("password authentication failed")}, "as it is declared"),
        (8, {"opened": False, "words": Sentence("the account is locked")}, "as it is declared"),
        (4, {"opened": None, "words": Sentence("no answer in time")}, "as it is declared"),
    ],
)
def test_a_refusal_beside_a_login_that_fails_proves_nothing(
    number: int, facts: dict[str, Any], said: str, name: str
) -> None:
    with pytest.raises(Inconclusive, match=said):
        judged(changed(number, **facts), name)


@pytest.mark.parametrize(
    ("number", "name"),
    [(NO_PASSWORD, "no-password"), (BARE_OTHER, "no-password"), (OTHER, "other-certificate")],
)
def test_what_does_not_settle_it(number: int, name: str) -> None:
    with pytest.raises(Inconclusive, match="no answer in time"):
        judged(changed(number, opened=None, words=Sentence("no answer in time")), name)
    with pytest.raises(Inconclusive, match="another reason"):
        judged(changed(number, code="53300"), name)


def test_the_key_that_cures_it_is_named() -> None:
    seen = replace(RIGHT, tries=RIGHT.tries[:5], other=Sentence("the target file lacks database.other_client_cert"))
    assert judged(seen, "no-password").outcome is Outcome.PASS
    with pytest.raises(Inconclusive, match="other_client_cert"):
        judged(seen, "other-certificate")
