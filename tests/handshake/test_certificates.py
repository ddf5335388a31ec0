"""The facts of a certificate, whatever its key and signature."""

from __future__ import annotations

import datetime
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, padding, rsa

from conformance.handshake.certificates import must_staple, read_certificate
from reference_server.pki import Authority, LeafSpec


def der(spec: LeafSpec) -> bytes:
    return ssl.PEM_cert_to_DER_cert(Authority().issue(spec).chain_pem.decode())


@pytest.mark.parametrize(
    ("key", "kind", "bits", "curve"),
    [
        ("secp256r1", "ecdsa", 256, "secp256r1"),
        ("secp521r1", "ecdsa", 521, "secp521r1"),
        ("rsa-2048", "rsa", 2048, None),
        ("ed25519", "ed25519", 256, None),
    ],
)
def test_keys(key: str, kind: str, bits: int, curve: str | None) -> None:
    seen = read_certificate(der(LeafSpec(key=key)), stapled=False)
    assert (seen.key_type, seen.key_bits, seen.curve) == (kind, bits, curve)


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_signatures_of_an_authority_with_a_curve(digest: str) -> None:
    assert read_certificate(der(LeafSpec(hash=digest)), stapled=False).signature == f"ecdsa-{digest}"


def test_life_and_staples() -> None:
    seen = read_certificate(der(LeafSpec(days=90, must_staple=True, ocsp_url="http://127.0.0.1/")), stapled=True)
    assert (seen.days, seen.must_staple, seen.names_responder, seen.stapled) == (90.0, True, True, True)
    assert (seen.subject, seen.issuer) == ("CN=localhost", "CN=Portero reference CA")


@pytest.mark.parametrize(
    ("key", "rsa_padding", "digest", "signature"),
    [
        (rsa.generate_private_key(65537, 2048), padding.PKCS1v15(), hashes.SHA256(), "rsa-sha256"),
        (
            rsa.generate_private_key(65537, 2048),
            padding.PSS(padding.MGF1(hashes.SHA384()), 48),
            hashes.SHA384(),
            "rsa-pss-sha384",
        ),
        (ed448.Ed448PrivateKey.generate(), None, None, "ed448"),
        (ec.generate_private_key(ec.SECP384R1()), None, hashes.SHA384(), "ecdsa-sha384"),
    ],
    ids=["rsa", "rsa-pss", "ed448", "ecdsa"],
)
def test_signatures(key: object, rsa_padding: object, digest: object, signature: str) -> None:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "self")])
    now = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + datetime.timedelta(days=1))  # type: ignore[attr-defined]
    leaf = builder.sign(key, digest, rsa_padding=rsa_padding)  # type: ignore[arg-type]
    content = leaf.public_bytes(serialization.Encoding.DER)
    assert read_certificate(content, stapled=False).signature == signature


def test_what_is_no_certificate() -> None:
    assert not must_staple(b"noise")
    with pytest.raises(ValueError, match="parsing"):
        read_certificate(b"noise", stapled=False)
