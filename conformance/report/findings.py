"""What a terminal shows of a finished run: what is wrong, line by line, and the verdict in one sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.engine.ledger import exit_code
from conformance.engine.results import Comparison, Entry, Results
from conformance.hostile import shown
from conformance.model import Exit
from conformance.report import difference, view
from conformance.report.wording import Wording
from conformance.sentence import Sentence

if TYPE_CHECKING:
    from _pytest._io import TerminalWriter

LONGEST = 300  # characters of one sentence in a terminal
FEW = 20
TOLD = {"verdict": -1, "first": 0, "all": 1}


@dataclass(frozen=True, slots=True)
class Line:
    """One line, and pytest's markup for it (`red`, `yellow`, `bold`)."""

    text: str
    markup: tuple[str, ...] = ()


def lines(
    results: Results, reports: Path, language: str = "en", *, verbosity: int = 0, code: int | None = None
) -> Iterator[Line]:
    """Tell a run: below 0 its verdict only, at 0 the first of each kind of finding, above all of them.

    `code` is what the process ends with; another code than the results' own is told only where it means a defect.
    """
    words = Wording(language)
    if verbosity >= 0:
        yield Line("")
        yield from _broken(words, "violations", view.failing(results), "red", verbosity)
        yield from _broken(words, "deviations", view.deviating(results), "yellow", verbosity)
        yield from _gaps(words, view.gaps(results), verbosity)
    yield from _difference(words, results.comparison, verbosity)
    own = exit_code(results)
    code = own if code is None else code
    colour = "green" if code == 0 else "yellow" if results.verdict in ("incomplete", "partial") else "red"
    yield Line(words("terminal.reports", folder=reports.resolve()))
    yield Line(shown(view.headline(results, words), 4 * LONGEST), ("bold", colour))
    if code in (own, Exit.INTERNAL):
        yield Line(words("terminal.exit", code=str(int(code)), meaning=words(f"exit.{int(code)}")))


def write(terminal: TerminalWriter, results: Results, reports: Path, language: str, verbosity: int, code: int) -> None:
    """Write a finished run, which ends with `code`, to the terminal."""
    for line in lines(results, reports, language, verbosity=verbosity, code=code):
        terminal.line(line.text, **dict.fromkeys(line.markup, True))


def _broken(words: Wording, heading: str, rows: list[view.Failing], colour: str, verbosity: int) -> Iterator[Line]:
    """Tell what was seen case by case, and what was expected once for all cases of which that is true."""
    few = sum(len(row.cases) for row in rows) if verbosity > 0 else FEW
    left = few
    if rows:
        yield Line(words(f"{heading}.heading"), ("bold", colour))
    for row in rows:
        if left > 0:
            yield Line(f"  {row.requirement.id}  {_plain(words.title(row.requirement))}", ("bold",))
        for expected, cases in _by_expectation(row.cases[: max(left, 0)]):
            yield from (Line(f"    {_plain(case.id)}  {_plain(case.subject)}  {_seen(words, case)}") for case in cases)
            if expected:
                yield Line(f"      {words('terminal.expected')}{words('colon')}{_plain(words.said(expected))}")
        left -= len(row.cases)
    if left < 0:
        yield Line("  " + words("terminal.more", n=-left))
    if rows:
        yield Line("")


def _by_expectation(cases: Sequence[Entry]) -> list[tuple[Sentence, list[Entry]]]:
    found: dict[Sentence, list[Entry]] = {}
    for case in cases:
        found.setdefault(case.expected, []).append(case)
    return list(found.items())


def _gaps(words: Wording, gaps: Mapping[str, list[view.Gap]], verbosity: int) -> Iterator[Line]:
    for kind in ("internal", "inconclusive"):
        found = gaps.get(kind, [])
        few = len(found) if verbosity > 0 else FEW
        if found:
            yield Line(words(f"untested.{kind}"), ("bold", "yellow"))
        for gap in found[:few]:
            yield Line(f"  {_plain(words.said(gap.reason))}")
            if gap.about:
                yield Line(f"    {_about(words, gap)}")
        if len(found) > few:
            yield Line("  " + words("terminal.more", n=len(found) - few))
        if found:
            yield Line("")


def _difference(words: Wording, found: Comparison | None, verbosity: int) -> Iterator[Line]:
    if not found:
        return
    if verbosity >= 0:
        yield Line(words("difference.heading"), ("bold",))
        few = len(found.changes) if verbosity > 0 else FEW
        yield from (Line(text, markup) for text, markup in difference.lines(found, words, few))
        yield Line("")
    yield Line(shown(difference.headline(found, words), LONGEST))


def _about(words: Wording, gap: view.Gap) -> str:
    """Name the requirements, three or more in a row by the first and the last of them."""
    return ", ".join(_named(words, row) for row in view.in_a_row(gap.about))


def _named(words: Wording, row: Sequence[tuple[str, int]]) -> str:
    if len(row) > 1:
        return words("measured.span", low=row[0][0], high=row[-1][0])
    ((name, n),) = row
    return name + (f" ({words('untested.cases', n=n)})" if n else "")


def _seen(words: Wording, case: Entry) -> str:
    """Say what was observed; where the reason says more than observed and expected, the reason."""
    return _plain(words.said(case.observed if case.reason == case.both else case.reason or case.observed))


def _plain(text: str) -> str:
    return shown(text, LONGEST)
