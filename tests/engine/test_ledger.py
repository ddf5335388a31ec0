"""What the results show of a target beside verdicts is told by records, and only where there is one."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

from conformance.areas.chn.record import Attempt, ChannelObservation, ClockReading
from conformance.engine import cases, ledger
from conformance.engine.recording import Observed, taken_apart
from conformance.engine.results import Target
from conformance.sentence import say


def channel(source: str, offset: float) -> Observed:
    noise = Attempt(say("noise"), accepted=False)
    clock = ClockReading(source=source)
    record = ChannelObservation("http://core", "plain", 0.0, clock, offset, None, noise, (), {})
    return Observed({"channel/0": taken_apart(TypeAdapter(ChannelObservation), record)[0]})


@pytest.mark.parametrize(
    ("observed", "offset"),
    [
        (Observed(), None),
        (Observed({"channel/0": {"inconclusive": "silent"}}), None),
        (Observed({"channel/0": {"core_clock": {"source": "date"}}}), None),  # of another edition
        (channel("", 0.0), None),
        (channel("date", -0.5), -0.5),
    ],
)
def test_a_clock_that_was_not_read_is_not_said_to_be_right(observed: Observed, offset: float | None) -> None:
    found: dict[str, Any] = ledger.facts(observed)
    assert found == {"clock_offset_seconds": offset, "tls_level": {}}


def test_the_results_have_a_place_for_every_fact() -> None:
    assert cases.facts().keys() <= Target.model_fields.keys()
