"""Webhooks."""

from __future__ import annotations

from conformance.areas.hook import judge, look
from conformance.engine.cases import every_case_of, proves
from conformance.model import Verdict

proves("HOOK-01", observes=look.webhooks, judged_by=judge.never_in_the_clear)
proves("HOOK-02", observes=look.webhooks, judged_by=judge.verified_is_delivered)
proves("HOOK-03", observes=look.webhooks, judged_by=judge.unverified_gets_nothing)
proves("HOOK-04", observes=look.webhooks, judged_by=judge.authority_is_swapped)
proves("HOOK-05", observes=look.webhooks, judged_by=judge.administrators_only)
proves("HOOK-06", observes=look.webhooks, judged_by=judge.never_led_astray)


@every_case_of("hook")
def test_hook(verdict: Verdict) -> None:
    """A conforming gateway keeps what the case asks of it."""
    verdict.enforce()
