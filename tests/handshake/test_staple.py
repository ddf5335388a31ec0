"""A stapled OCSP answer is read as a client reads it: whose it is, who signed it, until when, and what it says."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from conformance.handshake.staple import Staple, read_staple, says_something
from reference_server.pki import Authority, Key, Leaf, LeafSpec

NOW = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
AUTHORITY = Authority()
NAMESAKE = Authority()
LEAF, NEIGHBOUR, IMPOSTOR = (by.issue(LeafSpec()) for by in (AUTHORITY, AUTHORITY, NAMESAKE))
DER = serialization.Encoding.DER
GOOD, REVOKED, UNKNOWN = ocsp.OCSPCertStatus.GOOD, ocsp.OCSPCertStatus.REVOKED, ocsp.OCSPCertStatus.UNKNOWN


def days(count: float) -> datetime.datetime:
    return NOW + datetime.timedelta(days=count)


def responder(signer: Key, issuer: x509.Name, *usages: x509.ObjectIdentifier) -> tuple[x509.Certificate, Key]:
    key = AUTHORITY.issue(LeafSpec()).key
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "responder")]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(days(-1))
        .not_valid_after(days(1))
    )
    if usages:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    return builder.sign(signer, hashes.SHA256()), key


@dataclass(frozen=True)
class Answer:
    """What is stapled; about LEAF, of today, good for two days and signed by its issuer unless told otherwise."""

    about: Leaf = field(default_factory=lambda: LEAF)
    issuer: Authority = field(default_factory=lambda: AUTHORITY)
    status: ocsp.OCSPCertStatus = GOOD
    begins: float = 0
    ends: float | None = 2
    digest: hashes.HashAlgorithm = field(default_factory=hashes.SHA1)
    signer: Key | None = None
    delegate: x509.Certificate | None = None

    def der(self) -> bytes:
        when: Any = (days(-3), None) if self.status is REVOKED else (None, None)
        end = None if self.ends is None else days(self.ends)
        builder = ocsp.OCSPResponseBuilder().add_response(
            self.about.certificate, self.issuer.certificate, self.digest, self.status, days(self.begins), end, *when
        )
        signing = self.delegate or (NAMESAKE if self.signer else self.issuer).certificate
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.NAME, signing)
        builder = builder.certificates([self.delegate]) if self.delegate else builder
        return builder.sign(self.signer or self.issuer.key, hashes.SHA256()).public_bytes(DER)


def read(staple: bytes, known: tuple[x509.Certificate, ...] = (AUTHORITY.certificate,)) -> Staple:
    return read_staple(staple, LEAF.certificate, known, NOW.timestamp())


DELEGATED, DELEGATE_KEY = responder(AUTHORITY.key, AUTHORITY.certificate.subject, ExtendedKeyUsageOID.OCSP_SIGNING)
FOR_SERVERS, FOR_SERVERS_KEY = responder(AUTHORITY.key, AUTHORITY.certificate.subject, ExtendedKeyUsageOID.SERVER_AUTH)
STRANGER, STRANGER_KEY = responder(NAMESAKE.key, NAMESAKE.certificate.subject, ExtendedKeyUsageOID.OCSP_SIGNING)

GOOD_ANSWERS = {
    "as they come": Answer(),
    "by SHA-256": Answer(digest=hashes.SHA256()),
    "on its last day": Answer(begins=-7, ends=0.01),
    "a moment ahead of our clock": Answer(begins=0.002),
    "without an end, of today": Answer(begins=-0.5, ends=None),
    "long of use": Answer(begins=-20, ends=10),
    "by a responder of the issuer's": Answer(signer=DELEGATE_KEY, delegate=DELEGATED),
}
BAD_ANSWERS: dict[str, tuple[Answer, str]] = {
    "revoked": (Answer(status=REVOKED), "revoked on"),
    "unknown": (Answer(status=UNKNOWN), "does not know the certificate"),
    "stale": (Answer(begins=-27, ends=-20), "out of date since"),
    "stale by an hour": (Answer(begins=-7, ends=-1 / 24), "out of date since"),
    "stale without an end": (Answer(begins=-20, ends=None), "names no day until which it holds"),
    "of tomorrow": (Answer(begins=1), "holds only from"),
    "of another certificate": (Answer(about=NEIGHBOUR), "another certificate"),
    "of a namesake's certificate": (Answer(about=IMPOSTOR, issuer=NAMESAKE), "another certificate"),
    "signed by a namesake": (Answer(signer=NAMESAKE.key), "neither the certificate's issuer nor a responder"),
    "signed by the certificate itself": (
        Answer(signer=LEAF.key, delegate=LEAF.certificate),
        "neither the certificate's issuer nor a responder",
    ),
    "by a certificate for servers": (
        Answer(signer=FOR_SERVERS_KEY, delegate=FOR_SERVERS),
        "neither the certificate's issuer nor a responder",
    ),
    "by a stranger's responder": (
        Answer(signer=STRANGER_KEY, delegate=STRANGER),
        "neither the certificate's issuer nor a responder",
    ),
}


@pytest.mark.parametrize("name", GOOD_ANSWERS)
def test_a_good_answer(name: str) -> None:
    assert read(GOOD_ANSWERS[name].der()) == Staple()


@pytest.mark.parametrize("name", BAD_ANSWERS)
def test_an_answer_that_clients_turn_down(name: str) -> None:
    answer, words = BAD_ANSWERS[name]
    found = read(answer.der())
    assert words in found.trouble
    assert found.revoked is (answer.status is REVOKED)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (ocsp.OCSPResponseStatus.TRY_LATER, "tryLater"),
        (ocsp.OCSPResponseStatus.INTERNAL_ERROR, "internalError"),
        (ocsp.OCSPResponseStatus.UNAUTHORIZED, "unauthorized"),
    ],
)
def test_an_excuse_is_no_answer(status: ocsp.OCSPResponseStatus, words: str) -> None:
    excuse = ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(DER)
    assert (read(excuse).passing, words in read(excuse).trouble) == (True, True)
    assert not says_something(excuse)
    assert says_something(Answer().der())


def test_without_the_issuer_the_signature_is_open_and_the_rest_is_not() -> None:
    assert read(Answer(signer=NAMESAKE.key).der(), ()) == Staple(unsigned=True)
    assert read(Answer().der(), (NAMESAKE.certificate,)) == Staple(unsigned=True)
    assert read(Answer(status=REVOKED).der(), ()).revoked
    assert "another certificate" in read(Answer(about=NEIGHBOUR).der(), ()).trouble


@given(st.binary(max_size=80), st.integers(0, 200))
def test_noise_is_read_without_harm(noise: bytes, where: int) -> None:
    assert read(noise).trouble
    good = Answer().der()
    read(good[:where] + noise + good[where + len(noise) :])
