"""The sealed channel between web app and core app."""

from __future__ import annotations

from conformance.areas.chn import judge as judges
from conformance.areas.chn import judge_refusals as channel_refusals
from conformance.areas.chn import look as probes
from conformance.areas.chn.record import ChannelObservation
from conformance.engine.cases import proves, shows
from conformance.model import Verdict


def _clock_offset(seen: ChannelObservation) -> float | None:
    """Return the seconds that the core app's clock is ahead; None where it was not read."""
    return seen.core_clock_offset if seen.core_clock.source else None


shows("clock_offset_seconds", observes=probes.channel, told_by=_clock_offset, otherwise=None)


@proves("CHN-01", observes=probes.channel, judged_by=judges.fresh)
def test_fresh_message_is_accepted(verdict: Verdict) -> None:
    """Fresh sealed messages are accepted, also several within one second."""
    verdict.enforce()


@proves("CHN-02", observes=probes.channel, judged_by=judges.unsealed)
def test_unsealed_message_is_refused(verdict: Verdict) -> None:
    """A message that is not sealed is refused."""
    verdict.enforce()


@proves("CHN-03", observes=probes.channel, judged_by=judges.forged)
def test_another_secret_is_refused(verdict: Verdict) -> None:
    """Whoever seals with another secret is refused."""
    verdict.enforce()


@proves("CHN-04", observes=probes.channel, judged_by=judges.changed)
def test_changed_message_is_refused(verdict: Verdict) -> None:
    """A message that was changed after sealing is refused."""
    verdict.enforce()


@proves("CHN-05", observes=probes.channel, judged_by=judges.stale)
def test_old_message_is_refused(verdict: Verdict) -> None:
    """A message that was sealed longer ago than the margin is refused."""
    verdict.enforce()


@proves("CHN-06", observes=probes.channel, judged_by=judges.future)
def test_message_from_the_future_is_refused(verdict: Verdict) -> None:
    """A message stamped beyond the margin in the future is refused."""
    verdict.enforce()


@proves("CHN-07", observes=probes.channel, judged_by=judges.inside)
def test_margin_is_granted(verdict: Verdict) -> None:
    """A message that is a little old, or a little ahead, is accepted."""
    verdict.enforce()


@proves("CHN-08", observes=probes.channel, judged_by=judges.replayed_late)
def test_replay_after_the_margin_is_refused(verdict: Verdict) -> None:
    """A captured message is refused once the margin has passed."""
    verdict.enforce()


@proves("CHN-09", observes=probes.channel, judged_by=judges.replayed_inside)
def test_replay_inside_the_margin_is_refused(verdict: Verdict) -> None:
    """The same bytes are refused the second time."""
    verdict.enforce()


@proves("CHN-10", observes=probes.channel, judged_by=judges.clocks_agree)
def test_clocks_agree(verdict: Verdict) -> None:
    """The clocks of core app and web app agree within the margin."""
    verdict.enforce()


@proves("CHN-11", observes=probes.channel, judged_by=judges.edge)
def test_margin_as_measured(verdict: Verdict) -> None:
    """The margin is what the measurement shows."""
    verdict.enforce()


@proves("CHN-12", observes=probes.channel, judged_by=channel_refusals.alike)
def test_refusals_do_not_tell_their_cause(verdict: Verdict) -> None:
    """Refusals of stale, forged and changed messages look the same."""
    verdict.enforce()


@proves("CHN-13", observes=probes.channel, judged_by=judges.malformed)
def test_malformed_input_is_survived(verdict: Verdict) -> None:
    """What is no message is refused, and does no harm to the service."""
    verdict.enforce()


@proves("CHN-14", observes=probes.channel, judged_by=judges.answer_sealed)
def test_answer_is_sealed(verdict: Verdict) -> None:
    """What the core app answers is sealed."""
    verdict.enforce()


@proves("CHN-15", observes=probes.channel, judged_by=judges.reflection)
def test_reflection(verdict: Verdict) -> None:
    """A message for one direction is of no use in the other."""
    verdict.enforce()
