"""Every fault breaks exactly what it declares; near misses and the reference break nothing.

Faults of different areas share a run; `tests.packs` says why that tells as much as a run for each. The runs go side by
side, one process a processor, beside the tests of other modules (`under_way`). What a run recorded is judged once more,
offline: the verdicts are the same.
"""

from __future__ import annotations

import pytest

from conformance import catalogue
from conformance.model import Level
from reference_server.faults import faults, named, near_misses
from tests import layouts
from tests.arena import reference, rejudged
from tests.databases import needs_postgres
from tests.packs import UnderWay


def _has_its_server(spoilt: str) -> None:
    """Skip what needs a database where none is installed, or networks where the machine allows none."""
    if named(spoilt).area == "dbt":
        needs_postgres()
    if named(spoilt).area == layouts.AREA:
        layouts.needed()


@pytest.mark.parametrize("spoilt", faults())
def test_fault_breaks_exactly_what_it_declares(spoilt: str, under_way: UnderWay) -> None:
    _has_its_server(spoilt)
    seen = under_way[spoilt].result()[spoilt]
    assert seen.failed == seen.declared, seen.failures
    assert not seen.changed_offline


@pytest.mark.parametrize("spoilt", near_misses())
def test_near_miss_is_not_mistaken_for_a_fault(spoilt: str, under_way: UnderWay) -> None:
    _has_its_server(spoilt)
    seen = under_way[spoilt].result()[spoilt]
    assert seen.failed == seen.declared, seen.failures
    assert not seen.inconclusive
    assert not seen.changed_offline


@pytest.mark.parametrize("level", ["modern", "intermediate", "old"])
def test_reference_keeps_every_promise(level: str, request: pytest.FixtureRequest) -> None:
    areas = request.config.option.area
    outcomes = reference(level=level, areas=areas)
    assert not outcomes.inconclusive
    lowered = level != "modern" and (not areas or "tls" in areas)
    assert outcomes.failed() == ({"TLS-09"} if lowered else set()), outcomes.failures()
    assert rejudged(outcomes).by_case() == outcomes.by_case()


def test_every_must_and_should_has_a_fault() -> None:
    judged = {row.id for row in catalogue.load().values() if row.level is not Level.MAY and not row.excluded}
    broken = {requirement for fault in faults().values() for requirement in fault.breaks}
    assert judged == broken
