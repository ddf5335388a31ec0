"""Webhooks."""

from __future__ import annotations

from conformance.areas.hook import judge as judges
from conformance.areas.hook import look as probes
from conformance.engine.cases import proves
from conformance.model import Verdict


@proves("HOOK-01", observes=probes.webhooks, judged_by=judges.never_in_the_clear)
def test_never_in_the_clear(verdict: Verdict) -> None:
    """The gateway refuses a plain http address for callbacks, or delivers nothing there."""
    verdict.enforce()


@proves("HOOK-02", observes=probes.webhooks, judged_by=judges.verified_is_delivered)
def test_verified_is_delivered(verdict: Verdict) -> None:
    """A callback reaches a receiver whose certificate chains to the authority that was uploaded."""
    verdict.enforce()


@proves("HOOK-03", observes=probes.webhooks, judged_by=judges.unverified_gets_nothing)
def test_unverified_gets_nothing(verdict: Verdict) -> None:
    """The gateway hangs up on a receiver whose certificate does not verify, before it has sent anything."""
    verdict.enforce()


@proves("HOOK-04", observes=probes.webhooks, judged_by=judges.authority_is_swapped)
def test_authority_is_swapped(verdict: Verdict) -> None:
    """The authority that was stored last is the one that counts, and none of them once it is deleted."""
    verdict.enforce()


@proves("HOOK-05", observes=probes.webhooks, judged_by=judges.administrators_only)
def test_administrators_only(verdict: Verdict) -> None:
    """Nobody but an administrator stores or deletes the authority for webhooks."""
    verdict.enforce()
