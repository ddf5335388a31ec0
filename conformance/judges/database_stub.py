"""Judges the gateway by what it did at the stub database: the login is what counts, whatever alert went with it."""

from __future__ import annotations

from collections.abc import Iterable

from conformance import pointers
from conformance.model import Case, Inconclusive, Verdict, conforms, violates
from conformance.policy import Policy
from conformance.records.database import Attempt, Client, Presented, StubClient, StubObservation

_SHOWN = {
    Presented.GOOD: "a certificate that verifies",
    Presented.UNKNOWN_AUTHORITY: "a certificate of an authority that it does not know",
    Presented.OTHER_NAME: "a certificate for another name",
    Presented.EXPIRED: "a certificate that has expired",
    Presented.NOT_YET_VALID: "a certificate that is not valid yet",
    Presented.NOT_OFFERED: "no TLS",
}
_WHO = {
    Client.WEB: ("the web app", "listen"),
    Client.WEB_VERIFY_OFF: ("the web app with WA_DB_SSL_VERIFY=0", "verify_off_listen"),
    Client.WEB_VERIFY_OTHER: ("the web app with WA_DB_SSL_VERIFY set to something else than 0", "verify_other_listen"),
    Client.CORE: ("the core app", "core_listen"),
    Client.CORE_RETIRED: ("the core app with WA_DB_CONNECTION_OPTION alone", "core_retired_listen"),
}
_OVER = {"tls": "over TLS", "clear": "in the clear"}


def verifies(seen: StubObservation, policy: Policy, case: Case) -> Verdict:
    """Judge DBT-06 for one thing that is wrong with the database's certificate."""
    return _stays_away(seen, Client.WEB, Presented(case.name))


def core_encrypts(seen: StubObservation, policy: Policy, case: Case) -> Verdict:
    """Judge DBT-07 for one way to set the core app up."""
    client = {"new-settings": Client.CORE, "retired-option": Client.CORE_RETIRED}[case.name]
    who, _ = _WHO[client]
    found = _declared(seen, client)
    expected = f"{who} logs in over TLS, and not at all where there is none"
    for presented in (Presented.GOOD, Presented.NOT_OFFERED):
        if clear := [n for n, each in enumerate(found.at(presented)) if each.login == "clear"]:
            observed = f"it logs in in the clear to a database that offers {_offer(presented)}"
            return violates(expected, observed, *_places(client, presented, clear))
    _controlled(seen, client)
    _attempted(found, client, Presented.NOT_OFFERED)
    observed = f"it logs in over TLS; where there is none, it {_words(found.at(Presented.NOT_OFFERED))}"
    return conforms(expected, observed, _place(client, Presented.GOOD), _place(client, Presented.NOT_OFFERED))


def verify_setting(seen: StubObservation, policy: Policy, case: Case) -> Verdict:
    """Judge DBT-08 for one value of WA_DB_SSL_VERIFY."""
    if case.name != "zero":
        client = Client.WEB if case.name == "unset" else Client.WEB_VERIFY_OTHER
        return _stays_away(seen, client, Presented.UNKNOWN_AUTHORITY)
    client, expected = Client.WEB_VERIFY_OFF, "with WA_DB_SSL_VERIFY=0 verification is off, and encryption is not"
    found = _declared(seen, client)
    for presented in (Presented.GOOD, Presented.UNKNOWN_AUTHORITY):
        if clear := [n for n, each in enumerate(found.at(presented)) if each.login == "clear"]:
            return violates(expected, "it logs in in the clear", *_places(client, presented, clear))
    _controlled(seen, client)
    _attempted(found, client, Presented.UNKNOWN_AUTHORITY)
    unknown = found.at(Presented.UNKNOWN_AUTHORITY)
    place = _place(client, Presented.UNKNOWN_AUTHORITY)
    if any(each.login == "tls" for each in unknown):
        return conforms(expected, "it logs in over TLS, whoever issued the certificate", place)
    note = "Verification stays on even with 0: stricter than what is documented."
    return conforms(expected, f"it {_words(unknown)}", place, notes=(note,))


def _stays_away(seen: StubObservation, client: Client, presented: Presented) -> Verdict:
    """Judge that no login arrives at a database that shows `presented`, while one does where all is well."""
    who, _ = _WHO[client]
    expected = f"{who} does not log in to a database that shows {_SHOWN[presented]}"
    found = _declared(seen, client)
    attempts = found.at(presented)
    if logins := [n for n, each in enumerate(attempts) if each.login]:
        over = " and ".join(sorted({_OVER[attempts[n].login] for n in logins}))
        return violates(expected, f"it logs in, {over}", *_places(client, presented, logins))
    _controlled(seen, client)
    _attempted(found, client, presented)
    observed = f"it {_words(attempts)}, and logs in over TLS to one whose certificate verifies"
    return conforms(expected, observed, _place(client, presented), _place(client, Presented.GOOD))


def _declared(seen: StubObservation, client: Client) -> StubClient:
    who, key = _WHO[client]
    if client.value not in seen.clients:
        raise Inconclusive(f"the target file lacks database.stub.{key}, where {who} is waited for")
    return seen.clients[client.value]


def _controlled(seen: StubObservation, client: Client) -> None:
    """Raise Inconclusive unless a login arrived over TLS where everything was right."""
    who, key = _WHO[client]
    good = seen.clients[client.value].at(Presented.GOOD)
    if any(each.login == "tls" for each in good):
        return
    if not good:
        raise Inconclusive(f"{who} did not come to the stub database (database.stub.{key}): is it pointed there?")
    if not seen.trusted:
        raise Inconclusive(
            "the target file lacks database.stub.ca_cert and ca_key: without an authority that the gateway trusts, "
            f"nothing is known of what {who} does where the certificate is good"
        )
    raise Inconclusive(f"{who} does not log in over TLS where the certificate is good either: it {_words(good)}")


def _attempted(found: StubClient, client: Client, presented: Presented) -> None:
    if not found.at(presented):
        who, _ = _WHO[client]
        raise Inconclusive(f"{who} made no connection while the stub database showed {_SHOWN[presented]}")


def _offer(presented: Presented) -> str:
    return "none" if presented is Presented.NOT_OFFERED else "TLS"


def _words(attempts: Iterable[Attempt]) -> str:
    return ", ".join(dict.fromkeys(each.words for each in attempts)) or "does nothing"


def _place(client: Client, presented: Presented) -> str:
    return pointers.build("clients", client.value, "attempts", presented.value)


def _places(client: Client, presented: Presented, numbers: list[int]) -> list[str]:
    return [pointers.build("clients", client.value, "attempts", presented.value, n) for n in numbers]
