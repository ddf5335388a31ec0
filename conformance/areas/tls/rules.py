"""Where an endpoint departs from a level: one function a subject, each tells only what was really seen.

A rule finds nothing in facts that are missing; whoever concludes "nothing found" asks `tls_facts` first
whether all was seen. Nothing is held against anybody that the guideline is silent on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from conformance.areas.tls.facts import BEFORE_TLS13, met, offers, spoken
from conformance.areas.tls.facts import groups as offered_groups
from conformance.engine.policy import Profile
from conformance.handshake.record import VERSIONS, Certificate, Suites, TlsObservation
from conformance.sentence import Own, Sentence, counted, say

HYBRID = "x25519mlkem768"


@dataclass(frozen=True, slots=True)
class Finding:
    """One departure: what was seen, and where in the observation it stands (JSON Pointer)."""

    text: Sentence
    pointer: str


class Presenting(Protocol):
    """What presents certificates: the endpoint as a whole, or one address behind its name."""

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """Return every certificate that was seen."""


def may_be_absent(version: str) -> bool:
    """Tell whether a listed version need not be offered: SSL 3.0, which current TLS libraries no longer have."""
    return version == "ssl-3.0"


def version(seen: TlsObservation, profile: Profile, name: str) -> list[Finding]:
    """Find a version that is offered and not listed, or listed and not offered."""
    is_offered, pointer = offers(seen, name), f"/versions/{name}"
    if is_offered and name not in profile.versions:
        suites = seen.suites[name].accepted if name in seen.suites else ()
        if suites:
            return [Finding(say("offered {version} with {suite}", version=spoken(name), suite=Own(suites[0])), pointer)]
        return [Finding(say("offered {version}", version=spoken(name)), pointer)]
    if not is_offered and name in profile.versions and not may_be_absent(name):
        answer = met(seen.versions[name])
        text = say("{version} is not offered (its hello met: {answer})", version=spoken(name), answer=answer)
        return [Finding(text, pointer)]
    return []


def listed_suites(profile: Profile, name: str) -> tuple[str, ...]:
    """Return the level's list for a version."""
    return profile.suites_tls13 if name == "tls-1.3" else profile.suites


def suites(seen: TlsObservation, profile: Profile, name: str) -> list[Finding]:
    """Find suites of a version that the level does not list."""
    listed = listed_suites(profile, name)
    known = seen.suites.get(name, Suites())
    return [
        Finding(
            say("accepted {suite} with {version}", suite=Own(suite), version=spoken(name)),
            _suite_pointer(known, name, suite),
        )
        for suite in known.accepted
        if suite not in listed
    ]


def _suite_pointer(known: Suites, name: str, suite: str) -> str:
    for field in ("in_order", "by_hello", "by_sslyze"):
        if suite in (found := getattr(known, field)):
            return f"/suites/{name}/{field}/{found.index(suite)}"
    return f"/suites/{name}"


def groups(seen: TlsObservation, profile: Profile, version: str) -> list[Finding]:
    """Find groups that the level does not list, and a server that leaves no classical group.

    X25519MLKEM768 is taken wherever X25519 is listed: it is that very exchange, with another one added.
    """
    found, field = offered_groups(seen, version), version.replace("tls-1.", "groups_tls1")
    tolerated = {HYBRID} if "x25519" in profile.groups else set()
    stray = [
        Finding(say("offered the group {group}", group=Own(group)), f"/{field}/{n}")
        for n, group in enumerate(found)
        if group not in {*profile.groups, *tolerated}
    ]
    if found and set(found) <= {HYBRID} and version not in seen.groups_open:
        alone = say("offered {group} alone, and no classical group beside it", group=Own(HYBRID))
        stray.append(Finding(alone, f"/{field}"))
    return stray


def dh_size(seen: TlsObservation, profile: Profile) -> list[Finding]:
    """Find a Diffie-Hellman modulus below the level's minimum."""
    if profile.dh_bits is None or seen.dh_bits is None or seen.dh_bits >= profile.dh_bits:
        return []
    return [Finding(say("used a Diffie-Hellman modulus of {bits} bits", bits=seen.dh_bits), "/dh_bits")]


def key_type(seen: Presenting, profile: Profile) -> list[Finding]:
    """Find certificates whose kind of key the level does not list."""
    return [
        Finding(
            say("the certificate of {subject} has a key of type {kind}", subject=Own(c.subject), kind=Own(c.key_type)),
            f"{pointer}/key_type",
        )
        for pointer, c in _numbered(seen)
        if c.key_type not in profile.certificate_types
    ]


def states_size(profile: Profile, certificate: Certificate) -> bool:
    """Tell whether the level says anything of the curve or size of this kind of key."""
    if certificate.key_type == "ecdsa":
        return bool(profile.certificate_curves)
    return certificate.key_type == "rsa" and profile.rsa_bits is not None


