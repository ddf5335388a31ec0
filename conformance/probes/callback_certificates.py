"""The certificates of the suite's callback receivers, made for the run: two authorities, and leaves right and wrong."""

from __future__ import annotations

import ipaddress
import ssl
import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

WRONG_NAME = "elsewhere.portero.invalid"


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority of the run's own."""

    name: str
    key: EllipticCurvePrivateKey
    pem: str


@dataclass(frozen=True, slots=True)
class _Leaf:
    """What a receiver's certificate is like: valid from and until, in days from now; without issuer it signs itself.

    `also` are further names that it is for.
    """

    name: str
    starts: float = -1
    ends: float = 30
    issuer: Authority | None = None
    also: tuple[str, ...] = ()


class Certificates:
    """The certificates for receivers that are called `host`."""

    def __init__(self, host: str) -> None:
        """Make two authorities, and one key for all receivers."""
        self.first, self.second = _authority("first"), _authority("second")
        self._key = generate_private_key(SECP256R1())
        good = _Leaf(host, issuer=self.first)
        self._chains = {
            "good": self._chain(good),
            "other-ca": self._chain(replace(good, issuer=self.second)),
            "self-signed": self._chain(replace(good, issuer=None)),
            "wrong-name": self._chain(replace(good, name=WRONG_NAME, also=_lookalikes(host))),
            "expired": self._chain(replace(good, starts=-30, ends=-2)),
            "not-yet-valid": self._chain(replace(good, starts=2)),
        }

    def context(self, role: str) -> ssl.SSLContext | None:
        """Return a new server context for a role, None for one that speaks no TLS. A new one resumes no session."""
        if role not in self._chains:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.num_tickets = 0
        with tempfile.TemporaryDirectory(prefix="portero-") as folder:  # `ssl` reads keys from files only
            path = Path(folder) / "receiver.pem"
            path.touch(mode=0o600)
            path.write_text(self._chains[role], encoding="ascii")
            context.load_cert_chain(path)
        return context

    def _chain(self, leaf: _Leaf) -> str:
        subject = _name(leaf.name)
        signer = leaf.issuer.key if leaf.issuer else self._key
        issuer = _name(leaf.issuer.name) if leaf.issuer else subject
        builder = _builder(subject, issuer, self._key, leaf.starts, leaf.ends)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        names = [_alternative(name) for name in (leaf.name, *leaf.also)]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        builder = builder.add_extension(_usage(authority=False), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
        builder = builder.add_extension(identifier, critical=False)
        key = self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        return _pem(builder.sign(signer, SHA256())) + key


@cache
def certificates(host: str) -> Certificates:
    """Return the certificates for `host`, made once a process."""
    return Certificates(host)


def _authority(which: str) -> Authority:
    key = generate_private_key(SECP256R1())
    name = f"Portero callbacks, {which} authority {x509.random_serial_number():x}"[:64]
    builder = _builder(_name(name), _name(name), key, -1, 60)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(authority=True), critical=True)
    return Authority(name, key, _pem(builder.sign(key, SHA256())))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey, starts: float, ends: float
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=starts))
        .not_valid_after(now + timedelta(days=ends))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common[:64])])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name.encode("idna").decode())


def _lookalikes(host: str) -> tuple[str, ...]:
    """Return names that hold `host` at their beginning and at their end: who compares a part only takes them."""
    return () if ":" in host else (f"{host}.portero.invalid", f"portero-{host}")


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()
