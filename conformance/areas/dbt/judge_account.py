"""Judges whether the gateway's account is the gateway's: its password is asked for, and its certificate is its own."""

from __future__ import annotations

from conformance.areas.dbt.judge import NO_CLIENT_CERTIFICATE, NO_TLS, for_the_moment
from conformance.areas.dbt.record import AccountAtAddress, Card, Try
from conformance.engine.policy import Policy
from conformance.inputs.target import Database
from conformance.model import Case, Inconclusive, NotApplicable, Verdict, conforms, violates
from conformance.sentence import Sentence, clauses, say

_CARDS = {
    Card.NONE: say("without a client certificate"),
    Card.OTHER: say("with a client certificate of the same authority for another name"),
}


def account_is_its_own(seen: AccountAtAddress, policy: Policy, case: Case) -> Verdict:
    """Judge DBT-10 without the password, or with another certificate. A refusal counts between logins that succeed."""
    if not seen.offers_tls:
        raise NotApplicable(NO_TLS)
    return _asks_for_the_password(seen) if case.name == "no-password" else _asks_whose(seen, policy)


def _asks_for_the_password(seen: AccountAtAddress) -> Verdict:
    expected = say("the account does not open without its password, unless by its own certificate")
    return _kept(seen, expected, [n for n, each in enumerate(seen.tries) if not each.password])


def _asks_whose(seen: AccountAtAddress, policy: Policy) -> Verdict:
    if policy.target.declared(Database).client_cert is None:
        raise NotApplicable(NO_CLIENT_CERTIFICATE)
    _held(seen)
    if any(each.opened and each.password and each.card is Card.NONE for each in seen.tries):
        raise NotApplicable(say("it opens without any client certificate (DBT-04 judges that)"))
    if seen.other:
        raise Inconclusive(seen.other)
    expected = say("the account does not open with a client certificate of the same authority for another name")
    return _kept(seen, expected, [n for n, each in enumerate(seen.tries) if each.password and each.card is Card.OTHER])


def _kept(seen: AccountAtAddress, expected: Sentence, numbers: list[int]) -> Verdict:
    opened = [n for n in numbers if seen.tries[n].opened]
    if opened:
        observed = say("it opens {how}", how=clauses(*(_how(seen.tries[n]) for n in opened)))
        return violates(expected, observed, *(f"/tries/{n}" for n in opened))
    _held(seen)
    tried = [seen.tries[n] for n in numbers]
    if not tried:
        raise Inconclusive(say("it could not be told: no login was tried"))
    for each in tried:
        if each.opened is None:
            raise Inconclusive(say("it could not be told: {words}", words=each.words))
        if for_the_moment(each.code):
            raise Inconclusive(say("the login was refused for another reason: {words}", words=each.words))
    observed = clauses(*(say("{how}: {words}", how=_how(each), words=each.words) for each in tried))
    return conforms(expected, observed, *(f"/tries/{n}" for n in numbers), "/tries/0")


def _how(each: Try) -> Sentence:
    card = _CARDS[each.card]
    return card if each.password else say("{certificate} and without a password", certificate=card)


def _held(seen: AccountAtAddress) -> None:
    """Raise Inconclusive unless the account opens as it is declared, every time."""
    failed = next((each for each in seen.tries if each.card is Card.OWN and not each.opened), None)
    if failed is not None:
        raise Inconclusive(say("the login as it is declared does not succeed either: {words}", words=failed.words))
