from __future__ import annotations

import ssl
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from conformance import catalogue
from conformance.areas.acc import forged_uploads
from conformance.areas.acc.authority import certificates
from conformance.areas.acc.certificate_file import fitting
from conformance.areas.acc.uploads import EVERYBODY_ELSE, Gate, certificate_uploads
from conformance.bench import Bench
from conformance.bench.budget import Budget
from conformance.engine import cases
from conformance.inputs import target
from conformance.model import Inconclusive, Outcome
from conformance.secrecy.redact import Redactor
from conformance.secrecy.secret import open_vault
from conformance.sentence import Own
from conformance.web.accounts import administrator
from conformance.web.presenting import presented
from conformance.web.restoring import restore
from reference_server import Gateway
from reference_server.certificates import FILE
from reference_server.faults.acc_certificates import serves_uploads_after_a_restart
from reference_server.http import Response
from reference_server.pki import Authority, LeafSpec
from tests.arena import Outcomes, SteppingClock, assess

LEAF = Authority().issue(LeafSpec())
PEM = (LEAF.key_pem + LEAF.chain_pem).decode()
DIGEST = sha256(LEAF.certificate.public_bytes(Encoding.DER)).hexdigest()
LOCKED = LEAF.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")).decode()


def test_the_operators_file_has_to_fit_what_is_presented() -> None:
    assert fitting(PEM, DIGEST, Own("f")) == ("localhost", "127.0.0.1")
    assert fitting((LEAF.chain_pem + LEAF.key_pem).decode(), DIGEST, Own("f")) == ("localhost", "127.0.0.1")


@pytest.mark.parametrize(
    ("text", "presented", "words"),
    [
        ("no PEM at all", DIGEST, "f holds no private key: it has to hold"),
        (LEAF.chain_pem.decode(), DIGEST, "f holds no private key"),
        (LEAF.key_pem.decode(), DIGEST, "f holds no certificate"),
        (
            LEAF.key_pem.decode() + "-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----",
            DIGEST,
            "no certificate",
        ),
        (Authority().issue(LeafSpec()).key_pem.decode() + LEAF.chain_pem.decode(), DIGEST, "does not belong to its"),
        (LOCKED + LEAF.chain_pem.decode(), DIGEST, "is encrypted"),
        (
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n" + LEAF.chain_pem.decode(),
            DIGEST,
            "key cannot be read",
        ),
        (PEM, "00", r"another certificate \(CN=localhost\) than the one that is presented now"),
    ],
)
def test_a_file_that_does_not_fit_is_told_in_words(text: str, presented: str, words: str) -> None:
    with pytest.raises(Inconclusive, match=words):
        fitting(text, presented, Own("f"))


def test_certificates_are_found_as_pem_in_any_text_or_alone_as_der() -> None:
    der = LEAF.certificate.public_bytes(Encoding.DER)
    assert certificates(b"subject=CN\n" + LEAF.chain_pem + LEAF.chain_pem) == [der, der]
    assert certificates(der) == [der]
    assert certificates(b"<html>sign in</html>") == []
    assert certificates(b"") == []


def test_the_suites_own_certificate_verifies_with_and_without_the_one_between() -> None:
    bundle = forged_uploads.make(("localhost", "127.0.0.1"))
    for chain in (bundle.leaf + bundle.intermediate, bundle.leaf):
        trust = ssl.create_default_context(cadata=bundle.trust)
        assert trust.cert_store_stats()["x509_ca"] == 2
        assert chain.startswith(b"-----BEGIN CERTIFICATE-----")
    assert bundle.bad()["megabyte"] > b""
    assert len(bundle.bad()["megabyte"]) >= forged_uploads.MEGABYTE
    assert set(bundle.bad()) | {"unauthenticated", "non-admin"} == {
        row.name for row in catalogue.load()["ACC-06"].cases
    }


def test_everybody_who_looks_at_the_web_app_is_through_before_its_certificate_changes() -> None:
    looking = {
        cases.proofs()[row.id].probe.name
        for row in catalogue.load().values()
        if row.section in ("webapp", "webhook") and row.excluded is None
    }
    assert looking - {certificate_uploads.name} <= set(EVERYBODY_ELSE)


def look(change: Callable[[Gateway], object] = lambda _: None, **declared: Any) -> tuple[Outcomes, Gateway, str]:
    gateway = Gateway()
    change(gateway)
    clock = SteppingClock()
    gateway.clock = clock.now
    with gateway:
        document = gateway.document()
        document["webapp"] |= declared
        before = gateway.web.tls.served()[0]
        outcomes = assess(document, gateway.environ, areas=["acc"], clock=clock)
        kept = "kept" if gateway.web.tls.served()[0] == before else "changed"
    return outcomes, gateway, kept


