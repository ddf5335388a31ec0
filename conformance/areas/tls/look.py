"""Looks at the web app's TLS endpoint, once, for all levels and guidelines: own hellos, and sslyze."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from cryptography import x509

from conformance.areas.tls.findings import certificates, fields, suites, troubles, weaknesses
from conformance.areas.tls.record import DeclaredLevel
from conformance.bench import Bench
from conformance.engine.observatory import Probe
from conformance.handshake.caller import Caller
from conformance.handshake.enumerate import enumerate_all, with_late_staples
from conformance.handshake.record import TlsObservation
from conformance.handshake.sslyze_scan import SslyzeChild, SslyzeFindings
from conformance.handshake.versions import live_versions
from conformance.inputs.target import Webapp
from conformance.sentence import say
from conformance.web.preflight import reach

DEADLINE = 120.0  # seconds
_SPARE = 15.0  # seconds of the deadline left to put together what was seen
_AT_ONCE = 6  # bounds the load: a handshake costs a server more than a client


def _scan(bench: Bench) -> TlsObservation:
    webapp = bench.target.declared(Webapp)
    started, ends = bench.clock.now(), time.monotonic() + DEADLINE - _SPARE
    caller = Caller(bench, webapp.url)
    # Name and port only: whether it speaks TLS is for our own hellos to say.
    reach(bench, f"http://{bench.target.subject('webapp')}")
    at_once = min(_AT_ONCE, bench.target.limits.connections)
    with SslyzeChild() as child, ThreadPoolExecutor(at_once, "hello") as pool:
        versions = live_versions(caller, pool)
        live = [version for version, answer in versions.items() if answer.outcome == "offered"]
        caller.check()
        seen = enumerate_all(caller, live, pool)
        sslyze = SslyzeFindings()
        if caller.check():
            sslyze = child.scan(bench, caller, live, ends, caller.check)
        if all(caller.canaries):
            seen = with_late_staples(caller, seen)
            caller.check()
        if not all(caller.canaries):
            sslyze = sslyze.disbelieved(say("the endpoint did not answer the control hello all along"))
    return TlsObservation(
        endpoint=bench.target.subject("webapp"),
        started=started,
        canaries=tuple(caller.canaries),
        versions=versions,
        suites=suites(seen, sslyze),
        groups_tls13=seen.groups_tls13.names,
        groups_tls12=seen.groups_below.names,
        groups_open=tuple(
            version
            for version, groups in (("tls-1.2", seen.groups_below), ("tls-1.3", seen.groups_tls13))
            if not groups.complete
        ),
        dh_bits=min((prime.bit_length() for prime in seen.dh_primes), default=None),
        dh_fields=fields(seen),
        # Not by the bench's clock: whatever verifies certificates goes by the machine's own.
        certificates=certificates(seen, _trusted(bench), time.time()),
        weaknesses=weaknesses(seen, sslyze),
        early_data=sslyze.findings.get("early-data") if "tls-1.3" in live else False,
        extended_master_secret=seen.extensions.master_secret if seen.extensions else None,
        fallback_scsv=seen.fallback.refused if seen.fallback else None,
        fallback_warned=seen.fallback.warned if seen.fallback else None,
        client_renegotiation=False if live == ["tls-1.3"] else sslyze.findings.get("client-renegotiation"),
        troubles=troubles(seen, sslyze, live),
        connections=caller.connections,
    )


def _declared(bench: Bench) -> DeclaredLevel:
    webapp = bench.target.webapp
    assert webapp is not None  # noqa: S101 - the engine starts this probe for a declared section only
    return DeclaredLevel(webapp.security_level)


def _trusted(bench: Bench) -> list[x509.Certificate]:
    """Return the authorities of webapp.ca_file; whether that can be used at all is told where it is verified by."""
    webapp = bench.target.webapp
    if webapp is None or webapp.ca_file is None:
        return []
    try:
        return x509.load_pem_x509_certificates(bench.file(webapp.ca_file).read_bytes())
    except (OSError, ValueError):
        return []


declared = Probe("declared-level", DeclaredLevel, _declared)
scan = Probe("tls", TlsObservation, _scan, DEADLINE)
