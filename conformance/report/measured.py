"""The measurements that the report draws: replay window, versions and suites, who reaches what, time by area."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.areas.net.record import Came
from conformance.engine.policy import NEWEST_FIRST, Profile, guideline
from conformance.engine.results import Results
from conformance.handshake.record import VERSIONS
from conformance.report.view import declared, matrix

WIDTH, HEIGHT, EDGE = 400, 130, 16
_ACCEPTED_AT, _REFUSED_AT, _AXIS_AT = 38, 78, 104
_TICKS = (1, 2, 5, 10, 15, 30, 60, 300, 600)  # seconds, on an axis that is logarithmic


@dataclass(frozen=True, slots=True)
class Mark:
    """One message: its age in seconds, whether it was accepted, and where it is drawn."""

    age: float
    accepted: bool
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class ReplayPlot:
    """Acceptance against age. `band` is where the declared margin begins and ends, `ticks` are (x, age)."""

    margin: float
    marks: tuple[Mark, ...]
    band: tuple[float, float]
    ticks: tuple[tuple[float, int], ...]

    def ages(self, *, accepted: bool) -> list[float]:
        """List the ages that were accepted, or refused."""
        return [mark.age for mark in self.marks if mark.accepted is accepted]


def replay(results: Results) -> ReplayPlot | None:
    """Return the plot of CHN-11's measurement, or None where there is none."""
    ages = sorted(_ages(results.observations.get("channel/0", {})).items())
    if not ages:
        return None
    margin = float(results.target.document.get("channel", {}).get("tolerance_seconds", 10))
    reach = max(margin, *(abs(age) for age, _ in ages)) * 1.05

    def x(age: float) -> float:
        return round(WIDTH / 2 + age / reach * (WIDTH / 2 - EDGE), 1)

    marks = tuple(Mark(age, yes, x(age), _ACCEPTED_AT if yes else _REFUSED_AT) for age, yes in ages)
    step = next((tick for tick in _TICKS if reach / tick <= 4), _TICKS[-1])
    count = int(reach // step)
    ticks = tuple((x(n * step), n * step) for n in range(-count, count + 1))
    return ReplayPlot(margin, marks, (x(-margin), x(margin)), ticks)


def _ages(channel: Mapping[str, Any]) -> dict[float, bool]:
    """Find the list of ages and whether each was accepted; one that could not be told is left out."""
    for value in channel.values():
        if isinstance(value, list) and value and all(isinstance(v, Mapping) and "age" in v for v in value):
            return {float(v["age"]): v["accepted"] for v in value if isinstance(v.get("accepted"), bool)}
    return {}


@dataclass(frozen=True, slots=True)
class Offer:
    """A protocol version, whether it is offered and allowed, and the same of its accepted suites."""

    version: str
    offered: bool
    allowed: bool
    suites: tuple[tuple[str, bool], ...]


def offers(results: Results) -> list[Offer]:
    """Compare what the endpoint offers with the declared level; empty without a TLS observation."""
    seen = results.observations.get("tls/0", {})
    if "versions" not in seen:
        return []
    level, edition = declared(results.target)
    if edition not in NEWEST_FIRST or level not in guideline(edition).levels:
        return []
    profile = guideline(edition).levels[level]
    return [_offer(seen, version, profile) for version in VERSIONS if version in seen["versions"]]


def _offer(seen: Mapping[str, Any], version: str, profile: Profile) -> Offer:
    found = seen.get("suites", {}).get(version, {})
    accepted = dict.fromkeys(name for key in ("in_order", "by_hello", "by_sslyze") for name in found.get(key, ()))
    allowed = version in profile.versions
    names = profile.suites_tls13 if version == "tls-1.3" else profile.suites
    return Offer(
        version=version,
        offered=seen["versions"][version]["outcome"] == "offered",
        allowed=allowed,
        suites=tuple((name, allowed and name in names) for name in accepted),
    )


@dataclass(frozen=True, slots=True)
class Route:
    """A service, and whether it is reached, and may be; `reached` is None where that could not be told."""

    service: str
    to: str
    reached: bool | None
    allowed: bool


def routes(results: Results) -> dict[str, list[Route]]:
    """Compare what each vantage point reaches with what the target file declares; empty without an observation."""
    seen = {one["name"]: one for one in results.observations.get("network/0", {}).get("vantages", ())}
    found: dict[str, list[Route]] = {}
    for reach in results.target.document.get("network", {}).get("reach", ()):
        if reach["from"] in seen:
            reached = _reached(seen[reach["from"]], reach["to"])
            found.setdefault(reach["from"], []).append(Route(reach["service"], reach["to"], reached, reach["allowed"]))
    return found


def _reached(vantage: Mapping[str, Any], to: str) -> bool | None:
    look = vantage["looks"].get(to, {})
    if vantage["trouble"] or not look.get("seen"):
        return None
    return any(Came(one["came"]).is_open for one in look["seen"])


@dataclass(frozen=True, slots=True)
class Bar:
    """How long the probes of an area took, in seconds, and that as a percentage of the longest."""

    area: str
    seconds: float
    share: float


def bars(results: Results) -> list[Bar]:
    """Add up the probes that each area's cases rest on; without probe times, what the cases themselves took.

    What took no time was not looked at, and has no bar.
    """
    times = {area: _seconds(results, area) for area, _ in matrix(results)}
    longest = max(times.values(), default=0.0)
    return [Bar(area, t, round(100 * t / longest, 1)) for area, t in times.items() if t]


def _seconds(results: Results, area: str) -> float:
    cases = [case for row in results.requirements if row.area == area for case in row.cases]
    looked = results.run.probe_seconds
    if not looked:
        return sum(case.seconds for case in cases)
    probes = {key.partition("/")[0] for case in cases for key in case.evidence}
    return sum(looked.get(probe, 0.0) for probe in probes)
