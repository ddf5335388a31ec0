"""Judges the gateway by what it did at the stub database: the login is what counts, whatever alert went with it."""

from __future__ import annotations

from collections.abc import Iterable

from conformance import pointers
from conformance.areas.dbt.record import Attempt, Client, Presented, StubClient, StubObservation
from conformance.engine.policy import Policy
from conformance.model import Case, Inconclusive, Verdict, conforms, violates
from conformance.sentence import By, Listed, Own, listed, say

_SHOWN = {
    Presented.UNKNOWN_AUTHORITY: say("a certificate of an authority that it does not know"),
    Presented.OTHER_NAME: say("a certificate for another name"),
    Presented.EXPIRED: say("a certificate that has expired"),
    Presented.NOT_YET_VALID: say("a certificate that is not valid yet"),
}
_WHO = {
    Client.WEB: say("the web app"),
    Client.WEB_VERIFY_OFF: say("the web app with WA_DB_SSL_VERIFY=0"),
    Client.WEB_VERIFY_OTHER: say("the web app with WA_DB_SSL_VERIFY set to something else than 0"),
    Client.CORE: say("the core app"),
    Client.CORE_RETIRED: say("the core app with WA_DB_CONNECTION_OPTION alone"),
}
_KEYS = {
    Client.WEB: Own("database.stub.listen"),
    Client.WEB_VERIFY_OFF: Own("database.stub.verify_off_listen"),
    Client.WEB_VERIFY_OTHER: Own("database.stub.verify_other_listen"),
    Client.CORE: Own("database.stub.core_listen"),
    Client.CORE_RETIRED: Own("database.stub.core_retired_listen"),
}
_IN_THE_CLEAR_THERE = {
    Presented.GOOD: say("it logs in in the clear to a database that offers TLS"),
    Presented.NOT_OFFERED: say("it logs in in the clear to a database that offers none"),
}
_LOGS_IN = {
    frozenset({"tls"}): say("it logs in, over TLS"),
    frozenset({"clear"}): say("it logs in, in the clear"),
    frozenset({"tls", "clear"}): say("it logs in, in the clear and over TLS"),
}


def verifies(seen: StubObservation, policy: Policy, case: Case) -> Verdict:
    """Judge DBT-06 for one thing that is wrong with the database's certificate."""
    return _stays_away(seen, Client.WEB, Presented(case.name))


def core_encrypts(seen: StubObservation, policy: Policy, case: Case) -> Verdict:
    """Judge DBT-07 for one way to set the core app up."""
    client = {"new-settings": Client.CORE, "retired-option": Client.CORE_RETIRED}[case.name]
    found = _declared(seen, client)
    expected = say("{who} logs in over TLS, and not at all where there is none", who=_WHO[client])
    for presented in (Presented.GOOD, Presented.NOT_OFFERED):
        if clear := [n for n, each in enumerate(found.at(presented)) if each.login == "clear"]:
            return violates(expected, _IN_THE_CLEAR_THERE[presented], *_places(client, presented, clear))
    _controlled(seen, client)
    _attempted(found, client, Presented.NOT_OFFERED)
    observed = say("it logs in over TLS; where there is none, it {does}", does=_words(found.at(Presented.NOT_OFFERED)))
    return conforms(expected, observed, _place(client, Presented.GOOD), _place(client, Presented.NOT_OFFERED))


