"""Certificates to upload: a good one with its key and the authority between, and others that lack something. Pure."""

from __future__ import annotations

import base64
import datetime
import ipaddress
import secrets
from dataclasses import dataclass
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

MEGABYTE = 1 << 20
DAYS = 30

_PEM = serialization.Encoding.PEM


@dataclass(frozen=True, slots=True)
class Bundle:
    """A certificate of the suite's own, PEM: key, leaf, the authority that issued it, and the root above."""

    key: bytes
    leaf: bytes
    intermediate: bytes
    root: str
    sha256: str

    @property
    def whole(self) -> bytes:
        """Return what a good upload holds, in the vendor's order: key, certificate, authority."""
        return self.key + self.leaf + self.intermediate

    @property
    def trust(self) -> str:
        """Return the authorities by which it verifies, also where it is served without the one between."""
        return self.root + self.intermediate.decode()

    def bad(self) -> dict[str, bytes]:
        """Return uploads that are no good, by what is wrong with them."""
        text = base64.encodebytes(secrets.token_bytes(900))
        long = base64.encodebytes(secrets.token_bytes(MEGABYTE * 3 // 4))
        return {
            "no-key": self.leaf + self.intermediate,
            "no-intermediate": self.key + self.leaf,
            "wrong-key": _private(_new_key()) + self.leaf + self.intermediate,
            "garbage": b"-----BEGIN CERTIFICATE-----\n" + text + b"-----END CERTIFICATE-----\n",
            "megabyte": b"-----BEGIN CERTIFICATE-----\n" + long + b"-----END CERTIFICATE-----\n",
        }


def make(names: tuple[str, ...]) -> Bundle:
    """Make a certificate for `names` that is valid from yesterday for a month, under a new authority."""
    root, middle, key = _new_key(), _new_key(), _new_key()
    above, between = _name("Portero upload root"), _name("Portero upload CA")
    top = _authority(above, above, root, root)
    issuer = _authority(between, above, middle, root)
    builder = _builder(_name(names[0]), between, key)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    builder = builder.add_extension(x509.SubjectAlternativeName([_alternative(n) for n in names]), critical=False)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(middle.public_key()), critical=False
    )
    leaf = builder.sign(middle, hashes.SHA256())
    digest = sha256(leaf.public_bytes(serialization.Encoding.DER)).hexdigest()
    return Bundle(_private(key), leaf.public_bytes(_PEM), issuer, top.decode(), digest)


def _authority(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, signer: ec.EllipticCurvePrivateKey
) -> bytes:
    builder = _builder(subject, issuer, key)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    builder = builder.add_extension(_SIGNS_CERTIFICATES, critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
    )
    return builder.sign(signer, hashes.SHA256()).public_bytes(_PEM)


_SIGNS_CERTIFICATES = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=DAYS))
    )


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common[:64])])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
