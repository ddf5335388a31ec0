"""Certificates of our own making: a good one, and others that are wrong in one thing."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Signer = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey
_SIGNERS = (ec.EllipticCurvePrivateKey, rsa.RSAPrivateKey, ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey)


@dataclass(frozen=True, slots=True)
class Issuer:
    """An authority: the name that it issues under, its key, and its certificates (PEM, its own first)."""

    name: x509.Name
    key: Signer
    chain: bytes

    @classmethod
    def made(cls, name: x509.Name, *, levels: int = 0) -> Issuer:
        """Make a root of this name that nobody knows, for `levels` of authorities below it."""
        key = new_key()
        builder = _builder(name, name, key.public_key(), -1, 30)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=levels), critical=True)
        builder = builder.add_extension(_usage(authority=True), critical=True)
        return cls(name, key, builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def below(self, name: x509.Name) -> Issuer:
        """Make an authority of this name under this one; its chain is its own certificate alone."""
        key = new_key()
        builder = _builder(name, self.name, key.public_key(), -1, 30)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(_usage(authority=True), critical=True)
        signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        own = builder.add_extension(signer, critical=False).sign(self.key, hashes.SHA256())
        return Issuer(name, key, own.public_bytes(serialization.Encoding.PEM))

    @classmethod
    def of_itself(cls, name: x509.Name) -> Issuer:
        """Return who signs nothing but the certificate of its own key: pass `key` to `issue`."""
        return cls(name, new_key(), b"")

    @classmethod
    def loaded(cls, certificates: bytes, key: str) -> Issuer:
        """Take an authority out of PEM; raises ValueError where the two cannot be used together."""
        try:
            own = x509.load_pem_x509_certificates(certificates)[0]
            loaded = serialization.load_pem_private_key(key.encode(), None)
        except (TypeError, UnsupportedAlgorithm) as error:
            raise ValueError("the key cannot be read") from error
        if not isinstance(loaded, _SIGNERS) or loaded.public_key() != own.public_key():
            raise ValueError("the key does not belong to the certificate")
        return cls(own.subject, loaded, certificates)

    def issue(
        self,
        names: tuple[str, ...],
        *,
        begins_in_days: float = -1,
        days: float = 30,
        subject: x509.Name | None = None,
        key: Signer | None = None,
        for_client: bool = False,
    ) -> bytes:
        """Return a leaf for host `names`, its chain and its key, PEM; valid from yesterday unless told otherwise."""
        key = key or new_key()
        builder = _builder(subject or common_name(names[0]), self.name, key.public_key(), begins_in_days, days)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(authority=False), critical=True)
        usage = ExtendedKeyUsageOID.CLIENT_AUTH if for_client else ExtendedKeyUsageOID.SERVER_AUTH
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        builder = builder.add_extension(signer, critical=False)
        if names:
            alternatives = x509.SubjectAlternativeName([_alternative(name) for name in names])
            builder = builder.add_extension(alternatives, critical=False)
        edwards = isinstance(self.key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey)
        leaf = builder.sign(self.key, None if edwards else hashes.SHA256())
        return leaf.public_bytes(serialization.Encoding.PEM) + self.chain + private(key)


def new_key() -> ec.EllipticCurvePrivateKey:
    """Return a key on P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def private(key: Signer) -> bytes:
    """Return a private key, PEM."""
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption())


def load(context: ssl.SSLContext, pem: bytes) -> None:
    """Let `context` show a certificate, given as `issue` returns it."""
    with tempfile.TemporaryDirectory(prefix="portero-") as folder:  # `ssl` reads keys from files only
        path = Path(folder) / "certificate.pem"
        path.touch(mode=0o600)
        path.write_bytes(pem)
        context.load_cert_chain(path)


def lookalikes(host: str) -> tuple[str, ...]:
    """Return names that are not `host`, but for who compares a part: they hold it at their beginning or their end."""
    elsewhere = ("elsewhere.portero.invalid",)
    return elsewhere if ":" in host else (*elsewhere, f"{host}.portero.invalid", f"portero-{host}")


def common_name(text: str) -> x509.Name:
    """Return a name that is a common name alone, cut to what one may hold."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name.encode("idna").decode() if not name.isascii() else name)


def _builder(
    subject: x509.Name, issuer: x509.Name, public: CertificatePublicKeyTypes, begins_in_days: float, days: float
) -> x509.CertificateBuilder:
    begins = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=begins_in_days)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + datetime.timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
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
