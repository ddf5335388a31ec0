"""Every fault breaks exactly what it declares; near misses and the reference break nothing."""

from __future__ import annotations

import pytest

from conformance import catalogue
from conformance.model import Level
from reference_server.faults import faults, near_misses
from tests.arena import reference


@pytest.mark.parametrize("name", faults())
def test_fault_breaks_exactly_what_it_declares(name: str) -> None:
    fault = faults()[name]
    outcomes = reference(name)
    assert outcomes.failed() == set(fault.breaks), outcomes.failures()


@pytest.mark.parametrize("name", near_misses())
def test_near_miss_is_not_mistaken_for_a_fault(name: str) -> None:
    outcomes = reference(name)
    assert outcomes.failed() == set(near_misses()[name].breaks), outcomes.failures()
    assert not outcomes.inconclusive


@pytest.mark.parametrize("level", ["modern", "intermediate", "old"])
def test_reference_keeps_every_promise(level: str) -> None:
    outcomes = reference(level=level)
    assert not outcomes.inconclusive
    assert outcomes.failed() == (set() if level == "modern" else {"TLS-09"}), outcomes.failures()


def test_every_must_and_should_has_a_fault() -> None:
    judged = {row.id for row in catalogue.load().values() if row.level is not Level.MAY and not row.excluded}
    broken = {requirement for fault in faults().values() for requirement in fault.breaks}
    assert judged == broken
