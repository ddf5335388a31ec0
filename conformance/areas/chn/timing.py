"""When a message says that it was sealed, and how sure its age is: no verdict may hang on a network's delay."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from conformance.areas.chn.record import ClockReading


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between which seconds a clock is ahead of the suite's own."""

    low: float = 0.0
    high: float = 0.0

    def at(self, now: float) -> tuple[float, float]:
        """Return the earliest and the latest that the other clock can show when ours shows `now`."""
        return now + self.low, now + self.high

    def reading(self, source: str) -> ClockReading:
        """Return the middle and how far from it the truth can be."""
        return ClockReading(round((self.low + self.high) / 2, 3), round((self.high - self.low) / 2, 3), source)


def shown(second: float, before: float, after: float) -> Bounds:
    """Bound a clock that showed the whole `second` some time between `before` and `after`, on ours."""
    return Bounds(second - after, second + 1 - before)


def narrowed(readings: list[Bounds]) -> Bounds:
    """Return what all readings agree on; where they do not, the middle of them, half a second wider either way."""
    low, high = max(b.low for b in readings), min(b.high for b in readings)
    return Bounds(low, high) if low <= high else Bounds(high - 0.5, low + 0.5)


def date_second(headers: tuple[tuple[str, str], ...]) -> float | None:
    """Return the Date header as Unix seconds, or None where there is none that can be read."""
    for name, value in headers:
        if name.lower() == "date":
            try:
                return parsedate_to_datetime(value).timestamp()
            except (ValueError, OverflowError):
                return None
    return None


@dataclass(frozen=True, slots=True)
class Timing:
    """How to stamp a message, given the earliest and latest of the core's present, and which ages bear a verdict.

    Stamps are whole seconds, and a core may read its clock in whole seconds or finer, cut or rounded: so `surely`
    leaves a second of guard to the margin.
    """

    stamp: Callable[[float, float], int]
    surely: tuple[float, float] = (-math.inf, math.inf)

    def holds(self, youngest: float, oldest: float) -> bool:
        """Tell whether a message of that age, whatever it is between the two, bears the verdict."""
        return self.surely[0] <= youngest and oldest <= self.surely[1]


def well_inside(tolerance: int) -> tuple[float, float]:
    """Return the ages that every reading of the margin accepts: half of it, and at least what whole seconds need."""
    half = max(tolerance / 2, min(tolerance, 2))
    return -half, half


def fresh(tolerance: int) -> Timing:
    """Stamp with the core's present, and never ahead of it."""
    return Timing(lambda low, _: math.floor(low), well_inside(tolerance))


def inside(age: float, tolerance: int) -> Timing:
    """Stamp so that the age is at most `age` (below zero: that it is no further ahead), and must be accepted."""
    if age >= 0:
        return Timing(lambda _, high: math.ceil(high - age), well_inside(tolerance))
    return Timing(lambda low, _: math.floor(low - age), well_inside(tolerance))


def stale(age: float, tolerance: int) -> Timing:
    """Stamp so that the age is at least `age`, and must be refused."""
    return Timing(lambda low, _: math.floor(low - age), (tolerance + 1, math.inf))


def ahead(lead: float, tolerance: int) -> Timing:
    """Stamp so that the message is at least `lead` from the future when it leaves, and must be refused."""
    return Timing(lambda _, high: math.ceil(high + lead), (-math.inf, -(tolerance + 1)))


def about(age: float) -> Timing:
    """Stamp so that the age is about `age`; for measuring, not for a verdict."""
    return Timing(lambda low, high: math.floor((low + high) / 2 - age))


def fixed(stamp: int, surely: tuple[float, float] = (-math.inf, math.inf)) -> Timing:
    """Stamp with `stamp`, whatever the time is."""
    return Timing(lambda _low, _high: stamp, surely)
