"""The sealed channel between web app and core app."""

from __future__ import annotations

from conformance.areas.chn import judge as judges
from conformance.areas.chn import judge_refusals as channel_refusals
from conformance.areas.chn import look as probes
from conformance.areas.chn.record import ChannelObservation
from conformance.engine.cases import every_case_of, proves, shows
from conformance.model import Verdict


def _clock_offset(seen: ChannelObservation) -> float | None:
    """Return the seconds that the core app's clock is ahead; None where it was not read."""
    return seen.core_clock_offset if seen.core_clock.source else None


shows("clock_offset_seconds", observes=probes.channel, told_by=_clock_offset, otherwise=None)

proves("CHN-01", observes=probes.channel, judged_by=judges.fresh)
proves("CHN-02", observes=probes.channel, judged_by=judges.unsealed)
proves("CHN-03", observes=probes.channel, judged_by=judges.forged)
proves("CHN-04", observes=probes.channel, judged_by=judges.changed)
proves("CHN-05", observes=probes.channel, judged_by=judges.stale)
proves("CHN-06", observes=probes.channel, judged_by=judges.future)
proves("CHN-07", observes=probes.channel, judged_by=judges.inside)
proves("CHN-08", observes=probes.channel, judged_by=judges.replayed_late)
proves("CHN-09", observes=probes.channel, judged_by=judges.replayed_inside)
proves("CHN-10", observes=probes.channel, judged_by=judges.clocks_agree)
proves("CHN-11", observes=probes.channel, judged_by=judges.edge)
proves("CHN-12", observes=probes.channel, judged_by=channel_refusals.alike)
proves("CHN-13", observes=probes.channel, judged_by=judges.malformed)
proves("CHN-14", observes=probes.channel, judged_by=judges.answer_sealed)
proves("CHN-15", observes=probes.channel, judged_by=judges.reflection)


@every_case_of("chn")
def test_chn(verdict: Verdict) -> None:
    """A conforming gateway keeps what the case asks of it."""
    verdict.enforce()
