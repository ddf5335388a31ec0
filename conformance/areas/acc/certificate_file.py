"""The operator's file of the present certificate and its key: whether it can be put back."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from conformance.areas.acc.authority import certificates
from conformance.areas.acc.chain import names_of
from conformance.model import Inconclusive
from conformance.sentence import Own, Sentence, say

HOLDS = say("it has to hold, in PEM, the key, the certificate and those of its authorities")

_KEY = re.compile(r"-----BEGIN ([A-Z ]*)PRIVATE KEY-----.+?-----END \1PRIVATE KEY-----", re.DOTALL)


def fitting(pem: str, presented: frozenset[str], what: Own) -> tuple[tuple[str, ...], str]:
    """Return the names of the certificate in an operator's file, and its SHA-256.

    Raises Inconclusive, in which `what` names the file, unless it holds a certificate that is presented, and its key.
    """
    key = _public_key(pem, what)
    found = [x509.load_der_x509_certificate(der) for der in certificates(pem.encode())]
    if not found:
        raise Inconclusive(say("{file} holds no certificate: {needed}", file=what, needed=HOLDS))
    own = [each for each in found if _spki(each.public_key()) == key]
    if not own:
        raise Inconclusive(
            say(
                "{file}: its private key does not belong to its certificate ({certificate})",
                file=what,
                certificate=_called(found[0]),
            )
        )
    digest = sha256(own[0].public_bytes(Encoding.DER)).hexdigest()
    if digest not in presented:
        raise Inconclusive(
            say(
                "{file} holds another certificate ({certificate}) than the one that is presented now",
                file=what,
                certificate=_called(own[0]),
            )
        )
    return names_of(own[0]), digest


def _public_key(pem: str, what: Own) -> bytes:
    block = _KEY.search(pem)
    if block is None:
        raise Inconclusive(say("{file} holds no private key: {needed}", file=what, needed=HOLDS))
    try:
        return _spki(load_pem_private_key(block[0].encode(), None).public_key())
    except TypeError as error:
        encrypted = say("{file}: its private key is encrypted; give it without a password", file=what)
        raise Inconclusive(encrypted) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Inconclusive(say("{file}: its private key cannot be read", file=what)) from error


def _spki(key: Any) -> bytes:
    encoded: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return encoded


def _called(certificate: x509.Certificate) -> Own | Sentence:
    return Own(certificate.subject.rfc4514_string()) or say("without a name")
