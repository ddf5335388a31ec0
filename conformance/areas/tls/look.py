"""Looks at the web app's TLS endpoint, once, for all levels and guidelines: own hellos, and sslyze."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from conformance.areas.tls.findings import certificates, suites, troubles, weaknesses
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

DEADLINE = 120.0
_SPARE = 15.0
_AT_ONCE = 6


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
        groups_tls13=seen.groups_tls13,
        groups_tls12=seen.groups_below,
        dh_bits=seen.dh_bits,
        certificates=certificates(seen, sslyze),
        weaknesses=weaknesses(seen, sslyze),
        early_data=sslyze.findings.get("early-data") if "tls-1.3" in live else False,
        extended_master_secret=seen.extensions.master_secret if seen.extensions else None,
        fallback_scsv=seen.fallback_refused,
        client_renegotiation=_client_renegotiation(live, sslyze),
        troubles=troubles(seen, sslyze, live),
        connections=caller.connections,
    )


def _client_renegotiation(live: list[str], sslyze: SslyzeFindings) -> bool | None:
    """Believe sslyze where it tried: with TLS 1.3 on, it tries TLS 1.2 alone and takes a refusal for a no."""
    if live == ["tls-1.3"]:
        return False
    if {"tls-1.2", "tls-1.3"} & set(live) and not sslyze.reaches_tls12:
        return None
    return sslyze.findings.get("client-renegotiation")


scan = Probe("tls", TlsObservation, _scan, DEADLINE)
