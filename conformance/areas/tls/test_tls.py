"""TLS: what the endpoint offers, against the declared security level."""

from __future__ import annotations

from conformance.areas.tls import judge as judges
from conformance.areas.tls import judge_hardening as hardening
from conformance.areas.tls import judge_level as levels
from conformance.areas.tls import look as probes
from conformance.engine.cases import every_case_of, proves, shows
from conformance.model import Verdict

shows("tls_level", observes=probes.scan, told_by=levels.levels, otherwise={})

proves("TLS-01", observes=probes.scan, judged_by=levels.level)
proves("TLS-02", observes=probes.scan, judged_by=judges.protocol_version)
proves("TLS-03", observes=probes.scan, judged_by=judges.cipher_suites)
proves("TLS-04", observes=probes.scan, judged_by=judges.key_exchange)
proves("TLS-05", observes=probes.scan, judged_by=judges.certificate)
proves("TLS-06", observes=probes.scan, judged_by=judges.certificate_life)
proves("TLS-07", observes=probes.scan, judged_by=judges.weakness)
proves("TLS-08", observes=probes.scan, judged_by=judges.server_order)
proves("TLS-09", observes=probes.scan, judged_by=levels.default_level)
proves("TLS-10", observes=probes.scan, judged_by=hardening.stapling)
proves("TLS-11", observes=probes.scan, judged_by=hardening.hybrid)
proves("TLS-12", observes=probes.scan, judged_by=hardening.early_data)
proves("TLS-13", observes=probes.scan, judged_by=hardening.protections)


@every_case_of("tls")
def test_tls(verdict: Verdict) -> None:
    """A conforming gateway keeps what the case asks of it."""
    verdict.enforce()
