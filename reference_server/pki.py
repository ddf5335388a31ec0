"""Certificates made at start: nothing is kept, no key is ever in the repository."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

Hash = hashes.SHA256 | hashes.SHA384 | hashes.SHA512
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


@dataclass(slots=True)
class LeafSpec:
    """What a server certificate is to be like. Lives are counted in days from yesterday."""

    names: tuple[str, ...] = ("localhost", "127.0.0.1")
    key: str = "secp256r1"
    hash: str = "sha256"
    starts_in_days: float = -1
    days: float = 60
    must_staple: bool = False
    ocsp_url: str | None = None
    extensions: bool = True
    self_signed: bool = False
    for_client: bool = False
    named_in_subject_only: bool = False
    issuer: Authority | None = None
    """Who issues it; None leaves that to the server."""


@dataclass(slots=True)
class Leaf:
    """A certificate, its key, and the chain that a server sends (leaf first), all PEM."""

    certificate: x509.Certificate
    key: Key
    chain_pem: bytes

    @property
    def key_pem(self) -> bytes:
        """Return the private key, PKCS #8, not encrypted."""
        return _key_pem(self.key)

    def context(self) -> ssl.SSLContext:
        """Return a server's context that shows this certificate, from TLS 1.2 on."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        with tempfile.TemporaryDirectory(prefix="portero-") as folder:  # `ssl` reads keys from files only
            path = Path(folder) / "leaf.pem"
            path.write_bytes(self.chain_pem + self.key_pem)
            context.load_cert_chain(path)
        return context


@dataclass(slots=True)
class Authority:
    """A certificate authority of our own: a root, or an intermediate below `parent`.

    An intermediate's certificate goes with those that it issues, unless it is `withheld`.
    """

    name: str = "Portero reference CA"
    key: Key = field(default_factory=lambda: make_key("secp256r1"))
    parent: Authority | None = None
    withheld: bool = False
    certificate: x509.Certificate = field(init=False)

    def __post_init__(self) -> None:
        """Sign the authority's own certificate."""
        signer = self.parent or self
        subject = _name(self.name)
        builder = _builder(subject, _name(signer.name), self.key.public_key(), -1, 365)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        builder = builder.add_extension(_usage(authority=True), critical=True)
        builder = builder.add_extension(
            x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False
        )
        if self.parent is not None:
            builder = builder.add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.parent.key.public_key()), critical=False
            )
        self.certificate = builder.sign(signer.key, _algorithm(signer.key, "sha256"))

    @property
    def pem(self) -> bytes:
        """Return the authority's certificate, PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """Return the authority's key, PKCS #8, not encrypted."""
        return _key_pem(self.key)

    def issue(self, spec: LeafSpec) -> Leaf:
        """Make a server certificate to `spec`."""
        key = make_key(spec.key)
        subject = _name(spec.names[0])
        issuer, signer = (subject, key) if spec.self_signed else (self.certificate.subject, self.key)
        builder = _builder(subject, issuer, key.public_key(), spec.starts_in_days, spec.days)
        if spec.extensions:
            builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            builder = builder.add_extension(
                _usage(authority=False, enciphers=spec.key.startswith("rsa")), critical=True
            )
            purpose = ExtendedKeyUsageOID.CLIENT_AUTH if spec.for_client else ExtendedKeyUsageOID.SERVER_AUTH
            builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
            builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            builder = builder.add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
            )
        if not spec.named_in_subject_only:
            alternatives = x509.SubjectAlternativeName([_alternative(name) for name in spec.names])
            builder = builder.add_extension(alternatives, critical=False)
        if spec.must_staple:
            builder = builder.add_extension(x509.TLSFeature([x509.TLSFeatureType.status_request]), critical=False)
        if spec.ocsp_url:
            access = x509.AccessDescription(
                AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(spec.ocsp_url)
            )
            builder = builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
        certificate = builder.sign(signer, _algorithm(signer, spec.hash))
        chain = certificate.public_bytes(serialization.Encoding.PEM)
        if self.parent is not None and not self.withheld:
            chain += self.pem
        return Leaf(certificate, key, chain)


def make_key(kind: str) -> Key:
    """Make a private key: a curve's name, `rsa-2048` (any size), or `ed25519`."""
    if kind.startswith("rsa-"):
        return rsa.generate_private_key(65537, int(kind.removeprefix("rsa-")))
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    curves = (ec.SECP192R1(), ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1())
    return ec.generate_private_key(next(curve for curve in curves if curve.name == kind))


def _key_pem(key: Key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _algorithm(key: Key, name: str) -> Hash | None:
    known: dict[str, Hash] = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
    return None if isinstance(key, ed25519.Ed25519PrivateKey) else known[name]


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _builder(
    subject: x509.Name, issuer: x509.Name, public: object, starts_in_days: float, days: float
) -> x509.CertificateBuilder:
    start = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=starts_in_days)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)  # type: ignore[arg-type]
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=days))
    )


def _usage(*, authority: bool, enciphers: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=enciphers,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )
