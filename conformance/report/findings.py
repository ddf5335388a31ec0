"""What a terminal shows of a finished run: what is wrong, line by line, and the verdict in one sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.ledger import exit_code
from conformance.report import view
from conformance.report.hostile import shown
from conformance.report.wording import Wording

if TYPE_CHECKING:
    import pytest

    from conformance.session import Session

LONGEST = 300
FEW = 20


@dataclass(frozen=True, slots=True)
class Line:
    """One line, and pytest's markup for it (`red`, `yellow`, `bold`)."""

    text: str
    markup: tuple[str, ...] = ()


def lines(document: view.Document, reports: Path, language: str = "en", *, verbosity: int = 0) -> Iterator[Line]:
    """Tell a run: below 0 its verdict only, at 0 the first of each kind of finding, above all of them."""
    say = Wording(language)
    if verbosity >= 0:
        yield from _broken(say, "violations", view.failing(document), "red", verbosity)
        yield from _broken(say, "deviations", view.deviating(document), "yellow", verbosity)
        yield from _gaps(say, view.gaps(document), verbosity)
    code = exit_code(document)
    colour = "green" if code == 0 else "yellow" if document["verdict"] in ("incomplete", "partial") else "red"
    yield Line(say("terminal.reports", folder=reports.resolve()))
    yield Line(shown(view.headline(document, say), 4 * LONGEST), ("bold", colour))
    yield Line(say("terminal.exit", code=str(int(code)), meaning=say(f"exit.{int(code)}")))


def write(terminal: pytest.TerminalReporter, session: Session, verbosity: int) -> None:
    """Write a finished run to the terminal."""
    for line in lines(session.document, session.reports, session.language, verbosity=verbosity):
        terminal.write_line(line.text, **dict.fromkeys(line.markup, True))


def _broken(say: Wording, heading: str, rows: list[view.Failing], colour: str, verbosity: int) -> Iterator[Line]:
    found = [f"  {_plain(case['id'])}  {_plain(case['subject'])}  {_told(case)}" for row in rows for case in row.cases]
    yield from _listed(say, say(f"{heading}.heading"), found, colour, verbosity)


def _gaps(say: Wording, gaps: Mapping[str, list[view.Gap]], verbosity: int) -> Iterator[Line]:
    for kind in ("internal", "inconclusive"):
        found = [f"  {_plain(gap.reason)}{_about(say, gap)}" for gap in gaps.get(kind, ())]
        yield from _listed(say, say(f"untested.{kind}"), found, "yellow", verbosity)


def _listed(say: Wording, heading: str, found: list[str], colour: str, verbosity: int) -> Iterator[Line]:
    if not found:
        return
    few = len(found) if verbosity > 0 else FEW
    yield Line(heading, ("bold", colour))
    yield from (Line(text) for text in found[:few])
    if len(found) > few:
        yield Line("  " + say("terminal.more", n=len(found) - few))
    yield Line("")


def _told(case: Mapping[str, Any]) -> str:
    return _plain(case["reason"] or f"{case['observed']}; {case['expected']}")


def _about(say: Wording, gap: view.Gap) -> str:
    named = ", ".join(name + (f" ({say('untested.cases', n=n)})" if n else "") for name, n in gap.about)
    return say("colon") + named if named else ""


def _plain(text: str) -> str:
    return shown(text, LONGEST)