def key_size(seen: Presenting, profile: Profile) -> list[Finding]:
    """Find ECDSA keys on a curve that is not listed, and RSA keys that are too short."""
    found = []
    for pointer, c in _numbered(seen):
        if not states_size(profile, c):
            continue
        if c.key_type == "ecdsa" and c.curve not in profile.certificate_curves:
            text = say("{certificate} has an ECDSA key on {curve}", certificate=_label(c), curve=Own(str(c.curve)))
            found.append(Finding(text, f"{pointer}/curve"))
        if c.key_type == "rsa" and c.key_bits < (profile.rsa_bits or 0):
            text = say("{certificate} has an RSA key of {bits} bits", certificate=_label(c), bits=c.key_bits)
            found.append(Finding(text, f"{pointer}/key_bits"))
    return found


def listed_signatures(profile: Profile) -> tuple[str, ...]:
    """List the signatures that the level takes; where SHA-1 is listed, SHA-256 stands in for it.

    Guideline 4.0 lists SHA-1 for clients of its time, and no public authority has signed with it since 2016.
    """
    stronger = ("rsa-sha256",) if "rsa-sha1" in profile.certificate_signatures else ()
    return (*profile.certificate_signatures, *stronger)


def signature(seen: Presenting, profile: Profile) -> list[Finding]:
    """Find certificates signed in a way that the level does not list."""
    return [
        Finding(
            say("{certificate} is signed with {signature}", certificate=_label(c), signature=Own(c.signature)),
            f"{pointer}/signature",
        )
        for pointer, c in _numbered(seen)
        if c.signature not in listed_signatures(profile)
    ]


def life(seen: Presenting, longest: int | None) -> list[Finding]:
    """Find certificates that live longer than `longest` whole days; a part of a day does not count."""
    return [
        Finding(
            counted("{certificate} lives {n} day", "{certificate} lives {n} days", int(c.days), certificate=_label(c)),
            f"{pointer}/days",
        )
        for pointer, c in _numbered(seen)
        if longest is not None and int(c.days) > longest
    ]


def staple(seen: TlsObservation) -> list[Finding]:
    """Find certificates that demand a stapled OCSP answer and come without, and answers that clients turn down.

    A bad answer counts also where none is demanded: clients that read it hang up, and do not where there is none.
    """
    without = [
        Finding(
            say("{certificate} demands a stapled OCSP answer, and none came with it", certificate=_label(c)),
            f"{pointer}/stapled",
        )
        for pointer, c in _numbered(seen)
        if c.must_staple and not c.stapled
    ]
    return without + [
        Finding(
            say(
                "the OCSP answer stapled to {certificate} is worth nothing: {trouble}",
                certificate=_label(c),
                trouble=c.staple_trouble,
            ),
            f"{pointer}/staple_trouble",
        )
        for pointer, c in _numbered(seen)
        if c.stapled and c.staple_trouble
    ]


def own_order(seen: TlsObservation, profile: Profile) -> list[Finding]:
    """Find versions in which the client's order of suites decides although the level asks for the server's.

    TLS 1.3 is left out: the guideline orders its suites nowhere but in a list that servers take as a set.
    """
    return [
        Finding(say("followed the client's order with {version}", version=spoken(name)), f"/suites/{name}/server_order")
        for name, known in _orderable(seen, profile)
        if known.server_order is False
    ]


def level_order(seen: TlsObservation, profile: Profile) -> list[Finding]:
    """Find suites that the server prefers to one that stands before them in the level's list."""
    return [
        Finding(
            say(
                "preferred {first} to {second} with {version}",
                first=Own(first),
                second=Own(second),
                version=spoken(name),
            ),
            f"/suites/{name}/in_order",
        )
        for name, known in _orderable(seen, profile)
        if known.server_order
        for first, second in _inversions(known, profile.suites)
    ]


def _orderable(seen: TlsObservation, profile: Profile) -> Iterator[tuple[str, Suites]]:
    for name in BEFORE_TLS13:
        if profile.server_order and name in profile.versions and name in seen.suites:
            yield name, seen.suites[name]


def _inversions(known: Suites, listed: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Compare within one kind of certificate: which certificate comes first is not the list's affair.

    A server that moves ChaCha20 to the front for clients that do so still decides by its own order.
    """
    for family in ("_ECDSA_", "_RSA_", "_DSS_"):
        own = [
            listed.index(suite)
            for suite in known.in_order
            if suite in listed and family in suite and not (known.prioritises_chacha and "CHACHA20" in suite)
        ]
        yield from ((listed[first], listed[second]) for first, second in pairwise(own) if first > second)


def departures(seen: TlsObservation, profile: Profile) -> list[Finding]:
    """Find everything that keeps the endpoint from being at a level."""
    found: list[Finding] = []
    for name in VERSIONS:
        found += version(seen, profile, name)
        if name in profile.versions:
            found += suites(seen, profile, name)
    if "tls-1.3" in profile.versions:
        found += groups(seen, profile, "tls-1.3")
    if "tls-1.2" in profile.versions:
        found += groups(seen, profile, "tls-1.2")
    for rule in (dh_size, key_type, key_size, signature, own_order, level_order):
        found += rule(seen, profile)
    return found + life(seen, profile.maximum_life) + staple(seen)


def _numbered(seen: Presenting) -> Iterable[tuple[str, Certificate]]:
    return ((f"/certificates/{n}", c) for n, c in enumerate(seen.certificates))


def _label(certificate: Certificate) -> Sentence:
    kind, subject = Own(certificate.key_type), Own(certificate.subject)
    return say("the {kind} certificate of {subject}", kind=kind, subject=subject)
