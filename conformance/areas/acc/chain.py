"""Looks at the certificate chain, as a careful client does, and at every address behind the name."""

from __future__ import annotations

import contextlib
import ssl
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from conformance.areas.acc.record import (
    NOT_READABLE,
    Certificate,
    ChainObservation,
    ChainsObservation,
    Node,
    NodesObservation,
)
from conformance.bench import Bench
from conformance.engine.observatory import Probe
from conformance.handshake import record
from conformance.handshake.caller import Caller
from conformance.handshake.certificates import UNREADABLE, extension, loaded, read_certificate
from conformance.handshake.showings import Showing, showings
from conformance.handshake.versions import live_versions
from conformance.inputs.target import Webapp
from conformance.model import Inconclusive
from conformance.origin import Origin
from conformance.sentence import NOTHING, Own, Sentence, say
from conformance.web.http import TIMEOUT, exchange, plain_words, server_name, webapp_context
from conformance.web.preflight import reach
from conformance.web.resolve import resolve
from conformance.web.trust import OPEN, USUAL, handshake, judging_context, verified

_MORE_THAN_ENOUGH = 16
"""How many addresses of one name are looked at."""

_USUAL_CLIENT = say("a usual client")
_TIMES = 10
"""How often more the usual client asks: one of two nodes that take turns by chance stays unseen once in 8,000 runs."""

_SIZED = ("rsa", "dsa")
_SAYS_NOTHING = (3, 12)
"""X509_V_ERR numbers: no revocation list of that issuer is at hand, or it is out of date."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What a chain has to lead to: the target file's `key`, the file that it names, and where that is.

    `common_name` says that clients of this endpoint take a name that stands in the subject alone.
    """

    key: str
    name: str
    file: Path | None
    common_name: bool = False

    def context(self, *, strict: bool = False, level: int = OPEN, revocation: bool = True) -> ssl.SSLContext:
        """Return a context for `verified`; raises Inconclusive when the file cannot be used."""
        return judging_context(
            self.file, self.key, strict=strict, level=level, common_name=self.common_name, revocation=revocation
        )


def declared_trust(bench: Bench) -> Trust:
    """Return what the web app's chain has to lead to."""
    name = bench.target.declared(Webapp).ca_file
    return Trust("webapp.ca_file", name or "", bench.file(name) if name else None)


def examine(sent: Sequence[bytes], host: str, trust: Trust, staples: Iterable[bytes] = ()) -> ChainObservation:
    """Say what a careful client makes of a chain, DER, leaf first; raises Inconclusive where there is none to judge."""
    if not sent:
        raise Inconclusive(say("the handshake showed no certificate"))
    code, message = verified(sent, trust.context(), host)
    listed = bool(trust.context().verify_flags & ssl.VERIFY_CRL_CHECK_LEAF) and code not in _SAYS_NOTHING
    if code in _SAYS_NOTHING:
        code, message = verified(sent, trust.context(revocation=False), host)
    weak = strict = ""
    if code == 0:
        _, weak = verified(sent, trust.context(level=USUAL, revocation=False), host)
        _, strict = verified(sent, trust.context(strict=True, revocation=False), host)
    return ChainObservation(
        host=server_name(host),
        trust=trust.name,
        served=tuple(facts(der) for der in sent),
        code=code,
        message=message,
        strict=strict,
        leaf=_leaf(sent[0]),
        weak=weak,
        staple=_stapled(sent[0], staples),
        listed=listed,
    )


def _leaf(der: bytes) -> record.Certificate | None:
    try:
        return read_certificate(der, stapled=False)
    except ValueError:
        return None


def _stapled(leaf: bytes, staples: Iterable[bytes]) -> str:
    """Return the worst that OCSP answers say of the leaf; nothing where none can be read, or is about it."""
    found = set()
    for staple in staples:
        with contextlib.suppress(ValueError):
            serial = loaded(leaf).serial_number
            answers = ocsp.load_der_ocsp_response(staple).responses
            found |= {each.certificate_status.name.lower() for each in answers if each.serial_number == serial}
    return next((status for status in ("revoked", "unknown", "good") if status in found), "")


def _chains(bench: Bench) -> ChainsObservation:
    webapp = bench.target.declared(Webapp)
    reach(bench, webapp.url)
    addresses = webapp.addresses or addresses_of(webapp.url)
    with ThreadPoolExecutor(4) as pool:
        looks = [_look_at(bench, address, pool) for address in addresses]
    left_out = {look.address: look.trouble for look in looks if look.trouble}
    if len(left_out) == len(looks):
        raise Inconclusive(next(iter(left_out.values())))
    return ChainsObservation(
        tuple(chain for look in looks for chain in look.chains(bench)),
        left_out,
        tuple(look.address for look in looks if look.varies),
        next((look.unanswered for look in looks if look.unanswered), NOTHING),
        looked=time.time(),  # the machine's own clock, by which OpenSSL judges dates
    )


