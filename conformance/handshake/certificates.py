"""What stands in a certificate, as far as it is judged."""

from __future__ import annotations

import hashlib
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, SignatureAlgorithmOID

from conformance.handshake.record import Certificate

_RSA_OIDS = (
    SignatureAlgorithmOID.RSA_WITH_MD5,
    SignatureAlgorithmOID.RSA_WITH_SHA1,
    SignatureAlgorithmOID.RSA_WITH_SHA224,
    SignatureAlgorithmOID.RSA_WITH_SHA256,
    SignatureAlgorithmOID.RSA_WITH_SHA384,
    SignatureAlgorithmOID.RSA_WITH_SHA512,
)
_ECDSA_OIDS = (
    SignatureAlgorithmOID.ECDSA_WITH_SHA1,
    SignatureAlgorithmOID.ECDSA_WITH_SHA224,
    SignatureAlgorithmOID.ECDSA_WITH_SHA256,
    SignatureAlgorithmOID.ECDSA_WITH_SHA384,
    SignatureAlgorithmOID.ECDSA_WITH_SHA512,
)
_SCHEMES = {
    **dict.fromkeys(_RSA_OIDS, "rsa"),
    **dict.fromkeys(_ECDSA_OIDS, "ecdsa"),
    SignatureAlgorithmOID.RSASSA_PSS: "rsa-pss",
}
_BARE = {SignatureAlgorithmOID.ED25519: "ed25519", SignatureAlgorithmOID.ED448: "ed448"}


Found = TypeVar("Found", bound=x509.ExtensionType)

UNREADABLE = (
    ValueError,
    TypeError,
    KeyError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    x509.InvalidVersion,
)
"""What cryptography raises for what it cannot read in a certificate: few of these are a ValueError."""


def loaded(der: bytes) -> x509.Certificate:
    """Return a certificate in DER; raises ValueError when it cannot be read."""
    try:
        return x509.load_der_x509_certificate(der)
    except UNREADABLE as error:
        raise ValueError(str(error)) from error


def extension(certificate: x509.Certificate, kind: type[Found]) -> Found | None:
    """Return what an extension says; None where there is none, or the extensions cannot be read."""
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except (x509.ExtensionNotFound, *UNREADABLE):
        return None


def read_certificate(der: bytes, *, stapled: bool) -> Certificate:
    """Return the facts of a certificate in DER; raises ValueError when it cannot be read.

    Extensions that cannot be read say nothing; what else stands in the certificate does.
    """
    leaf = loaded(der)
    kind, bits, curve = _key(leaf)
    start, end = leaf.not_valid_before_utc.timestamp(), leaf.not_valid_after_utc.timestamp()
    return Certificate(
        subject=leaf.subject.rfc4514_string(),
        issuer=leaf.issuer.rfc4514_string(),
        sha256=hashlib.sha256(der).hexdigest(),
        key_type=kind,
        key_bits=bits,
        curve=curve,
        signature=_signature(leaf),
        not_before=start,
        not_after=end,
        days=(end - start) / 86400,
        must_staple=_must_staple(leaf),
        names_responder=_names_responder(leaf),
        stapled=stapled,
    )


def _key(leaf: x509.Certificate) -> tuple[str, int, str | None]:
    try:
        key = leaf.public_key()
    except UNREADABLE:
        return leaf.public_key_algorithm_oid.dotted_string, 0, None
    match key:
        case rsa.RSAPublicKey():
            return "rsa", key.key_size, None
        case ec.EllipticCurvePublicKey():
            return "ecdsa", key.curve.key_size, key.curve.name.lower()
        case dsa.DSAPublicKey():
            return "dsa", key.key_size, None
        case ed25519.Ed25519PublicKey():
            return "ed25519", 256, None
        case ed448.Ed448PublicKey():
            return "ed448", 448, None
    return type(key).__name__.removesuffix("PublicKey").lower(), 0, None


def _signature(leaf: x509.Certificate) -> str:
    oid = leaf.signature_algorithm_oid
    if oid in _BARE:
        return _BARE[oid]
    scheme = _SCHEMES.get(oid)
    try:
        digest = leaf.signature_hash_algorithm if scheme else None
    except UNREADABLE:
        digest = None
    return f"{scheme}-{digest.name}" if digest else oid.dotted_string


def must_staple(der: bytes) -> bool:
    """Tell whether a certificate in DER demands a staple; one that cannot be read demands nothing."""
    try:
        return _must_staple(loaded(der))
    except ValueError:
        return False


def _must_staple(leaf: x509.Certificate) -> bool:
    features = extension(leaf, x509.TLSFeature)
    return features is not None and x509.TLSFeatureType.status_request in features


def _names_responder(leaf: x509.Certificate) -> bool:
    access = extension(leaf, x509.AuthorityInformationAccess) or ()
    return any(each.access_method == AuthorityInformationAccessOID.OCSP for each in access)
