"""Endpoints at a level, as an observation of them reads, for judges' tests to change one fact of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from conformance.engine.policy import Policy
from conformance.handshake.record import VERSIONS, Answer, Certificate, Suites, TlsObservation, Weakness
from conformance.inputs import target

ECDSA = Certificate(
    subject="CN=gw.example",
    issuer="CN=CA",
    sha256="00",
    key_type="ecdsa",
    key_bits=256,
    curve="secp256r1",
    signature="ecdsa-sha256",
    not_before=0.0,
    not_after=60 * 86400.0,
    days=60.0,
    must_staple=False,
    names_responder=False,
    stapled=False,
)
RSA = replace(ECDSA, key_type="rsa", key_bits=2048, curve=None, signature="rsa-sha256")

TLS13 = Suites(in_order=("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"), server_order=False)
_GCM = Suites(in_order=("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",))
_OLD = (
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
)


def endpoint(suites: dict[str, Suites], certificate: Certificate, **facts: Any) -> TlsObservation:
    """Return an endpoint that offers the versions of `suites` and refuses every other."""
    offered = {name: Answer("offered" if name in suites else "alert") for name in VERSIONS}
    weak = ("heartbleed", "ccs-injection", "robot", "compression", "insecure-renegotiation")
    seen = TlsObservation(
        endpoint="gw.example:443",
        started=0.0,
        canaries=(True, True, True),
        versions=offered,
        suites=suites,
        groups_tls13=("x25519", "secp256r1") if "tls-1.3" in suites else (),
        groups_tls12=("x25519", "secp256r1") if "tls-1.2" in suites else (),
        dh_bits=None,
        certificates=(certificate,),
        weaknesses={name: Weakness(vulnerable=False) for name in weak},
        early_data=False,
        extended_master_secret=True,
        fallback_scsv=True,
        client_renegotiation=False,
    )
    return replace(seen, **facts)


MODERN = endpoint({"tls-1.3": TLS13}, ECDSA)
INTERMEDIATE = endpoint({"tls-1.2": _GCM, "tls-1.3": TLS13}, ECDSA)
LEGACY_MODERN = endpoint({"tls-1.2": _GCM}, ECDSA, groups_tls12=("secp256r1", "secp521r1"))
OLD = endpoint(
    {
        "tls-1.0": Suites(in_order=_OLD[2:], server_order=True),
        "tls-1.1": Suites(in_order=_OLD[2:], server_order=True),
        "tls-1.2": Suites(in_order=_OLD, server_order=True),
        "tls-1.3": TLS13,
    },
    RSA,
)


def policy(level: str, guideline: str = "5.8") -> Policy:
    """Return a target that declares `level` under `guideline`."""
    webapp = {"url": "https://gw.example", "security_level": level, "guideline": guideline}
    return Policy(target.parse({"schema": 1, "name": "t", "webapp": webapp}))


def with_version(
    seen: TlsObservation, name: str, outcome: str, *, suites: tuple[str, ...] | None = None
) -> TlsObservation:
    """Return `seen` with another answer to a version; `suites` replaces what is accepted with it."""
    known = dict(seen.suites)
    if suites is not None:
        known[name] = Suites(in_order=suites)
    return replace(seen, versions={**seen.versions, name: Answer(outcome)}, suites=known)


def with_suites(seen: TlsObservation, name: str, **facts: Any) -> TlsObservation:
    """Return `seen` with changed facts of one version's suites."""
    known = replace(seen.suites.get(name, Suites()), **facts)
    return replace(seen, suites={**seen.suites, name: known})