def told(outcomes: Outcomes) -> set[str]:
    return {why for case, why in outcomes.inconclusive.items() if case.startswith(("ACC-06", "ACC-07"))}


def test_no_key_is_recorded_and_the_present_certificate_is_served_in_the_end() -> None:
    outcomes, _, kept = look()
    assert kept == "kept"
    assert "PRIVATE KEY" not in str(outcomes.observations)


def test_a_file_of_another_certificate_changes_nothing() -> None:
    def other(gateway: Gateway) -> None:
        start = gateway.certificates.start

        def started() -> None:
            start()
            (gateway.folder / FILE).write_text(PEM, encoding="ascii")

        gateway.certificates.start = started  # type: ignore[method-assign]
        gateway.certificates.serve = lambda _: pytest.fail("something was uploaded")

    outcomes, _, kept = look(other)
    assert kept == "kept"
    (why,) = told(outcomes)
    assert "than the one that is presented now" in why


def test_a_gateway_that_refuses_the_present_certificate_gets_no_other() -> None:
    def refusing(gateway: Gateway) -> None:
        gateway.certificates.check = lambda _: "uploads are off"

    outcomes, _, kept = look(refusing)
    assert kept == "kept"
    assert told(outcomes) == {
        "the present certificate cannot be put back, so no more is uploaded: it was answered 400",
    }


@pytest.mark.parametrize(
    ("restart", "words"),
    [(["/nowhere/restart"], "could not be run: No such file"), (["false"], "ended with status 1")],
)
def test_a_restart_that_fails_is_told(restart: list[str], words: str) -> None:
    def restarting(gateway: Gateway) -> None:
        path = f"file:{gateway.folder / FILE}"
        gateway.declared["webapp"] = {"certificate": {"restore": path, "restart": restart}}

    outcomes, _, kept = look(restarting)
    assert kept == "kept"
    assert all(words in why for why in told(outcomes))
    assert len(told(outcomes)) == 1


def test_a_certificate_that_stays_is_put_back_before_the_next_upload() -> None:
    outcomes, _, kept = look(lambda gateway: gateway.web.api.open.add("/v1/certificates/external"))
    assert kept == "kept"
    assert outcomes.verdicts["ACC-06/unauthenticated"].outcome is Outcome.FAIL
    assert outcomes.verdicts["ACC-06/wrong-key"].outcome is Outcome.PASS
    assert outcomes.verdicts["ACC-07"].outcome is Outcome.PASS


def test_a_declared_user_is_the_one_who_uploads() -> None:
    def with_user(gateway: Gateway) -> None:
        gateway.environ["PORTERO_USER_PASSWORD"] = "Uu1!a-user-of-the-operator"
        start = gateway.web.api.start

        def started() -> None:
            start()
            gateway.web.api.accounts.add("auditor", gateway.environ["PORTERO_USER_PASSWORD"])

        gateway.web.api.start = started  # type: ignore[method-assign]

    user = {"username": "auditor", "password": "env:PORTERO_USER_PASSWORD"}
    outcomes, _, _ = look(with_user, user=user)
    assert outcomes.verdicts["ACC-06/non-admin"].outcome is Outcome.PASS


def test_a_user_who_cannot_be_had_leaves_one_case_open() -> None:
    def unwilling(gateway: Gateway) -> None:
        gateway.web.api.endpoints["/v1/users"]["POST"] = lambda _: Response(501)

    outcomes, _, _ = look(unwilling)
    assert set(outcomes.inconclusive) == {"ACC-06/non-admin"}


@pytest.mark.parametrize("change", [lambda _: None, serves_uploads_after_a_restart], ids=["at-once", "restart"])
def test_the_journal_s_request_puts_the_present_certificate_back(change: Callable[[Gateway], None]) -> None:
    gateway = Gateway()
    serve = gateway.certificates.serve
    change(gateway)
    with gateway:
        aim = target.parse(gateway.document())
        assert aim.webapp is not None
        assert aim.webapp.certificate is not None
        vault = open_vault(aim.secret_refs(), gateway.environ, gateway.folder)
        bench = Bench(aim, vault, Budget(aim.limits), Redactor(vault))
        before, bundle = gateway.web.tls.served()[0], forged_uploads.make(("localhost",))
        with administrator(bench) as admin:
            gate = Gate(admin, aim.webapp.certificate, bundle, presented(bench)[0])
            serve(bundle.whole)
        assert gateway.web.tls.served()[0] != before
        assert restore(bench, [gate.journalled()]) == ""
        assert gateway.web.tls.served()[0] == before
