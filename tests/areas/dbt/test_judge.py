"""Judges of the database: what it says in the clear, its client certificates, its level, its books; and of the stub."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance import catalogue
from conformance.areas.acc.record import ChainObservation
from conformance.areas.dbt import judge, judge_stub
from conformance.areas.dbt.judge_addresses import everywhere
from conformance.areas.dbt.record import (
    AccountRule,
    AtAddresses,
    Attempt,
    Client,
    ClientAtAddress,
    DatabaseAtAddress,
    DatabaseSession,
    Knock,
    Login,
    Presented,
    Reply,
    SessionsObservation,
    Shown,
    StubClient,
    StubObservation,
    TlsAtAddress,
)
from conformance.engine.policy import Policy
from conformance.handshake.record import VERSIONS, Answer, Suites, TlsObservation
from conformance.inputs import target
from conformance.model import Case, Inconclusive, Level, NotApplicable, Outcome, Verdict
from conformance.sentence import Sentence

ASKS = Knock(Reply.ASKS, words=Sentence("it asks for a SASL exchange (SCRAM)"))
REFUSED = Knock(Reply.REFUSED, "28000", Sentence("no pg_hba.conf entry, no encryption"))
CHAIN = ChainObservation("db.example", "ca.pem", (), 0, "", "")
SEEN = DatabaseAtAddress("postgresql", offers_tls=True, chain=CHAIN, in_the_clear=REFUSED, over_tls=ASKS)
MYSQL = replace(SEEN, engine="mysql", in_the_clear=replace(ASKS, words=Sentence("it goes on")))


def policy(**database: Any) -> Policy:
    table = {"engine": "postgresql", "host": "db.example", "port": 5432, "name": "waweb", "username": "wa"}
    return Policy(target.parse({"schema": 1, "name": "t", "database": table | database}))


def case(requirement: str, name: str = "") -> Case:
    return Case(f"{requirement}/{name}", catalogue.load()[requirement], name, "", "db.example:5432", Level.MUST)


def in_the_clear(seen: DatabaseAtAddress) -> Verdict:
    return judge.refuses_the_clear(seen, policy(), case("DBT-02"))


def test_a_refusal_beside_tls_that_gets_further_is_right() -> None:
    assert in_the_clear(SEEN).outcome is Outcome.PASS
    closed = replace(SEEN, in_the_clear=Knock(Reply.CLOSED, words=Sentence("connection reset")))
    assert in_the_clear(closed).outcome is Outcome.PASS
    trusted = replace(SEEN, over_tls=Knock(Reply.TAKEN, words=Sentence("it logs the account in")))
    assert in_the_clear(trusted).outcome is Outcome.PASS


@pytest.mark.parametrize("reply", [Reply.ASKS, Reply.TAKEN])
def test_whatever_goes_on_in_the_clear_is_wrong(reply: Reply) -> None:
    verdict = in_the_clear(replace(SEEN, in_the_clear=Knock(reply, words=Sentence("it goes on"))))
    assert (verdict.outcome, verdict.exhibits) == (Outcome.FAIL, ("/in_the_clear",))


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (replace(SEEN, in_the_clear=None), "no account was named"),
        (replace(SEEN, in_the_clear=Knock(Reply.UNTOLD, words=Sentence("no answer in time"))), "no answer in time"),
        (replace(SEEN, in_the_clear=Knock(Reply.REFUSED, "53300", Sentence("too many"))), "another reason"),
        (
            replace(SEEN, in_the_clear=Knock(Reply.REFUSED, "1040", Sentence("too many")), engine="mysql"),
            "another reason",
        ),
        (replace(SEEN, over_tls=REFUSED), "over TLS as well"),
        (replace(SEEN, over_tls=None), "no TLS to compare with"),
        (MYSQL, "database.password"),
        (replace(MYSQL, rule=AccountRule(trouble=Sentence("Access denied"))), "Access denied"),
    ],
)
def test_what_does_not_settle_the_clear_settles_nothing(seen: DatabaseAtAddress, words: str) -> None:
    with pytest.raises(Inconclusive, match=words):
        in_the_clear(seen)


@pytest.mark.parametrize(
    ("rule", "outcome"),
    [
        (AccountRule(everybody=True), Outcome.PASS),
        (AccountRule(account="X509"), Outcome.PASS),
        (AccountRule(), Outcome.FAIL),
    ],
)
def test_mysqls_own_rule_settles_it(rule: AccountRule, outcome: Outcome) -> None:
    assert in_the_clear(replace(MYSQL, rule=rule)).outcome is outcome


def test_a_certificate_that_names_the_host_in_its_subject_alone_has_a_note() -> None:
    told = judge.certificate_verifies(replace(SEEN, common_name_only=True), policy(), case("DBT-03"))
    assert (told.outcome, len(told.notes)) == (Outcome.PASS, 1)
    with pytest.raises(NotApplicable, match="no TLS"):
        judge.certificate_verifies(replace(SEEN, chain=None), policy(), case("DBT-03"))


TAKEN = Login(Shown.DECLARED, taken=True)
TURNED_AWAY = Login(Shown.NONE, False, Sentence("connection requires a valid client certificate (28000)"), "28000")
BROKEN_OFF = Login(Shown.FOREIGN, False, Sentence("TLS failed: tlsv1 alert unknown ca"))
LOGINS = (TAKEN, TURNED_AWAY, BROKEN_OFF, TAKEN)
CERTIFICATE = {"client_cert": "client.pem", "client_key": "env:KEY"}


def shown(name: str, *logins: Login, **declared: Any) -> Verdict:
    seen = ClientAtAddress(offers_tls=True, logins=logins)
    return judge.client_certificate(seen, policy(**CERTIFICATE | declared), case("DBT-04", name))


@pytest.mark.parametrize("name", list(Shown))
def test_only_the_declared_certificate_is_taken(name: str) -> None:
    assert shown(name, *LOGINS).outcome is Outcome.PASS


@pytest.mark.parametrize(("at", "name"), [(1, Shown.NONE), (2, Shown.FOREIGN)])
def test_a_login_that_succeeds_otherwise_is_wrong(at: int, name: str) -> None:
    logins = list(LOGINS)
    logins[at] = Login(Shown(name), taken=True)
    verdict = shown(name, *logins)
    assert (verdict.outcome, verdict.exhibits) == (Outcome.FAIL, (f"/logins/{at}",))


def test_a_declared_certificate_that_ends_the_handshake_is_refused() -> None:
    broken = Login(Shown.DECLARED, False, Sentence("TLS failed: tlsv1 alert unknown ca"))
    assert shown("declared", broken, TURNED_AWAY, BROKEN_OFF, broken).outcome is Outcome.FAIL
    with pytest.raises(Inconclusive, match="does not succeed"):
        shown("declared", broken, replace(BROKEN_OFF, shown=Shown.NONE), BROKEN_OFF, broken)


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (
            Login(Shown.DECLARED, False, Sentence("password authentication failed (28P01)"), "28P01"),
            "password authentication",
        ),
        (Login(Shown.DECLARED, None, Sentence("no answer in time")), "no answer in time"),
    ],
)
@pytest.mark.parametrize("name", list(Shown))
def test_without_its_controls_no_refusal_counts(name: str, failure: Login, words: str) -> None:
    with pytest.raises(Inconclusive, match=words):
        shown(name, TAKEN, TURNED_AWAY, BROKEN_OFF, failure)


def test_a_refusal_of_the_moment_is_none() -> None:
    with pytest.raises(Inconclusive, match="another reason"):
        shown("none", TAKEN, Login(Shown.NONE, False, Sentence("too many (1040)"), "1040"), BROKEN_OFF, TAKEN)


def test_where_no_certificate_is_declared_none_is_asked_about() -> None:
    with pytest.raises(NotApplicable, match="no client certificate is declared"):
        everywhere(judge.client_certificate)(AtAddresses(), policy(), case("DBT-04", "none"))


def tls(suite: str = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", *more: str) -> TlsAtAddress:
    offered = {"tls-1.2", *more}
    answers = {
        v: Answer("offered") if v in offered else Answer("alert", Sentence("protocol_version")) for v in VERSIONS
    }
    found = {version: Suites((suite,)) for version in offered if version != "tls-1.3"}
    return TlsAtAddress(TlsObservation("db", 0.0, (True, True), answers, found, None, None, None))


def level(seen: TlsAtAddress, name: str, guideline: str = "5.8") -> Outcome:
    document = {"schema": 1, "name": "t", "webapp": {"url": "https://gw.example", "guideline": guideline}}
    declared = Policy(target.parse(document))
    return judge.tls_level(seen, declared, case("DBT-05", name)).outcome


def test_what_intermediate_lists_is_right_and_less_of_it_too() -> None:
    assert level(tls(), "protocol-version") is Outcome.PASS
    assert level(tls(), "cipher-suites") is Outcome.PASS


def test_what_intermediate_does_not_list_is_wrong() -> None:
    assert level(tls("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "tls-1.1"), "protocol-version") is Outcome.FAIL
    assert level(tls("TLS_RSA_WITH_AES_128_CBC_SHA"), "cipher-suites") is Outcome.FAIL


def test_the_web_apps_guideline_counts() -> None:
    finite = tls("TLS_DHE_RSA_WITH_AES_128_GCM_SHA256")
    assert level(finite, "cipher-suites", "5.7") is Outcome.PASS
    assert level(finite, "cipher-suites", "5.8") is Outcome.FAIL


def test_refusals_without_controls_settle_nothing() -> None:
    seen = tls()
    assert seen.tls is not None
    for name in ("protocol-version", "cipher-suites"):
        with pytest.raises(Inconclusive, match="control handshakes failed"):
            level(TlsAtAddress(replace(seen.tls, canaries=(True, False))), name)


OWN = DatabaseSession("monitor", "192.0.2.1", encrypted=True, version="TLSv1.3", suite="TLS_AES_256_GCM_SHA384")
ENCRYPTED = replace(OWN, username="wa")
BOOKS = SessionsObservation(offers_tls=True, username="wa", own=OWN, gateway=(ENCRYPTED,), looks=1)


def books(seen: SessionsObservation, name: str = "gateway-sessions") -> Verdict:
    return judge.session_encrypted(seen, policy(), case("DBT-09", name))


def test_encrypted_sessions_are_right_and_local_ones_need_no_encryption() -> None:
    assert books(BOOKS).outcome is Outcome.PASS
    socket = replace(ENCRYPTED, encrypted=False, local=True)
    assert books(replace(BOOKS, gateway=(socket, ENCRYPTED))).outcome is Outcome.PASS
    unknown = replace(ENCRYPTED, encrypted=None)
    assert books(replace(BOOKS, gateway=(unknown,), enforced=True)).outcome is Outcome.PASS


def test_one_session_in_the_clear_is_wrong_whatever_else_is_unknown() -> None:
    clear = replace(ENCRYPTED, encrypted=False)
    verdict = books(replace(BOOKS, gateway=(ENCRYPTED, clear), trouble=Sentence("not all are seen"), enforced=True))
    assert (verdict.outcome, verdict.exhibits) == (Outcome.FAIL, ("/gateway/1",))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"gateway": ()}, "no session of wa was open in 1 look:"),
        ({"gateway": (), "trouble": Sentence("grant it pg_monitor")}, "pg_monitor"),
        ({"gateway": (replace(ENCRYPTED, encrypted=None),)}, "does not say of every session"),
    ],
)
def test_sessions_that_are_not_seen_settle_nothing(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(Inconclusive, match=words):
        books(replace(BOOKS, **changed))


def test_tls_that_does_not_reach_the_database_is_told() -> None:
    ends_before = replace(OWN, encrypted=False)
    assert books(replace(BOOKS, own=ends_before), "own-session").outcome is Outcome.FAIL
    beside = replace(ends_before, local=True)
    assert books(replace(BOOKS, own=beside), "own-session").outcome is Outcome.PASS


TLS_LOGIN, CLEAR_LOGIN = (
    Attempt("tls", Sentence("logs in over TLS")),
    Attempt("clear", Sentence("logs in in the clear")),
)
BREAKS_OFF = Attempt("", Sentence("breaks off the TLS handshake"))


def stub(client: Client, *, trusted: bool = True, **met: tuple[Attempt, ...]) -> StubObservation:
    return visited(client, met, trusted=trusted)


def visited(client: Client, met: dict[str, tuple[Attempt, ...]], *, trusted: bool = True) -> StubObservation:
    attempts = {name.replace("_", "-"): found for name, found in met.items()}
    return StubObservation(trusted, {client.value: StubClient(attempts)})


def web(seen: StubObservation, name: str = "expired") -> Verdict:
    return judge_stub.verifies(seen, policy(), case("DBT-06", name))


@pytest.mark.parametrize("login", [TLS_LOGIN, CLEAR_LOGIN])
def test_a_login_is_wrong_whatever_the_control_says(login: Attempt) -> None:
    verdict = web(stub(Client.WEB, trusted=False, expired=(BREAKS_OFF, login)))
    assert (verdict.outcome, verdict.exhibits) == (Outcome.FAIL, ("/clients/web/attempts/expired/1",))


def test_staying_away_is_right_beside_a_login_to_a_good_one() -> None:
    assert web(stub(Client.WEB, good=(TLS_LOGIN,), expired=(BREAKS_OFF,))).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (stub(Client.CORE), "lacks database.stub.listen"),
        (stub(Client.WEB), "did not come to the stub"),
        (stub(Client.WEB, trusted=False, good=(BREAKS_OFF,), expired=(BREAKS_OFF,)), "lacks database.stub.ca_cert"),
        (stub(Client.WEB, good=(BREAKS_OFF,), expired=(BREAKS_OFF,)), "where the certificate is good either"),
        (stub(Client.WEB, good=(CLEAR_LOGIN,), expired=(BREAKS_OFF,)), "where the certificate is good either"),
        (stub(Client.WEB, good=(TLS_LOGIN,), expired=()), "made no connection"),
    ],
)
def test_without_control_or_attempt_staying_away_settles_nothing(seen: StubObservation, words: str) -> None:
    with pytest.raises(Inconclusive, match=words):
        web(seen)


def core(name: str = "new-settings", **met: tuple[Attempt, ...]) -> Verdict:
    client = Client.CORE if name == "new-settings" else Client.CORE_RETIRED
    return judge_stub.core_encrypts(visited(client, met), policy(), case("DBT-07", name))


@pytest.mark.parametrize("name", ["new-settings", "retired-option"])
def test_the_core_app_encrypts(name: str) -> None:
    hangs_up = (Attempt("", Sentence("hangs up when TLS is not offered")),)
    assert core(name, good=(TLS_LOGIN,), not_offered=hangs_up).outcome is Outcome.PASS
    assert core(name, good=(TLS_LOGIN,), not_offered=(CLEAR_LOGIN,)).outcome is Outcome.FAIL
    assert core(name, good=(CLEAR_LOGIN,)).outcome is Outcome.FAIL
    with pytest.raises(Inconclusive, match="made no connection"):
        core(name, good=(TLS_LOGIN,))


def zero(**met: tuple[Attempt, ...]) -> Verdict:
    return judge_stub.verify_setting(visited(Client.WEB_VERIFY_OFF, met), policy(), case("DBT-08", "zero"))


def test_zero_ends_verification_and_not_encryption() -> None:
    assert zero(good=(TLS_LOGIN,), unknown_authority=(TLS_LOGIN,)).outcome is Outcome.PASS
    assert zero(good=(TLS_LOGIN,), unknown_authority=(BREAKS_OFF, CLEAR_LOGIN)).outcome is Outcome.FAIL
    stricter = zero(good=(TLS_LOGIN,), unknown_authority=(BREAKS_OFF,))
    assert (stricter.outcome, len(stricter.notes)) == (Outcome.PASS, 1)


@pytest.mark.parametrize(("name", "client"), [("unset", Client.WEB), ("other-value", Client.WEB_VERIFY_OTHER)])
def test_only_zero_switches_verification_off(name: str, client: Client) -> None:
    wrong = stub(client, good=(TLS_LOGIN,), unknown_authority=(TLS_LOGIN,))
    assert judge_stub.verify_setting(wrong, policy(), case("DBT-08", name)).outcome is Outcome.FAIL
    right = stub(client, good=(TLS_LOGIN,), unknown_authority=(BREAKS_OFF,))
    assert judge_stub.verify_setting(right, policy(), case("DBT-08", name)).outcome is Outcome.PASS


def test_presentations_are_the_cases() -> None:
    cases = {row.name for row in catalogue.load()["DBT-06"].cases}
    assert cases == {presented.value for presented in Presented} - {Presented.GOOD.value}
    assert {row.name for row in catalogue.load()["DBT-04"].cases} == {each.value for each in Shown}


def at(**addresses: DatabaseAtAddress) -> AtAddresses[DatabaseAtAddress]:
    return AtAddresses({name.replace("_", "."): seen for name, seen in addresses.items()})


EVERYWHERE = everywhere(judge.refuses_the_clear)
OPEN = replace(SEEN, in_the_clear=replace(ASKS, words=Sentence("it goes on")))


def test_the_worst_address_tells() -> None:
    told = EVERYWHERE(at(one=SEEN, other=OPEN), policy(), case("DBT-02"))
    assert (told.outcome, told.observed) == (Outcome.FAIL, "at other: in the clear, it goes on")
    assert told.exhibits == ("/addresses/other/in_the_clear",)
    told = EVERYWHERE(at(one=SEEN, other=SEEN), policy(), case("DBT-02"))
    assert (told.outcome, len(told.exhibits)) == (Outcome.PASS, 2)
    assert told.observed.startswith("at one: refused in the clear")


def test_one_address_is_not_named() -> None:
    assert EVERYWHERE(at(one=OPEN), policy(), case("DBT-02")).observed == "in the clear, it goes on"


def test_an_address_that_was_not_seen_settles_nothing_but_hides_no_violation() -> None:
    unseen = {"::1": Sentence("no answer within 5 s")}
    assert EVERYWHERE(replace(at(one=OPEN), unseen=unseen), policy(), case("DBT-02")).outcome is Outcome.FAIL
    with pytest.raises(Inconclusive, match="at ::1: no answer within 5 s"):
        EVERYWHERE(replace(at(one=SEEN), unseen=unseen), policy(), case("DBT-02"))


def test_an_address_where_nobody_listens_is_left_out() -> None:
    seen = replace(at(one=SEEN), left_out={"::1": Sentence("connection refused")})
    assert EVERYWHERE(seen, policy(), case("DBT-02")).outcome is Outcome.PASS


def test_tls_that_begins_at_once_is_offered_and_noted() -> None:
    told = judge.offers_tls(replace(SEEN, direct=True), policy(), case("DBT-01"))
    assert (told.outcome, len(told.notes)) == (Outcome.PASS, 1)


def opened(own: DatabaseSession, *gateway: DatabaseSession, pooled: int = 0) -> SessionsObservation:
    return SessionsObservation(True, "wa", own, gateway, looks=1, pooled=pooled)


LEG = DatabaseSession("wa", "127.0.0.1", encrypted=False)
FAR = DatabaseSession("wa", "10.0.0.7", encrypted=False)
KEPT = DatabaseSession("monitor", "10.0.0.9", encrypted=True)


@pytest.mark.parametrize("client", ["127.0.0.1", "::1", "127.4.0.1", "localhost"])
def test_a_leg_over_loopback_behind_a_front_is_no_network(client: str) -> None:
    seen = opened(replace(LEG, client=client, username="monitor"), replace(LEG, client=client))
    for name in ("own-session", "gateway-sessions"):
        assert judge.session_encrypted(seen, policy(), case("DBT-09", name)).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("own", "gateway"),
    [(KEPT, LEG), (KEPT, FAR), (LEG, FAR), (replace(LEG, local=True), FAR), (FAR, LEG), (FAR, FAR)],
)
def test_the_clear_without_a_front_on_that_host_is_told(own: DatabaseSession, gateway: DatabaseSession) -> None:
    told = judge.session_encrypted(opened(own, gateway), policy(), case("DBT-09", "gateway-sessions"))
    assert told.outcome is Outcome.FAIL


def test_nothing_but_what_a_pooler_keeps_settles_nothing() -> None:
    with pytest.raises(Inconclusive, match="may be of the suite's own logins"):
        judge.session_encrypted(opened(KEPT, pooled=2), policy(), case("DBT-09", "gateway-sessions"))
    kept = replace(KEPT, username="wa")
    told = judge.session_encrypted(opened(KEPT, kept, pooled=2), policy(), case("DBT-09", "gateway-sessions"))
    assert told.outcome is Outcome.PASS


def test_pgpools_word_for_a_refusal_is_one() -> None:
    detail = 'no pool_hba.conf entry for host "127.0.0.1", user "wa", database "waweb", SSL off'
    knock = Knock(Reply.REFUSED, "XX000", Sentence("client authentication failed"), detail)
    told = in_the_clear(replace(SEEN, in_the_clear=knock))
    assert (told.outcome, detail in told.observed) == (Outcome.PASS, True)
    with pytest.raises(Inconclusive, match="another reason"):
        in_the_clear(replace(SEEN, in_the_clear=replace(knock, detail="failed to open file")))