def verify_setting(seen: StubObservation, policy: Policy, case: Case) -> Verdict:
    """Judge DBT-08 for one value of WA_DB_SSL_VERIFY."""
    if case.name != "zero":
        client = Client.WEB if case.name == "unset" else Client.WEB_VERIFY_OTHER
        return _stays_away(seen, client, Presented.UNKNOWN_AUTHORITY)
    client = Client.WEB_VERIFY_OFF
    expected = say("with WA_DB_SSL_VERIFY=0 verification is off, and encryption is not")
    found = _declared(seen, client)
    for presented in (Presented.GOOD, Presented.UNKNOWN_AUTHORITY):
        if clear := [n for n, each in enumerate(found.at(presented)) if each.login == "clear"]:
            return violates(expected, say("it logs in in the clear"), *_places(client, presented, clear))
    _controlled(seen, client)
    _attempted(found, client, Presented.UNKNOWN_AUTHORITY)
    unknown = found.at(Presented.UNKNOWN_AUTHORITY)
    place = _place(client, Presented.UNKNOWN_AUTHORITY)
    if any(each.login == "tls" for each in unknown):
        return conforms(expected, say("it logs in over TLS, whoever issued the certificate"), place)
    note = say("Verification stays on even with 0: stricter than what is documented.")
    return conforms(expected, say("it {does}", does=_words(unknown)), place, notes=(note,))


def _stays_away(seen: StubObservation, client: Client, presented: Presented) -> Verdict:
    """Judge that no login arrives at a database that shows `presented`, while one does where all is well."""
    who = _WHO[client]
    if presented is Presented.NOT_OFFERED:
        expected = say("{who} does not log in to a database that shows no TLS", who=who)
    else:
        certificate = _SHOWN[presented]
        expected = say("{who} does not log in to a database that shows {certificate}", who=who, certificate=certificate)
    found = _declared(seen, client)
    attempts = found.at(presented)
    if logins := [n for n, each in enumerate(attempts) if each.login]:
        observed = _LOGS_IN[frozenset(attempts[n].login for n in logins)]
        return violates(expected, observed, *_places(client, presented, logins))
    _controlled(seen, client)
    _attempted(found, client, presented)
    observed = say("it {does}, and logs in over TLS to one whose certificate verifies", does=_words(attempts))
    return conforms(expected, observed, _place(client, presented), _place(client, Presented.GOOD))


def _declared(seen: StubObservation, client: Client) -> StubClient:
    if client.value not in seen.clients:
        raise Inconclusive(
            say("the target file lacks {key}, where {who} is waited for", key=_KEYS[client], who=_WHO[client])
        )
    return seen.clients[client.value]


def _controlled(seen: StubObservation, client: Client) -> None:
    """Raise Inconclusive unless a login arrived over TLS where everything was right."""
    who = _WHO[client]
    good = seen.clients[client.value].at(Presented.GOOD)
    if any(each.login == "tls" for each in good):
        return
    if not good:
        raise Inconclusive(
            say("{who} did not come to the stub database ({key}): is it pointed there?", who=who, key=_KEYS[client])
        )
    if not seen.trusted:
        raise Inconclusive(
            say(
                "the target file lacks database.stub.ca_cert and ca_key: without an authority that the gateway trusts, "
                "nothing is known of what {who} does where the certificate is good",
                who=who,
            )
        )
    raise Inconclusive(
        say(
            "{who} does not log in over TLS where the certificate is good either: it {does}", who=who, does=_words(good)
        )
    )


def _attempted(found: StubClient, client: Client, presented: Presented) -> None:
    if found.at(presented):
        return
    who = _WHO[client]
    if presented is Presented.NOT_OFFERED:
        raise Inconclusive(say("{who} made no connection while the stub database showed no TLS", who=who))
    certificate = _SHOWN[presented]
    raise Inconclusive(
        say("{who} made no connection while the stub database showed {certificate}", who=who, certificate=certificate)
    )


def _words(attempts: Iterable[Attempt]) -> Listed:
    return listed(dict.fromkeys(each.words for each in attempts) or (say("does nothing"),), By.COMMA)


def _place(client: Client, presented: Presented) -> str:
    return pointers.build("clients", client.value, "attempts", presented.value)


def _places(client: Client, presented: Presented, numbers: list[int]) -> list[str]:
    return [pointers.build("clients", client.value, "attempts", presented.value, n) for n in numbers]
