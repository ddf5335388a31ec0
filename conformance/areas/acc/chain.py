"""Looks at the certificate chain, as a careful client does, and at every address behind the name."""

from __future__ import annotations

import ssl
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.oid import AuthorityInformationAccessOID

from conformance.areas.acc.record import NOT_READABLE, Certificate, ChainObservation, Node, NodesObservation
from conformance.bench import Bench
from conformance.engine.observatory import Probe
from conformance.handshake import record
from conformance.handshake.caller import Caller
from conformance.handshake.certificates import read_certificate
from conformance.handshake.versions import live_versions
from conformance.inputs.target import Webapp
from conformance.model import Inconclusive
from conformance.sentence import NOTHING, Own, say
from conformance.web.http import TIMEOUT, exchange, plain_words, webapp_context
from conformance.web.preflight import reach
from conformance.web.resolve import resolve
from conformance.web.trust import handshake, webapp_trust

_MORE_THAN_ENOUGH = 16
"""How many addresses of one name are looked at."""


def _chain(bench: Bench) -> ChainObservation:
    reach(bench, bench.target.declared(Webapp).url)
    return look_at_chain(bench)


def look_at_chain(bench: Bench, address: str | None = None) -> ChainObservation:
    """Shake hands with the name, or with one address of it; raises Inconclusive where TLS itself fails."""
    webapp = bench.target.declared(Webapp)
    host = urlsplit(webapp.url).hostname or ""
    served = handshake(bench, webapp_context(bench), address)
    code, message = _verify(bench, address, strict=False)
    _, strict = _verify(bench, address, strict=True) if code == 0 else (0, "")
    return ChainObservation(
        host=host,
        trust=webapp.ca_file or "",
        served=tuple(facts(der) for der in served),
        code=code,
        message=message,
        strict=strict,
        leaf=_leaf(served),
    )


def _leaf(served: list[bytes]) -> record.Certificate | None:
    try:
        return read_certificate(served[0], stapled=False) if served else None
    except ValueError:
        return None


def _verify(bench: Bench, address: str | None, *, strict: bool) -> tuple[int, str]:
    """Return OpenSSL's verdict on the chain: its number, 0 for a good one, and its words."""
    try:
        handshake(bench, webapp_trust(bench, strict=strict), address)
    except ssl.SSLCertVerificationError as error:
        return error.verify_code, error.verify_message
    return 0, ""


def facts(der: bytes) -> Certificate:
    """Read a certificate as far as it can be read."""
    digest = sha256(der).hexdigest()
    try:
        certificate = x509.load_der_x509_certificate(der)
        return Certificate(
            subject=certificate.subject.rfc4514_string(),
            issuer=certificate.issuer.rfc4514_string(),
            names=names_of(certificate),
            not_before=certificate.not_valid_before_utc.isoformat(),
            not_after=certificate.not_valid_after_utc.isoformat(),
            sha256=digest,
            issuer_url=_issuer_url(certificate),
            self_signed=_signed_by_itself(certificate),
        )
    except ValueError:
        return Certificate(NOT_READABLE, NOT_READABLE, (), "", "", digest)


def _signed_by_itself(certificate: x509.Certificate) -> bool:
    """Tell whether a certificate is its own issuer: by name, and by key where the signature can be checked."""
    if certificate.issuer != certificate.subject:
        return False
    try:
        certificate.verify_directly_issued_by(certificate)
    except InvalidSignature:
        return False
    except (TypeError, ValueError, UnsupportedAlgorithm):  # a signature that is not checked any more, SHA-1 say
        return True
    return True


def names_of(certificate: x509.Certificate) -> tuple[str, ...]:
    """Return the host names and addresses that a certificate is for."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return (*found.get_values_for_type(x509.DNSName), *map(str, found.get_values_for_type(x509.IPAddress)))


def _issuer_url(certificate: x509.Certificate) -> str:
    try:
        found = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return ""
    issuers = (each for each in found if each.access_method == AuthorityInformationAccessOID.CA_ISSUERS)
    return next((str(each.access_location.value) for each in issuers), "")


def _nodes(bench: Bench) -> NodesObservation:
    webapp = bench.target.declared(Webapp)
    reach(bench, webapp.url)
    addresses = webapp.addresses or _addresses(webapp.url)
    with ThreadPoolExecutor(4) as pool:
        return NodesObservation(tuple(pool.map(lambda address: _node(bench, address), addresses)))


def _addresses(url: str) -> tuple[str, ...]:
    parts = urlsplit(url)
    try:
        found = resolve(parts.hostname or "", parts.port or 443, TIMEOUT)
    except (OSError, UnicodeError) as error:
        host = Own(parts.hostname or "")
        raise Inconclusive(say("{place}: {trouble}", place=host, trouble=plain_words(error))) from error
    return tuple(dict.fromkeys(str(address[0]) for _, address in found))[:_MORE_THAN_ENOUGH]


def _node(bench: Bench, address: str) -> Node:
    webapp = bench.target.declared(Webapp)
    try:
        chain = look_at_chain(bench, address)
    except Inconclusive as reason:
        return Node(address, reason.reason)
    with ThreadPoolExecutor(4) as pool:
        answers = live_versions(Caller(bench, webapp.url, address), pool)
    page = None
    if webapp.admin_paths:
        url = webapp.url.rstrip("/") + webapp.admin_paths[0]
        page = replace(exchange(bench, "GET", url, context=webapp_context(bench), address=address), body="")
    offered = tuple(version for version, answer in answers.items() if answer.outcome == "offered")
    return Node(address, NOTHING, chain, offered, page)


chain = Probe("chain", ChainObservation, _chain)
nodes = Probe("nodes", NodesObservation, _nodes)
