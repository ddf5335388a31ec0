"""The sealed channel between web app and core app."""

from __future__ import annotations

from conformance.areas.chn import judge, judge_refusals, look
from conformance.areas.chn.record import ChannelObservation
from conformance.engine.cases import every_case_of, proves, shows
from conformance.model import Verdict


def _clock_offset(seen: ChannelObservation) -> float | None:
    """Return the seconds that the core app's clock is ahead; None where it was not read."""
    return seen.core_clock_offset if seen.core_clock.source else None


shows("clock_offset_seconds", observes=look.channel, told_by=_clock_offset, otherwise=None)

proves("CHN-01", observes=look.channel, judged_by=judge.fresh)
proves("CHN-02", observes=look.channel, judged_by=judge.unsealed)
proves("CHN-03", observes=look.channel, judged_by=judge.forged)
proves("CHN-04", observes=look.channel, judged_by=judge.changed)
proves("CHN-05", observes=look.channel, judged_by=judge.stale)
proves("CHN-06", observes=look.channel, judged_by=judge.future)
proves("CHN-07", observes=look.channel, judged_by=judge.inside)
proves("CHN-08", observes=look.channel, judged_by=judge.replayed_late)
proves("CHN-09", observes=look.channel, judged_by=judge.replayed_inside)
proves("CHN-10", observes=look.channel, judged_by=judge.clocks_agree)
proves("CHN-11", observes=look.channel, judged_by=judge.edge)
proves("CHN-12", observes=look.channel, judged_by=judge_refusals.alike)
proves("CHN-13", observes=look.channel, judged_by=judge.malformed)
proves("CHN-14", observes=look.channel, judged_by=judge.answer_sealed)
proves("CHN-15", observes=look.channel, judged_by=judge.reflection)


@every_case_of("chn")
def test_chn(verdict: Verdict) -> None:
    """A conforming gateway keeps what the case asks of it."""
    verdict.enforce()
