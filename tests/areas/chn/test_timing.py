from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.areas.chn import timing
from conformance.areas.chn.timing import Bounds

TOLERANCE = 10
OFFSETS = st.floats(-1000, 1000)
INSTANTS = st.floats(1_700_000_000, 1_800_000_000)


@given(offset=OFFSETS, starts=st.lists(INSTANTS, min_size=1, max_size=8), took=st.floats(0, 2))
def test_a_clock_that_cuts_seconds_lies_within_what_is_read_of_it(
    offset: float, starts: list[float], took: float
) -> None:
    seen = timing.narrowed([timing.shown(math.floor(at + offset + took / 2), at, at + took) for at in starts])
    assert seen.low - 1e-6 <= offset <= seen.high + 1e-6


def test_reading_at_several_points_of_a_second_narrows_a_clock_down() -> None:
    seen = timing.narrowed([timing.shown(math.floor(100 + n / 5 + 7.5), 100 + n / 5, 100 + n / 5) for n in range(5)])
    assert seen.reading("date").offset == pytest.approx(7.5, abs=0.11)
    assert seen.reading("date").uncertainty <= 0.11


@given(offset=st.floats(-5, 5))
def test_a_clock_that_rounds_is_bounded_as_well(offset: float) -> None:
    instants = [100 + n / 7 for n in range(7)]
    seen = timing.narrowed([timing.shown(math.floor(at + offset + 0.5), at, at) for at in instants])
    assert seen.low - 0.6 <= offset <= seen.high + 0.6


@pytest.mark.parametrize(
    ("value", "second"), [("Mon, 21 Sep 2026 14:13:20 GMT", 1_790_000_000), ("never", None), ("", None)]
)
def test_date_header(value: str, second: float | None) -> None:
    assert timing.date_second((("Server", "x"), ("date", value))) == second


def test_no_date_header() -> None:
    assert timing.date_second((("Server", "x"),)) is None


@given(core=INSTANTS, doubt=st.floats(0, 0.3), error=st.floats(-1, 1), age=st.sampled_from([1, 2, 4]))
def test_what_must_be_accepted_is_within_five_seconds_however_the_core_reads_its_clock(
    core: float, doubt: float, error: float, age: int
) -> None:
    low, high = Bounds(error * doubt - doubt, error * doubt + doubt).at(core)
    for when in (timing.inside(age, TOLERANCE), timing.inside(-age, TOLERANCE), timing.fresh(TOLERANCE)):
        stamp = when.stamp(low, high)
        assert when.holds(low - stamp, high - stamp)
        assert abs(core - stamp) < 5
        assert abs(math.floor(core) - stamp) <= 5


@given(core=INSTANTS, doubt=st.floats(0, 0.3), error=st.floats(-1, 1))
def test_what_must_be_refused_is_beyond_the_margin_however_the_core_reads_its_clock(
    core: float, doubt: float, error: float
) -> None:
    low, high = Bounds(error * doubt - doubt, error * doubt + doubt).at(core)
    for when in (timing.stale(TOLERANCE + 1, TOLERANCE), timing.ahead(TOLERANCE + 2, TOLERANCE)):
        stamp = when.stamp(low, high)
        assert when.holds(low - stamp, high - stamp)
        for reading in (core, math.floor(core), round(core)):
            assert abs(reading - stamp) > TOLERANCE


def test_a_message_from_the_future_that_is_delayed_bears_no_verdict() -> None:
    when = timing.ahead(12, TOLERANCE)
    stamp = when.stamp(100.0, 100.0)
    assert when.holds(100.0 - stamp, 100.9 - stamp)
    assert not when.holds(100.0 - stamp, 101.1 - stamp)


def test_a_stale_message_only_grows_older() -> None:
    when = timing.stale(11, TOLERANCE)
    assert when.holds(11.0, 1e6)
    assert not when.holds(10.5, 11.5)


@pytest.mark.parametrize(("tolerance", "half"), [(1, 1), (2, 2), (4, 2), (10, 5), (60, 30)])
def test_well_inside_scales_with_the_margin(tolerance: int, half: float) -> None:
    assert timing.well_inside(tolerance) == (-half, half)
