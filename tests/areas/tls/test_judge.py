"""Each test starts from an endpoint that keeps its level, and changes one fact."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance import catalogue
from conformance.areas.tls import judge as tls
from conformance.areas.tls import judge_hardening, judge_level
from conformance.areas.tls.record import DeclaredLevel
from conformance.engine.cases import Judge, expand
from conformance.engine.policy import Policy
from conformance.handshake.record import Answer, Certificate, Field, TlsObservation, Weakness
from conformance.model import Inconclusive, NotApplicable, Outcome, Verdict
from conformance.sentence import say
from tests.areas.tls.endpoints import (
    ECDSA,
    INTERMEDIATE,
    LEGACY_MODERN,
    MODERN,
    OLD,
    RSA,
    policy,
    with_suites,
    with_version,
)

JUDGES: dict[str, Judge] = {
    "TLS-01": judge_level.level,
    "TLS-02": tls.protocol_version,
    "TLS-03": tls.cipher_suites,
    "TLS-04": tls.key_exchange,
    "TLS-05": tls.certificate,
    "TLS-06": tls.certificate_life,
    "TLS-07": tls.weakness,
    "TLS-08": tls.server_order,
    "TLS-09": judge_level.default_level,
    "TLS-10": judge_hardening.stapling,
    "TLS-11": judge_hardening.hybrid,
    "TLS-12": judge_hardening.early_data,
    "TLS-13": judge_hardening.protections,
}


def judge(case_id: str, seen: TlsObservation, aim: Policy) -> Verdict:
    requirement = catalogue.load()[case_id.partition("/")[0]]
    case = next(c for c in expand(requirement, aim) if c.id == case_id)
    return JUDGES[requirement.id](_what(requirement.id, seen, aim), aim, case)


def _what(requirement: str, seen: TlsObservation, aim: Policy) -> object:
    return DeclaredLevel(aim.webapp.security_level) if requirement == "TLS-09" else seen


def outcomes(seen: TlsObservation, aim: Policy) -> dict[str, str]:
    """What becomes of every case: `pass`, `fail`, `inconclusive` or `n/a`."""
    found = {}
    for name, judging in JUDGES.items():
        for case in expand(catalogue.load()[name], aim):
            try:
                found[case.id] = str(judging(_what(name, seen, aim), aim, case).outcome)
            except Inconclusive:
                found[case.id] = "inconclusive"
            except NotApplicable:
                found[case.id] = "n/a"
    return found


def with_outcome(found: dict[str, str], outcome: str) -> set[str]:
    return {case for case, o in found.items() if o == outcome}


def departing(seen: TlsObservation, aim: Policy) -> tuple[set[str], set[str]]:
    found = outcomes(seen, aim)
    return with_outcome(found, "fail") - {"TLS-09"}, with_outcome(found, "inconclusive")


@pytest.mark.parametrize(
    ("seen", "level", "guideline"),
    [
        (MODERN, "modern", "5.8"),
        (MODERN, "modern", "5.7"),
        (MODERN, "modern", "6.0"),
        (INTERMEDIATE, "intermediate", "5.8"),
        (OLD, "old", "5.8"),
        (LEGACY_MODERN, "modern", "4.0"),
    ],
)
def test_an_endpoint_at_its_level_keeps_everything(seen: TlsObservation, level: str, guideline: str) -> None:
    assert departing(seen, policy(level, guideline)) == (set(), set())


def test_old_asks_for_an_order_and_modern_does_not() -> None:
    assert {"TLS-08/use", "TLS-08/order"} <= with_outcome(outcomes(MODERN, policy("modern")), "n/a")
    assert {"TLS-08/use", "TLS-08/order"} <= with_outcome(outcomes(OLD, policy("old")), "pass")


SHA256_GCM = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
CBC = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"
FFDHE = Field(2048, "ffdhe2048", safe=True)
DHE = "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"

FAILURES: dict[str, tuple[TlsObservation, Policy, set[str]]] = {
    "a version too many": (
        with_version(MODERN, "tls-1.2", "offered", suites=("TLS_RSA_WITH_AES_128_CBC_SHA",)),
        policy("modern"),
        {"TLS-02/tls-1.2"},
    ),
    "a version that only sslyze could use": (
        with_suites(MODERN, "tls-1.1", by_sslyze=(CBC,)),
        policy("modern"),
        {"TLS-02/tls-1.1"},
    ),
    "a version missing": (
        with_version(INTERMEDIATE, "tls-1.3", "other-version", suites=()),
        policy("intermediate"),
        {"TLS-02/tls-1.3"},
    ),
    "a suite too many": (
        with_suites(INTERMEDIATE, "tls-1.2", in_order=(SHA256_GCM, CBC)),
        policy("intermediate"),
        {"TLS-03/tls-1.2"},
    ),
    "a suite that only sslyze found": (
        with_suites(INTERMEDIATE, "tls-1.2", by_sslyze=(CBC,)),
        policy("intermediate"),
        {"TLS-03/tls-1.2"},
    ),
    "a suite without a name": (
        with_suites(MODERN, "tls-1.3", in_order=("TLS_AES_128_GCM_SHA256", "0x13ff")),
        policy("modern"),
        {"TLS-03/tls-1.3"},
    ),
    "DHE since 5.8": (
        replace(with_suites(INTERMEDIATE, "tls-1.2", in_order=(DHE,)), dh_bits=2048),
        policy("intermediate", "5.8"),
        {"TLS-03/tls-1.2"},
    ),
    "X448": (replace(MODERN, groups_tls13=("x25519", "x448")), policy("modern"), {"TLS-04/tls-1.3-groups"}),
    "another hybrid": (
        replace(MODERN, groups_tls13=("x25519", "secp256r1mlkem768")),
        policy("modern"),
        {"TLS-04/tls-1.3-groups"},
    ),
    "hybrid alone": (replace(MODERN, groups_tls13=("x25519mlkem768",)), policy("modern"), {"TLS-04/tls-1.3-groups"}),
    "P-521 with TLS 1.2": (
        replace(INTERMEDIATE, groups_tls12=("secp256r1", "secp521r1")),
        policy("intermediate"),
        {"TLS-04/tls-1.2-groups"},
    ),
    "a short modulus": (
        replace(with_suites(INTERMEDIATE, "tls-1.2", in_order=(DHE,)), dh_bits=1024),
        policy("intermediate", "5.7"),
        {"TLS-04/dh-size"},
    ),
    "RSA at modern": (
        replace(MODERN, certificates=(RSA,)),
        policy("modern"),
        {"TLS-05/key", "TLS-05/signature"},
    ),
    "the second certificate is wrong": (
        replace(INTERMEDIATE, certificates=(ECDSA, replace(RSA, key_bits=1024))),
        policy("intermediate"),
        {"TLS-05/curve-or-size"},
    ),
    "P-521 certificate": (
        replace(MODERN, certificates=(replace(ECDSA, curve="secp521r1"),)),
        policy("modern"),
        {"TLS-05/curve-or-size"},
    ),
    "Ed25519 certificate": (
        replace(MODERN, certificates=(replace(ECDSA, key_type="ed25519", curve=None),)),
        policy("modern"),
        {"TLS-05/key"},
    ),
    "RSA signed with SHA-384": (
        replace(INTERMEDIATE, certificates=(replace(RSA, signature="rsa-sha384"),)),
        policy("intermediate"),
        {"TLS-05/signature"},
    ),
    "ECDSA at old": (
        replace(OLD, certificates=(ECDSA,)),
        policy("old"),
        {"TLS-05/key", "TLS-05/signature"},
    ),
    "a long life": (
        replace(MODERN, certificates=(replace(ECDSA, days=91.0),)),
        policy("modern"),
        {"TLS-06/maximum"},
    ),
    "a weakness": (
        replace(MODERN, weaknesses={**MODERN.weaknesses, "heartbleed": Weakness(vulnerable=True)}),
        policy("modern"),
        {"TLS-07/heartbleed"},
    ),
    "the client's order": (with_suites(OLD, "tls-1.2", server_order=False), policy("old"), {"TLS-08/use"}),
    "another order": (
        with_suites(OLD, "tls-1.1", in_order=tuple(reversed(OLD.suites["tls-1.1"].in_order))),
        policy("old"),
        {"TLS-08/order"},
    ),
    "must-staple without a staple": (
        replace(MODERN, certificates=(replace(ECDSA, must_staple=True),)),
        policy("modern"),
        {"TLS-10"},
    ),
    "a staple that clients turn down": (
        replace(MODERN, certificates=(replace(ECDSA, stapled=True, staple_trouble=say("it is out of date")),)),
        policy("modern"),
        {"TLS-10"},
    ),
    "must-staple with a staple that clients turn down": (
        replace(
            MODERN,
            certificates=(replace(ECDSA, must_staple=True, stapled=True, staple_trouble=say("it cannot be read")),),
        ),
        policy("modern"),
        {"TLS-10"},
    ),
    "the second certificate's staple": (
        replace(
            INTERMEDIATE, certificates=(ECDSA, replace(RSA, stapled=True, staple_trouble=say("it cannot be read")))
        ),
        policy("intermediate"),
        {"TLS-10"},
    ),
    "no extended master secret": (
        replace(INTERMEDIATE, extended_master_secret=False),
        policy("intermediate"),
        {"TLS-13/extended-master-secret"},
    ),
    "no fallback signal": (
        replace(INTERMEDIATE, fallback_scsv=False, fallback_warned=False),
        policy("intermediate"),
        {"TLS-13/fallback-scsv"},
    ),
    "client renegotiation": (
        replace(INTERMEDIATE, client_renegotiation=True),
        policy("intermediate"),
        {"TLS-13/client-renegotiation"},
    ),
    "X25519 before it was listed": (
        replace(LEGACY_MODERN, groups_tls12=("x25519",)),
        policy("modern", "4.0"),
        {"TLS-04/tls-1.2-groups"},
    ),
}


@pytest.mark.parametrize("name", FAILURES)
def test_one_departure_fails_its_own_case_alone(name: str) -> None:
    seen, aim, cases = FAILURES[name]
    assert departing(seen, aim) == (cases, set())


CHACHA_FIRST = tuple(sorted(OLD.suites["tls-1.2"].in_order, key=lambda suite: "CHACHA20" not in suite))
RIGHT: dict[str, tuple[TlsObservation, Policy]] = {
    "one suite of three": (with_suites(MODERN, "tls-1.3", in_order=("TLS_AES_128_GCM_SHA256",)), policy("modern")),
    "hybrid group before it was listed": (
        replace(MODERN, groups_tls13=("x25519mlkem768", "x25519")),
        policy("modern", "5.7"),
    ),
    "DHE in 5.7": (
        replace(with_suites(INTERMEDIATE, "tls-1.2", in_order=(DHE,)), dh_bits=2048, dh_fields=(FFDHE,)),
        policy("intermediate", "5.7"),
    ),
    "refused by a close": (with_version(MODERN, "tls-1.0", "closed"), policy("modern")),
    "SSL 2.0 taken for a bad request": (with_version(MODERN, "ssl-2.0", "not-tls"), policy("modern")),
    "P-384 certificate": (
        replace(MODERN, certificates=(replace(ECDSA, curve="secp384r1", signature="ecdsa-sha384"),)),
        policy("modern"),
    ),
    "two certificates": (replace(INTERMEDIATE, certificates=(ECDSA, RSA)), policy("intermediate")),
    "a large RSA key": (
        replace(INTERMEDIATE, certificates=(replace(RSA, key_bits=4096),)),
        policy("intermediate"),
    ),
    "ninety days and a minute": (
        replace(MODERN, certificates=(replace(ECDSA, days=90 + 1 / 1440),)),
        policy("modern"),
    ),
    "more than the recommended life": (
        replace(INTERMEDIATE, certificates=(replace(ECDSA, days=366.0),)),
        policy("intermediate"),
    ),
    "server order where none is asked": (
        with_suites(INTERMEDIATE, "tls-1.2", server_order=True),
        policy("intermediate"),
    ),
    "stapled as demanded": (
        replace(MODERN, certificates=(replace(ECDSA, must_staple=True, stapled=True),)),
        policy("modern"),
    ),
    "stapled, by whom is open, and not demanded": (
        replace(MODERN, certificates=(replace(ECDSA, stapled=True, staple_unsigned=True, names_responder=True),)),
        policy("modern"),
    ),
    "a fallback from TLS 1.3 that the ServerHello warns of": (
        replace(INTERMEDIATE, fallback_scsv=False, fallback_warned=True),
        policy("intermediate"),
    ),
    "responder named, not stapled": (
        replace(MODERN, certificates=(replace(ECDSA, names_responder=True),)),
        policy("modern"),
    ),
    "ChaCha20 first for clients that put it first": (
        with_suites(OLD, "tls-1.2", in_order=CHACHA_FIRST, prioritises_chacha=True),
        policy("old"),
    ),
    "TLS 1.3 suites in the library's order": (
        with_suites(
            OLD,
            "tls-1.3",
            in_order=("TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256"),
            server_order=True,
        ),
        policy("old"),
    ),
    "SHA-256 where 4.0 lists SHA-1, and no SSL 3.0": (
        replace(
            with_version(replace(OLD, groups_tls12=("secp256r1",)), "tls-1.3", "other-version", suites=()),
            groups_tls13=(),
        ),
        policy("old", "4.0"),
    ),
    "weaknesses that TLS 1.3 cannot have, not looked for": (
        replace(MODERN, weaknesses={"heartbleed": Weakness(vulnerable=False)}),
        policy("modern"),
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_odd_but_right(name: str) -> None:
    assert departing(*RIGHT[name]) == (set(), set())


def _open(**facts: Any) -> TlsObservation:
    return replace(INTERMEDIATE, **facts)


OPEN: dict[str, tuple[TlsObservation, set[str]]] = {
    "no TLS where TLS was asked for": (
        with_version(INTERMEDIATE, "tls-1.1", "not-tls"),
        {"TLS-01", "TLS-02/tls-1.1"},
    ),
    "silence": (with_version(INTERMEDIATE, "tls-1.0", "silent"), {"TLS-01", "TLS-02/tls-1.0"}),
    "suites not all known": (
        with_suites(INTERMEDIATE, "tls-1.2", complete=False),
        {"TLS-01", "TLS-03/tls-1.2", "TLS-04/dh-size", "TLS-04/tls-1.2-groups"},
    ),
    "groups unknown": (_open(groups_tls13=None), {"TLS-01", "TLS-04/tls-1.3-groups", "TLS-11"}),
    "groups not all known": (
        _open(groups_tls13=("x25519mlkem768",), groups_open=("tls-1.3",)),
        {"TLS-01", "TLS-04/tls-1.3-groups"},
    ),
    "a demanded staple, by whom is open": (
        _open(certificates=(replace(ECDSA, must_staple=True, stapled=True, staple_unsigned=True),)),
        {"TLS-10"},
    ),
    "groups of TLS 1.2 unknown": (_open(groups_tls12=None), {"TLS-01", "TLS-04/tls-1.2-groups"}),
    "no certificate": (
        _open(certificates=()),
        {"TLS-01", "TLS-05/key", "TLS-05/curve-or-size", "TLS-05/signature", "TLS-06/maximum", "TLS-06/recommended"}
        | {"TLS-10"},
    ),
    "a weakness not told": (
        _open(weaknesses={**INTERMEDIATE.weaknesses, "robot": Weakness(None, say("timed out"))}),
        {"TLS-07/robot"},
    ),
    "hardening not told": (
        _open(extended_master_secret=None, fallback_scsv=None, client_renegotiation=None, early_data=None),
        {"TLS-12", "TLS-13/extended-master-secret", "TLS-13/fallback-scsv", "TLS-13/client-renegotiation"},
    ),
}


@pytest.mark.parametrize("name", OPEN)
def test_what_was_not_seen_is_inconclusive(name: str) -> None:
    seen, cases = OPEN[name]
    assert departing(seen, policy("intermediate")) == (set(), cases)


def test_silence_on_one_version_leaves_the_others_judged() -> None:
    seen = with_version(OLD, "ssl-2.0", "silent")
    assert departing(seen, policy("old")) == (set(), {"TLS-01", "TLS-02/ssl-2.0"})


@pytest.mark.parametrize("canaries", [(), (True, False, True)])
def test_nothing_passes_when_a_control_handshake_failed(canaries: tuple[bool, ...]) -> None:
    found = outcomes(replace(INTERMEDIATE, canaries=canaries), policy("intermediate"))
    assert found.pop("TLS-09") == "fail"  # which is the target file's to say
    assert set(found.values()) <= {"inconclusive", "n/a"}


def test_what_was_accepted_stays_a_violation_when_a_control_handshake_failed() -> None:
    seen = replace(with_suites(INTERMEDIATE, "tls-1.2", in_order=(CBC,)), canaries=(False,))
    assert judge("TLS-03/tls-1.2", seen, policy("intermediate")).outcome is Outcome.FAIL


def test_a_stray_group_stays_a_violation_where_others_may_be_missing() -> None:
    seen = replace(INTERMEDIATE, groups_tls13=("x25519", "x448"), groups_open=("tls-1.3",))
    assert judge("TLS-04/tls-1.3-groups", seen, policy("intermediate")).outcome is Outcome.FAIL


def test_a_modulus_that_was_not_seen_is_not_assumed() -> None:
    seen = with_suites(INTERMEDIATE, "tls-1.2", in_order=(DHE,))
    with pytest.raises(Inconclusive, match="modulus was not seen"):
        judge("TLS-04/dh-size", seen, policy("intermediate", "5.7"))


@pytest.mark.parametrize(
    ("field", "words"),
    [
        (FFDHE, "used a modulus of 2048 bits, ffdhe2048 of the standards"),
        (Field(2048, "", safe=True), "a safe prime of the server's own"),
        (Field(2048, "", safe=False), "no safe prime, so that it may have small subgroups"),
        (Field(8192, "", safe=None), "not found out whether it is a safe prime"),
    ],
)
def test_what_a_modulus_is_like_is_shown(field: Field, words: str) -> None:
    seen = replace(with_suites(INTERMEDIATE, "tls-1.2", in_order=(DHE,)), dh_bits=field.bits, dh_fields=(field,))
    found = judge("TLS-04/dh-size", seen, policy("intermediate", "5.7"))
    assert (found.outcome, words in found.observed) == (Outcome.PASS, True)


def test_a_violation_says_what_was_seen_and_where() -> None:
    seen = with_suites(INTERMEDIATE, "tls-1.2", in_order=(SHA256_GCM, CBC))
    found = judge("TLS-03/tls-1.2", seen, policy("intermediate"))
    assert found.observed == f"accepted {CBC} with TLS 1.2"
    assert found.exhibits == ("/suites/tls-1.2/in_order/1",)


def test_a_lowered_level_is_a_decision() -> None:
    assert judge("TLS-09", INTERMEDIATE, policy("intermediate")).outcome is Outcome.FAIL
    assert judge("TLS-09", MODERN, policy("modern")).outcome is Outcome.PASS


def test_a_version_that_is_missing_is_judged_once() -> None:
    seen: TlsObservation = with_version(INTERMEDIATE, "tls-1.2", "alert", suites=())
    not_judged = with_outcome(outcomes(seen, policy("intermediate")), "n/a")
    assert {"TLS-03/tls-1.2", "TLS-04/tls-1.2-groups", "TLS-13/extended-master-secret"} <= not_judged


def test_order_is_compared_within_one_kind_of_certificate() -> None:
    order = OLD.suites["tls-1.2"].in_order
    ecdsa_first = tuple(s.replace("_RSA_", "_ECDSA_") for s in order[:2]) + order
    assert judge("TLS-08/order", with_suites(OLD, "tls-1.2", in_order=ecdsa_first), policy("old")).outcome == "pass"


def test_records_of_refusals_keep_the_alert() -> None:
    seen = replace(MODERN, versions={**MODERN.versions, "tls-1.2": Answer("alert", say("protocol_version"))})
    assert judge("TLS-02/tls-1.2", seen, policy("modern")).observed == "TLS 1.2 met: alert protocol_version"


def test_certificate_without_stated_size_is_judged_by_its_type() -> None:
    rsa: Certificate = replace(RSA, key_bits=1024)
    with pytest.raises(NotApplicable):
        judge("TLS-05/curve-or-size", replace(MODERN, certificates=(rsa,)), policy("modern"))
