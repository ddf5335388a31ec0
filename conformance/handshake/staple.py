"""What a stapled OCSP answer is worth to a client (RFC 6960, 3.2)."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, SignatureAlgorithmOID

from conformance.handshake.certificates import extension
from conformance.sentence import NOTHING, Own, Sentence, say

_SKEW = datetime.timedelta(minutes=5)  # two clocks that are both thought right differ by this much
_WITHOUT_END = datetime.timedelta(days=2)
"""An answer that names no end is one of many, made all the time; Firefox takes it for a day, give or take one."""


@dataclass(frozen=True, slots=True)
class Staple:
    """`trouble` is empty for an answer that says "good"; `unsigned` where its signature could not be checked.

    `passing` is trouble that the responder itself calls a matter of time.
    """

    trouble: Sentence = NOTHING
    unsigned: bool = False
    revoked: bool = False
    passing: bool = False


def says_something(staple: bytes) -> bool:
    """Tell whether an answer, DER or empty, is more than the responder's excuse."""
    try:
        return ocsp.load_der_ocsp_response(staple).response_status is ocsp.OCSPResponseStatus.SUCCESSFUL
    except ValueError:
        return False


def read_staple(staple: bytes, leaf: x509.Certificate, known: Iterable[x509.Certificate], now: float) -> Staple:
    """Judge an answer in DER for `leaf` at `now` (Unix seconds); its issuer is looked for among `known`."""
    try:
        answer = ocsp.load_der_ocsp_response(staple)
    except ValueError:
        return Staple(say("it cannot be read"))
    if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        words = say("the responder answers {status}", status=Own(_camel(answer.response_status.name)))
        return Staple(words, passing=True)
    try:
        return _read(answer, leaf, [each for each in known if _is_signed_by(leaf, each)], now)
    except (ValueError, UnsupportedAlgorithm):
        return Staple(say("it cannot be read"))


def _read(answer: ocsp.OCSPResponse, leaf: x509.Certificate, issuers: list[x509.Certificate], now: float) -> Staple:
    singles = [each for each in answer.responses if _is_about(each, leaf, issuers)]
    if not singles:
        return Staple(say("it is about another certificate"))
    if issuers and not any(_is_vouched_for(answer, issuer) for issuer in issuers):
        return Staple(say("neither the certificate's issuer nor a responder of its has signed it"))
    single = singles[0]
    if single.certificate_status is ocsp.OCSPCertStatus.REVOKED:
        when = single.revocation_time_utc or single.this_update_utc
        return Staple(say("it says that the certificate was revoked on {day}", day=_day(when)), revoked=True)
    if single.certificate_status is ocsp.OCSPCertStatus.UNKNOWN:
        return Staple(say("it says that the responder does not know the certificate"))
    moment = datetime.datetime.fromtimestamp(now, datetime.UTC)
    if single.this_update_utc > moment + _SKEW:
        return Staple(say("it holds only from {day} on", day=_day(single.this_update_utc)))
    ends = single.next_update_utc
    if ends and ends < moment - _SKEW:
        return Staple(say("it is out of date since {day}", day=_day(ends)))
    if not ends and single.this_update_utc < moment - _WITHOUT_END:
        return Staple(say("it is of {day} and names no day until which it holds", day=_day(single.this_update_utc)))
    return Staple(unsigned=not issuers)


def _is_about(single: ocsp.OCSPSingleResponse, leaf: x509.Certificate, issuers: list[x509.Certificate]) -> bool:
    if single.serial_number != leaf.serial_number:
        return False
    if single.issuer_name_hash != _hash(single.hash_algorithm, leaf.issuer.public_bytes()):
        return False
    return not issuers or any(single.issuer_key_hash == _hash(single.hash_algorithm, _key(each)) for each in issuers)


def _hash(algorithm: hashes.HashAlgorithm, content: bytes) -> bytes:
    digest = hashes.Hash(algorithm)
    digest.update(content)
    return digest.finalize()


def _key(certificate: x509.Certificate) -> bytes:
    """Return the bits of the public key, without what says of which kind it is: what OCSP takes the hash of."""
    encoded = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    start, _ = _element(encoded, 0)
    _, kind_ends = _element(encoded, start)
    bits, end = _element(encoded, kind_ends)
    return encoded[bits + 1 : end]


def _element(der: bytes, at: int) -> tuple[int, int]:
    """Return where the content of the element at `at` begins and ends; raises IndexError where it is cut short."""
    long = der[at + 1] & 0x7F if der[at + 1] & 0x80 else 0
    start = at + 2 + long
    return start, start + (int.from_bytes(der[at + 2 : start]) if long else der[at + 1])


def _is_vouched_for(answer: ocsp.OCSPResponse, issuer: x509.Certificate) -> bool:
    delegates = (each for each in answer.certificates if _may_answer(each, issuer))
    return any(_has_signed(signer, answer) for signer in _chain(issuer, delegates))


def _chain(issuer: x509.Certificate, delegates: Iterator[x509.Certificate]) -> Iterator[x509.Certificate]:
    yield issuer
    yield from delegates


def _may_answer(delegate: x509.Certificate, issuer: x509.Certificate) -> bool:
    usage = extension(delegate, x509.ExtendedKeyUsage) or ()
    return ExtendedKeyUsageOID.OCSP_SIGNING in usage and _is_signed_by(delegate, issuer)


def _is_signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _has_signed(signer: x509.Certificate, answer: ocsp.OCSPResponse) -> bool:
    try:
        _verify(signer.public_key(), answer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _verify(key: object, answer: ocsp.OCSPResponse) -> None:
    signature, content, digest = answer.signature, answer.tbs_response_bytes, answer.signature_hash_algorithm
    match key:
        case ed25519.Ed25519PublicKey() | ed448.Ed448PublicKey():
            key.verify(signature, content)
        case ec.EllipticCurvePublicKey() if digest:
            key.verify(signature, content, ec.ECDSA(digest))
        case rsa.RSAPublicKey() if answer.signature_algorithm_oid == SignatureAlgorithmOID.RSASSA_PSS and digest:
            key.verify(signature, content, padding.PSS(padding.MGF1(digest), padding.PSS.AUTO), digest)
        case rsa.RSAPublicKey() if digest:
            key.verify(signature, content, padding.PKCS1v15(), digest)
        case _:
            raise UnsupportedAlgorithm("a signature of another kind")


def _camel(name: str) -> str:
    first, *rest = name.lower().split("_")
    return first + "".join(word.title() for word in rest)


def _day(moment: datetime.datetime) -> Own:
    return Own(moment.date().isoformat())