@dataclass(slots=True)
class _Look:
    """What was shown at one address, in the order of the handshakes."""

    address: str
    trouble: Sentence = NOTHING
    unanswered: Sentence = NOTHING
    shown: list[Showing] = field(default_factory=list)

    @property
    def varies(self) -> bool:
        return len({showing.chain for showing in self.shown if showing.client == _USUAL_CLIENT and showing.chain}) > 1

    def chains(self, bench: Bench) -> Iterator[ChainObservation]:
        """Say of each chain what a careful client makes of it, once."""
        host, trust = Origin.of(bench.target.declared(Webapp).url).host, declared_trust(bench)
        found: dict[tuple[bytes, ...], list[Showing]] = {}
        for showing in self.shown:
            if showing.chain:
                found.setdefault(showing.chain, []).append(showing)
        for chain, alike in found.items():
            staples = {each.staple for each in alike if each.staple}
            clients = tuple(dict.fromkeys(each.client for each in alike))
            yield replace(examine(chain, host, trust, staples), address=self.address, clients=clients)


def _look_at(bench: Bench, address: str, pool: Executor) -> _Look:
    """Ask as every kind of client, and as the usual one often enough to meet every process and node behind it."""
    first = _usual(bench, address)
    if first.trouble:
        return _Look(address, first.trouble)
    look = _Look(address, shown=[first])
    try:
        look.shown += showings(Caller(bench, bench.target.declared(Webapp).url, address), pool)
    except Inconclusive as why:
        look.unanswered = why.reason
        return look
    control = _usual(bench, address)
    if not control.trouble:
        look.shown += [control, *pool.map(lambda _: _usual(bench, address), range(_TIMES))]
        control = _usual(bench, address)
    look.shown.append(control)
    look.unanswered = control.trouble
    return look


def _usual(bench: Bench, address: str) -> Showing:
    try:
        return Showing(_USUAL_CLIENT, tuple(handshake(bench, webapp_context(bench), address)))
    except Inconclusive as why:
        return Showing(_USUAL_CLIENT, trouble=why.reason)


def facts(der: bytes) -> Certificate:
    """Read a certificate as far as it can be read."""
    digest = sha256(der).hexdigest()
    try:
        certificate, level = loaded(der), read_certificate(der, stapled=False)
        return Certificate(
            subject=certificate.subject.rfc4514_string(),
            issuer=certificate.issuer.rfc4514_string(),
            names=names_of(certificate),
            not_before=certificate.not_valid_before_utc.isoformat(),
            not_after=certificate.not_valid_after_utc.isoformat(),
            sha256=digest,
            key=level.curve or (f"{level.key_type}-{level.key_bits}" if level.key_type in _SIZED else level.key_type),
            signature=level.signature,
            issuer_url=_issuer_url(certificate),
            self_signed=_signed_by_itself(certificate),
            start=level.not_before,
            end=level.not_after,
        )
    except UNREADABLE:
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
    found = extension(certificate, x509.SubjectAlternativeName)
    if found is None:
        return ()
    return (*found.get_values_for_type(x509.DNSName), *map(str, found.get_values_for_type(x509.IPAddress)))


def _issuer_url(certificate: x509.Certificate) -> str:
    found = extension(certificate, x509.AuthorityInformationAccess) or ()
    issuers = (each for each in found if each.access_method == AuthorityInformationAccessOID.CA_ISSUERS)
    return next((str(each.access_location.value) for each in issuers), "")


def _nodes(bench: Bench) -> NodesObservation:
    webapp = bench.target.declared(Webapp)
    reach(bench, webapp.url)
    addresses = webapp.addresses or addresses_of(webapp.url)
    with ThreadPoolExecutor(4) as pool:
        return NodesObservation(tuple(pool.map(lambda address: _node(bench, address), addresses)))


def addresses_of(url: str) -> tuple[str, ...]:
    """Return the addresses behind the name, not more than 16; raises Inconclusive where it does not resolve."""
    origin = Origin.of(url)
    try:
        found = resolve(origin.host, origin.port, TIMEOUT)
    except (OSError, UnicodeError) as error:
        raise Inconclusive(say("{place}: {trouble}", place=Own(origin.host), trouble=plain_words(error))) from error
    return tuple(dict.fromkeys(str(address[0]) for _, address in found))[:_MORE_THAN_ENOUGH]


def _node(bench: Bench, address: str) -> Node:
    webapp = bench.target.declared(Webapp)
    try:
        sent = handshake(bench, webapp_context(bench), address)
        chain = examine(sent, Origin.of(webapp.url).host, declared_trust(bench))
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


chains = Probe("chain", ChainsObservation, _chains, deadline=60.0)
nodes = Probe("nodes", NodesObservation, _nodes)
