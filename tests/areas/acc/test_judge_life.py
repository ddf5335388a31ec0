"""How long what is served lasts: a table of lives, and what is said of each."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from conformance import catalogue
from conformance.areas.acc.judge_life import lasts
from conformance.areas.acc.record import Certificate, ChainObservation, ChainsObservation
from conformance.engine.policy import Policy
from conformance.inputs import target
from conformance.model import Case, Inconclusive, Level, NotApplicable, Outcome, Verdict

NOW = datetime.datetime(2026, 12, 1, tzinfo=datetime.UTC)


def certificate(left: float, life: float = 90, *, anchor: bool = False) -> Certificate:
    end = NOW + datetime.timedelta(days=left)
    start = end - datetime.timedelta(days=life)
    name = "CN=root" if anchor else "CN=gw.example"
    return Certificate(
        name,
        "CN=ca",
        (),
        start.isoformat(),
        end.isoformat(),
        "00",
        self_signed=anchor,
        start=start.timestamp(),
        end=end.timestamp(),
    )


def judged(*chains: tuple[Certificate, ...], **webapp: Any) -> Verdict:
    shown = (
        ChainObservation("gw.example", "", served, 0, "", "", address=f"192.0.2.{n}") for n, served in enumerate(chains)
    )
    seen = ChainsObservation(tuple(shown), looked=NOW.timestamp())
    policy = Policy(target.parse({"schema": 1, "name": "t", "webapp": {"url": "https://gw.example", **webapp}}))
    case = Case("ACC-10", catalogue.load()["ACC-10"], "", "", "gw.example:443", Level.SHOULD)
    return lasts(seen, policy, case)


@pytest.mark.parametrize(
    ("left", "life", "outcome", "notes"),
    [
        (60, 90, Outcome.PASS, 0),
        (30.1, 90, Outcome.PASS, 0),
        (29.5, 90, Outcome.PASS, 1),
        (14.1, 90, Outcome.PASS, 1),
        (13.9, 90, Outcome.FAIL, 0),
        (0.5, 398, Outcome.FAIL, 0),
        (15, 47, Outcome.PASS, 1),
        (13, 47, Outcome.FAIL, 0),
        (2.1, 6, Outcome.PASS, 0),
        (1.9, 6, Outcome.FAIL, 0),
    ],
)
def test_what_is_left_of_a_life(left: float, life: float, outcome: Outcome, notes: int) -> None:
    told = judged((certificate(left, life),))
    assert (told.outcome, len(told.notes)) == (outcome, notes)


def test_the_days_can_be_set() -> None:
    assert judged((certificate(20, 398),), certificate_days=21).outcome is Outcome.FAIL
    assert judged((certificate(20, 398),), certificate_days=7, certificate_warning_days=14).notes == ()


def test_every_certificate_of_every_chain_counts_but_anchors() -> None:
    fine, anchor = certificate(60), certificate(3, 3650, anchor=True)
    assert judged((fine, anchor), (fine,)).outcome is Outcome.PASS
    told = judged((fine, anchor), (fine, certificate(3)))
    assert (told.outcome, told.exhibits) == (Outcome.FAIL, ("/chains/1/served/1",))
    assert "at 192.0.2.1 ends in 3 days" in told.observed
    assert judged((certificate(3, anchor=True),)).outcome is Outcome.FAIL


def test_what_has_ended_is_judged_elsewhere() -> None:
    with pytest.raises(NotApplicable, match="ACC-02"):
        judged((certificate(-1),))
    assert judged((certificate(-1),), (certificate(5),)).outcome is Outcome.FAIL
    with pytest.raises(Inconclusive, match="no certificate was seen"):
        judged(())
