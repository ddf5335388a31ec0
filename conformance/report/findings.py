"""What a terminal shows of a finished run: what is wrong, line by line, and the verdict in one sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.ledger import exit_code
from conformance.model import Exit
from conformance.report import difference, view
from conformance.report.hostile import shown
from conformance.report.wording import Wording

if TYPE_CHECKING:
    from _pytest._io import TerminalWriter

    from conformance.session import Session

LONGEST = 300
FEW = 20
TOLD = {"verdict": -1, "first": 0, "all": 1}


@dataclass(frozen=True, slots=True)
class Line:
    """One line, and pytest's markup for it (`red`, `yellow`, `bold`)."""

    text: str
    markup: tuple[str, ...] = ()


def lines(
    document: view.Document, reports: Path, language: str = "en", *, verbosity: int = 0, code: int | None = None
) -> Iterator[Line]:
    """Tell a run: below 0 its verdict only, at 0 the first of each kind of finding, above all of them.

    `code` is what the process ends with; another code than the document's own is told only where it means a defect.
    """
    say = Wording(language)
    if verbosity >= 0:
        yield Line("")
        yield from _broken(say, "violations", view.failing(document), "red", verbosity)
        yield from _broken(say, "deviations", view.deviating(document), "yellow", verbosity)
        yield from _gaps(say, view.gaps(document), verbosity)
    yield from _difference(say, document.get("comparison"), verbosity)
    own = exit_code(document)
    code = own if code is None else code
    colour = "green" if code == 0 else "yellow" if document["verdict"] in ("incomplete", "partial") else "red"
    yield Line(say("terminal.reports", folder=reports.resolve()))
    yield Line(shown(view.headline(document, say), 4 * LONGEST), ("bold", colour))
    if code in (own, Exit.INTERNAL):
        yield Line(say("terminal.exit", code=str(int(code)), meaning=say(f"exit.{int(code)}")))


def write(terminal: TerminalWriter, session: Session, verbosity: int, code: int) -> None:
    """Write a finished run, which ends with `code`, to the terminal."""
    for line in lines(session.document, session.reports, session.language, verbosity=verbosity, code=code):
        terminal.line(line.text, **dict.fromkeys(line.markup, True))


def _broken(say: Wording, heading: str, rows: list[view.Failing], colour: str, verbosity: int) -> Iterator[Line]:
    """Tell what was seen case by case, and what was expected once for all cases of which that is true."""
    few = sum(len(row.cases) for row in rows) if verbosity > 0 else FEW
    left = few
    if rows:
        yield Line(say(f"{heading}.heading"), ("bold", colour))
    for row in rows:
        if left > 0:
            yield Line(f"  {row.requirement['id']}  {_plain(say.title(row.requirement))}", ("bold",))
        for expected, cases in _by_expectation(row.cases[: max(left, 0)]):
            yield from (
                Line(f"    {_plain(case['id'])}  {_plain(case['subject'])}  {_seen(say, case)}") for case in cases
            )
            if expected:
                yield Line(f"      {say('terminal.expected')}{say('colon')}{_plain(say.judged(expected))}")
        left -= len(row.cases)
    if left < 0:
        yield Line("  " + say("terminal.more", n=-left))
    if rows:
        yield Line("")


def _by_expectation(cases: Sequence[view.Row]) -> list[tuple[str, list[view.Row]]]:
    found: dict[str, list[view.Row]] = {}
    for case in cases:
        found.setdefault(case["expected"], []).append(case)
    return list(found.items())


def _gaps(say: Wording, gaps: Mapping[str, list[view.Gap]], verbosity: int) -> Iterator[Line]:
    for kind in ("internal", "inconclusive"):
        found = gaps.get(kind, [])
        few = len(found) if verbosity > 0 else FEW
        if found:
            yield Line(say(f"untested.{kind}"), ("bold", "yellow"))
        for gap in found[:few]:
            yield Line(f"  {_plain(say.judged(gap.reason))}")
            if gap.about:
                yield Line(f"    {_about(say, gap)}")
        if len(found) > few:
            yield Line("  " + say("terminal.more", n=len(found) - few))
        if found:
            yield Line("")


def _difference(say: Wording, found: view.Row | None, verbosity: int) -> Iterator[Line]:
    if not found:
        return
    if verbosity >= 0:
        yield Line(say("difference.heading"), ("bold",))
        few = len(found["changes"]) if verbosity > 0 else FEW
        yield from (Line(text, markup) for text, markup in difference.lines(found, say, few))
        yield Line("")
    yield Line(shown(difference.headline(found, say), LONGEST))


def _about(say: Wording, gap: view.Gap) -> str:
    """Name the requirements, three or more in a row by the first and the last of them."""
    return ", ".join(_named(say, row) for row in view.in_a_row(gap.about))


def _named(say: Wording, row: Sequence[tuple[str, int]]) -> str:
    if len(row) > 1:
        return say("measured.span", low=row[0][0], high=row[-1][0])
    ((name, n),) = row
    return name + (f" ({say('untested.cases', n=n)})" if n else "")


def _seen(say: Wording, case: view.Row) -> str:
    """Say what was observed, and whatever the reason adds to observed and expected."""
    told, both = case["reason"], f"{case['observed']}; {case['expected']}"
    seen = case["observed"] + told.removeprefix(both) if told.startswith(both) else told or case["observed"]
    return _plain(say.judged(seen))


def _plain(text: str) -> str:
    return shown(text, LONGEST)
