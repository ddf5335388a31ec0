"""Webhooks."""

from __future__ import annotations

from conformance.areas.hook import judge as judges
from conformance.areas.hook import look as probes
from conformance.engine.cases import every_case_of, proves
from conformance.model import Verdict

proves("HOOK-01", observes=probes.webhooks, judged_by=judges.never_in_the_clear)
proves("HOOK-02", observes=probes.webhooks, judged_by=judges.verified_is_delivered)
proves("HOOK-03", observes=probes.webhooks, judged_by=judges.unverified_gets_nothing)
proves("HOOK-04", observes=probes.webhooks, judged_by=judges.authority_is_swapped)
proves("HOOK-05", observes=probes.webhooks, judged_by=judges.administrators_only)


@every_case_of("hook")
def test_hook(verdict: Verdict) -> None:
    """A conforming gateway keeps what the case asks of it."""
    verdict.enforce()
