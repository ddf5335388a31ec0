"""The numbers that TLS speaks in, and their names in the IANA registry."""

from __future__ import annotations

import csv
from enum import StrEnum
from functools import cache

from conformance.locate import data
from conformance.sentence import Own, Sentence, say

WIRE_VERSIONS = {
    "ssl-2.0": 0x0002,
    "ssl-3.0": 0x0300,
    "tls-1.0": 0x0301,
    "tls-1.1": 0x0302,
    "tls-1.2": 0x0303,
    "tls-1.3": 0x0304,
}

FALLBACK_SCSV = 0x5600  # RFC 7507
RENEGOTIATION_SCSV = 0x00FF  # RFC 5746, 3.3

SSL2_SUITES = {
    0x010080: "SSL_CK_RC4_128_WITH_MD5",
    0x020080: "SSL_CK_RC4_128_EXPORT40_WITH_MD5",
    0x030080: "SSL_CK_RC2_128_CBC_WITH_MD5",
    0x040080: "SSL_CK_RC2_128_CBC_EXPORT40_WITH_MD5",
    0x050080: "SSL_CK_IDEA_128_CBC_WITH_MD5",
    0x060040: "SSL_CK_DES_64_CBC_WITH_MD5",
    0x0700C0: "SSL_CK_DES_192_EDE3_CBC_WITH_MD5",
    0x080080: "SSL_CK_RC4_64_WITH_MD5",
}

_IN_COMMON_USE = (23, 24, 25, 29, 30)  # the three curves of NIST, x25519 and x448

RSA_SIGNATURES = (0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0301, 0x0201, 0x0101)
RSA_PSS_SIGNATURES = (0x0809, 0x080A, 0x080B)  # of keys that are for PSS alone (RFC 8446, 4.2.3)
ECDSA_SIGNATURES = (0x0403, 0x0503, 0x0603, 0x081A, 0x081B, 0x081C, 0x0303, 0x0203)
EDDSA_SIGNATURES = (0x0807, 0x0808)  # ed25519 and ed448
OTHER_SIGNATURES = (0x0904, 0x0905, 0x0906, 0x0402, 0x0302, 0x0202)
SIGNATURES = (*ECDSA_SIGNATURES, *EDDSA_SIGNATURES, *RSA_SIGNATURES, *RSA_PSS_SIGNATURES, *OTHER_SIGNATURES)
TLS13_SIGNATURES = (
    *(0x0403, 0x0503, 0x0603, 0x081A, 0x081B, 0x081C),
    *EDDSA_SIGNATURES,
    *(0x0804, 0x0805, 0x0806),
    *RSA_PSS_SIGNATURES,
)

ALERTS = {
    0: "close_notify",
    10: "unexpected_message",
    20: "bad_record_mac",
    21: "decryption_failed",
    22: "record_overflow",
    40: "handshake_failure",
    41: "no_certificate",
    47: "illegal_parameter",
    50: "decode_error",
    51: "decrypt_error",
    60: "export_restriction",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    90: "user_canceled",
    109: "missing_extension",
    110: "unsupported_extension",
    112: "unrecognized_name",
    116: "certificate_required",
    120: "no_application_protocol",
}


class Family(StrEnum):
    """How a suite makes the server prove who it is: a server with two certificates decides by this first."""

    ECDSA = "ecdsa"
    RSA = "rsa"
    OTHER = "other"
    TLS13 = "tls-1.3"


_RSA = {"RSA", "DHE_RSA", "ECDHE_RSA", "RSA_EXPORT", "DHE_RSA_EXPORT", "RSA_EXPORT1024"}
_TLS13_ONLY = ("AES", "CHACHA20", "AEGIS", "SM4", "SHA256", "SHA384")


@cache
def suites() -> dict[int, str]:
    """Return the IANA name of every suite number; those of SSL 2.0 are apart."""
    with (data("fixtures") / "tls" / "cipher_suites.csv").open(encoding="ascii", newline="") as lines:
        return {int(row["number"], 16): row["name"] for row in csv.DictReader(lines)}


def suite_name(number: int) -> str:
    """Return the registry's name, or `0x1234` for a number without one."""
    return suites().get(number, f"0x{number:04X}")


@cache
def suite_numbers() -> dict[str, int]:
    """Return the number of every suite name."""
    return {name: number for number, name in suites().items()}


@cache
def _groups() -> dict[int, dict[str, str]]:
    with (data("fixtures") / "tls" / "groups.csv").open(encoding="ascii", newline="") as lines:
        return {int(row["number"]): row for row in csv.DictReader(lines)}


@cache
def groups(version: str) -> tuple[int, ...]:
    """Return every group that may stand in a hello of `version`, those in common use first.

    TLS 1.3 drops the old curves and adds finite fields (RFC 7919) and post-quantum groups.
    """
    column = "tls13" if version == "tls-1.3" else "below_tls13"
    allowed = [number for number, row in _groups().items() if row[column] == "yes"]
    return tuple(sorted(allowed, key=lambda number: number not in _IN_COMMON_USE))


def group_name(number: int) -> str:
    """Return the registry's name in lower case, or `0x1234` for a number without one."""
    row = _groups().get(number)
    return row["name"] if row else f"0x{number:04X}"


def group_number(name: str) -> int | None:
    """Return the number of a group's name, in lower case; None for one that TLS below 1.3 has no number for."""
    return next((n for n, row in _groups().items() if row["name"] == name and row["below_tls13"] == "yes"), None)


def alert_name(number: int) -> Sentence:
    """Return the registry's name, or `alert 123`."""
    if number in ALERTS:
        return say("{alert}", alert=Own(ALERTS[number]))
    return say("alert {number}", number=number)


@cache
def family(number: int) -> Family:
    """Tell by which kind of certificate a suite authenticates."""
    kind, _, cipher = suite_name(number).removeprefix("OLD_").removeprefix("TLS_").partition("_WITH_")
    if not cipher:
        return Family.TLS13 if kind.startswith(_TLS13_ONLY) else Family.OTHER
    if kind == "ECDHE_ECDSA":
        return Family.ECDSA
    return Family.RSA if kind in _RSA else Family.OTHER


@cache
def members(kind: Family) -> tuple[int, ...]:
    """Return every suite of a family, ChaCha20 last.

    A server may move ChaCha20 to its front for a client that has it in front (OpenSSL's PrioritizeChaCha).
    """
    return chacha_last(tuple(number for number in suites() if family(number) is kind))


def chacha_last(numbers: tuple[int, ...]) -> tuple[int, ...]:
    """Return `numbers` in their order, ChaCha20 suites behind all others."""
    return tuple(sorted(numbers, key=is_chacha))


def is_chacha(number: int) -> bool:
    """Tell whether a suite uses ChaCha20."""
    return "CHACHA20" in suite_name(number)


def key_exchange(number: int) -> str:
    """Return `ecdhe`, `dhe`, or empty for a suite whose key exchange names no group in the clear."""
    kind = suite_name(number).removeprefix("OLD_").removeprefix("TLS_").partition("_WITH_")[0]
    if kind.startswith(("ECDHE_", "ECDH_anon")) and "PSK" not in kind:
        return "ecdhe"
    return "dhe" if kind.startswith(("DHE_", "DH_anon")) and "PSK" not in kind else ""
