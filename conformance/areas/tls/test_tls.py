"""TLS: what the endpoint offers, against the declared security level."""

from __future__ import annotations

from conformance.areas.tls import judge, judge_hardening, judge_level, look
from conformance.engine.cases import every_case_of, proves, shows
from conformance.model import Verdict

shows("tls_level", observes=look.scan, told_by=judge_level.levels, otherwise={})

proves("TLS-01", observes=look.scan, judged_by=judge_level.level)
proves("TLS-02", observes=look.scan, judged_by=judge.protocol_version)
proves("TLS-03", observes=look.scan, judged_by=judge.cipher_suites)
proves("TLS-04", observes=look.scan, judged_by=judge.key_exchange)
proves("TLS-05", observes=look.scan, judged_by=judge.certificate)
proves("TLS-06", observes=look.scan, judged_by=judge.certificate_life)
proves("TLS-07", observes=look.scan, judged_by=judge.weakness)
proves("TLS-08", observes=look.scan, judged_by=judge.server_order)
proves("TLS-09", observes=look.declared, judged_by=judge_level.default_level)
proves("TLS-10", observes=look.scan, judged_by=judge_hardening.stapling)
proves("TLS-11", observes=look.scan, judged_by=judge_hardening.hybrid)
proves("TLS-12", observes=look.scan, judged_by=judge_hardening.early_data)
proves("TLS-13", observes=look.scan, judged_by=judge_hardening.protections)


@every_case_of("tls")
def test_tls(verdict: Verdict) -> None:
    """A conforming gateway keeps what the case asks of it."""
    verdict.enforce()
