"""Waivers as the terminal and every report tell them: what is excused, by whom, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from conformance.engine.results import Entry, Results, Waiver
from conformance.hostile import shown
from conformance.report.wording import Wording


@dataclass(frozen=True, slots=True)
class Excuse:
    """A waiver and the cases that name it; `waiver` is None where the results file has only its id."""

    id: str
    waiver: Waiver | None
    cases: tuple[Entry, ...]
    days_left: int


def excuses(results: Results) -> dict[str, Excuse]:
    """Return the waivers of the run, and those that cases name, by id."""
    texts = {waiver.id: waiver for waiver in results.waivers}
    cases: dict[str, list[Entry]] = {name: [] for name in texts}
    for case in results.cases:
        if case.waiver:
            cases.setdefault(case.waiver, []).append(case)
    day = ruled_on(results)
    left = {name: _left(texts.get(name), day) for name in cases}
    return {name: Excuse(name, texts.get(name), tuple(rows), left[name]) for name, rows in cases.items()}


def ruled_on(results: Results) -> date:
    """Return the day, UTC, that the run's waivers are counted to."""
    run = results.run
    return date.fromisoformat((run.finished or run.started)[:10])


def _left(waiver: Waiver | None, day: date) -> int:
    return (date.fromisoformat(waiver.expires) - day).days if waiver else 0


def line(waiver: Waiver, day: date, words: Wording) -> str:
    """Say in one line what a waiver excuses, and until when, or that it has expired."""
    every = words("terminal.every_case", requirement=waiver.requirement)
    return shown(
        words(
            "terminal.waived" if _left(waiver, day) >= 0 else "terminal.expired",
            id=waiver.id,
            day=waiver.expires,
            cases=every if "*" in waiver.cases else ", ".join(waiver.cases),
            who=waiver.approved_by,
            reason=waiver.reason,
        ),
        1200,
    )
