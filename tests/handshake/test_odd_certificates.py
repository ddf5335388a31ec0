"""Certificates that no library reads whole: each costs its own facts, and no look ends in an exception."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Callable
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from conformance.areas.acc.chain import facts
from conformance.areas.acc.record import NOT_READABLE
from conformance.areas.dbt.look import _only_in_its_subject
from conformance.handshake.certificates import must_staple, read_certificate

NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "gw.example")])
START = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
ONE, OTHER = x509.ObjectIdentifier("1.3.6.1.4.1.55555.7"), x509.ObjectIdentifier("1.3.6.1.4.1.55555.8")


@cache
def plain(*, pss: bool = False) -> bytes:
    """Return a certificate with two extensions of our own, a name by number, and a demand for a staple."""
    key = rsa.generate_private_key(65537, 2048) if pss else ec.generate_private_key(ec.SECP256R1())
    builder = (
        x509.CertificateBuilder()
        .subject_name(NAME)
        .issuer_name(NAME)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(START)
        .not_valid_after(START + datetime.timedelta(days=90))
        .add_extension(x509.UnrecognizedExtension(ONE, b"\x05\x00"), critical=False)
        .add_extension(x509.UnrecognizedExtension(OTHER, b"\x05\x00"), critical=False)
        .add_extension(
            x509.SubjectAlternativeName([x509.RegisteredID(ONE), x509.DNSName("gw.example")]), critical=False
        )
        .add_extension(x509.TLSFeature([x509.TLSFeatureType.status_request]), critical=False)
    )
    if pss:
        salted = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
        return builder.sign(key, hashes.SHA256(), rsa_padding=salted).public_bytes(Encoding.DER)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def changed(old: bytes, new: bytes, *, pss: bool = False) -> bytes:
    """Return the certificate with bytes exchanged for as many others; its seal is not looked at here."""
    assert len(old) == len(new)
    assert old in plain(pss=pss)
    return plain(pss=pss).replace(old, new)


def oid(text: str) -> bytes:
    numbers = [int(part) for part in text.split(".")]
    coded = bytes([40 * numbers[0] + numbers[1]])
    for number in numbers[2:]:
        seven = [number & 0x7F]
        while number := number >> 7:
            seven.insert(0, number & 0x7F | 0x80)
        coded += bytes(seven)
    return b"\x06" + bytes([len(coded)]) + coded


SHA256_OID = "2.16.840.1.101.3.4.2.1"
ODD: dict[str, Callable[[], bytes]] = {
    "an-extension-twice": lambda: changed(oid(OTHER.dotted_string), oid(ONE.dotted_string)),
    "an-x400-address": lambda: changed(b"\x88" + oid(ONE.dotted_string)[1:], b"\xa3" + oid(ONE.dotted_string)[1:]),
    "an-edi-party": lambda: changed(b"\x88" + oid(ONE.dotted_string)[1:], b"\xa5" + oid(ONE.dotted_string)[1:]),
    "a-tag-that-no-name-has": lambda: changed(
        b"\x88" + oid(ONE.dotted_string)[1:], b"\x8e" + oid(ONE.dotted_string)[1:]
    ),
    "version-10": lambda: changed(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x09"),
    "an-unknown-tls-feature": lambda: changed(b"\x30\x03\x02\x01\x05", b"\x30\x03\x02\x01\x63"),
    "an-unknown-curve": lambda: changed(oid("1.2.840.10045.3.1.7"), oid("1.2.840.10045.3.1.99")),
    "an-unknown-key": lambda: changed(oid("1.2.840.10045.2.1"), oid("1.2.840.10045.2.9")),
    "pss-with-an-unknown-hash": lambda: changed(oid(SHA256_OID), oid("2.16.840.1.101.3.4.2.99"), pss=True),
    "half": lambda: plain()[: len(plain()) // 2],
    "nothing": lambda: b"",
}


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_certificate_costs_no_more_than_its_facts(odd: str) -> None:
    der = ODD[odd]()
    assert facts(der).subject in ("CN=gw.example", NOT_READABLE)
    assert must_staple(der) in (True, False)
    assert _only_in_its_subject([der], "gw.example") in (True, False)
    with contextlib.suppress(ValueError):
        assert read_certificate(der, stapled=False).subject == "CN=gw.example"


def test_the_plain_one_is_read_whole() -> None:
    assert facts(plain()).subject == "CN=gw.example"
    assert must_staple(plain())
    assert facts(plain(pss=True)).signature == "rsa-pss-sha256"
