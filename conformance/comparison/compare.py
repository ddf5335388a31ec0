"""Two runs side by side: what got worse, what got better, and what cannot be compared. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from conformance.comparison.notes import Note, notes
from conformance.comparison.volatile import Passing
from conformance.engine.ledger import worst
from conformance.engine.results import ABSENT, Change, Entry, Kind, Requirement, Results
from conformance.model import Exit, Outcome
from conformance.sentence import NOTHING


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that differs between two runs. `compared` counts the cases that both of them were asked."""

    old: Results
    new: Results
    changes: tuple[Change, ...]
    notes: tuple[Note, ...]
    compared: int

    @property
    def exit_code(self) -> Exit:
        """Return what `portero diff` ends with."""
        if any(change.kind in (Kind.REGRESSED, Kind.VANISHED) for change in self.changes):
            return Exit.VIOLATION
        return Exit.CHANGED if self.changes else Exit.OK


def compare(old: Results, new: Results) -> Comparison:
    """Compare two runs, the older first. Cases meet by their id."""
    before, after = _Side(old), _Side(new)
    left_out: set[str] = set()
    changes: list[Change] = []
    compared = 0
    for name in sorted(before.rows.keys() | after.rows.keys()):
        if name not in before.rows or name not in after.rows or before.asks(name) != after.asks(name):
            changes += _one_sided(before, after, name, left_out)
            continue
        then, now = before.cases(name), after.cases(name)
        for key in sorted(then.keys() | now.keys()):
            was, found = then.get(key), now.get(key)
            if any(case is not None and not case.was_selected for case in (was, found)):
                left_out.add(key)
                continue
            compared += was is not None and found is not None
            if change := _change(before, after, name, was, found):
                changes.append(change)
    order = list(Kind)
    changes.sort(key=lambda change: order.index(change.kind))
    return Comparison(old, new, tuple(changes), tuple(notes(old, new, len(left_out))), compared)


class _Side:
    """One of the two runs, and what of it would differ although nothing changed."""

    def __init__(self, found: Results) -> None:
        self.passing = Passing(found.target.document)
        self.sections = found.target.sections
        self.rows: dict[str, Requirement] = {row.id: row for row in found.requirements}

    def cases(self, name: str) -> dict[str, Entry]:
        return {self.passing.without_ports(case.id): case for case in self.rows[name].cases}

    def asks(self, name: str) -> bool:
        """Tell whether the target file, and the catalogue, put anything of a requirement into question."""
        return any(self.put(name, case) for case in self.rows[name].cases)

    def put(self, name: str, case: Entry) -> bool:
        if case.verdict is not Outcome.NOT_APPLICABLE:
            return True
        section = self.rows[name].section
        return (not section or section in self.sections) and not case.is_excluded


def _one_sided(before: _Side, after: _Side, name: str, left_out: set[str]) -> Iterator[Change]:
    """Tell a requirement that is only in one run, or put into question by one target file alone."""
    was, now = before.rows.get(name), after.rows.get(name)
    for row in (was, now):
        if row and not any(case.was_selected for case in row.cases):
            left_out.update(case.id for case in row.cases)
            if now:
                return
    if now is None:
        kind = Kind.VANISHED
    elif was is None or not before.asks(name):
        kind = Kind.NEW
    else:
        kind = _gone(was.cases)
    row = now or was
    if row is not None:
        yield _told(kind, row, _worst(was) if was else None, _worst(now) if now else None, name)


def _worst(row: Requirement) -> Entry:
    """Return the case that a requirement has its verdict from."""
    verdict = worst(case.verdict for case in row.cases)
    return next(case for case in row.cases if case.verdict is verdict)


def _change(before: _Side, after: _Side, name: str, was: Entry | None, now: Entry | None) -> Change | None:
    """Compare a case of a requirement that both runs ask about."""
    asked = was is not None and before.put(name, was), now is not None and after.put(name, now)
    if was is None or now is None or asked[0] != asked[1]:
        if not any(asked):
            return None
        kind = _gone([was]) if asked[0] and was else Kind.NEW
    else:
        found = _TURNS.get((was.verdict, now.verdict)) if asked[0] else None
        if found is None and (
            was.verdict not in _BROKEN or was.verdict is not now.verdict or _same_reason(before, was, after, now)
        ):
            return None
        kind = found or Kind.REASON
    return _told(kind, after.rows[name], was, now, now.id if now else was.id if was else name)


def _same_reason(before: _Side, was: Entry, after: _Side, now: Entry) -> bool:
    pairs = ((was.expected, now.expected), (was.observed or was.reason, now.observed or now.reason))
    return all(before.passing.same(then, after.passing, since) for then, since in pairs)


def _gone(cases: Iterable[Entry]) -> Kind:
    """Tell what became of cases that are not asked any more: nothing is lost where nothing was settled."""
    unsettled = all(case.verdict in (*_UNSETTLED, Outcome.NOT_APPLICABLE) for case in cases)
    return Kind.OTHER if unsettled else Kind.VANISHED


def _told(kind: Kind, row: Requirement, was: Entry | None, now: Entry | None, case: str) -> Change:
    either = now or was or row.cases[0]
    return Change(
        kind=kind,
        requirement=row.id,
        case=case,
        level=either.level,
        subject=either.subject,
        before=was.verdict if was else ABSENT,
        after=now.verdict if now else ABSENT,
        was=(was.reason or was.observed) if was else NOTHING,
        now=(now.reason or now.observed) if now else NOTHING,
        titles={language: texts.title for language, texts in row.texts.items()} or {"en": row.title},
    )


_BROKEN = (Outcome.FAIL, Outcome.WAIVED)
_UNSETTLED = (Outcome.INCONCLUSIVE, Outcome.NOT_RUN)
_SETTLED = (Outcome.PASS, Outcome.NOT_APPLICABLE)


def _turns() -> Iterator[tuple[tuple[Outcome, Outcome], Kind]]:
    """Say what each turn of a verdict means: a proof that is lost is a regression, and an excused violation is one."""
    for verdict in (*_SETTLED, *_UNSETTLED, Outcome.WAIVED):
        yield (verdict, Outcome.FAIL), Kind.REGRESSED
    for verdict in (*_SETTLED, *_UNSETTLED):
        yield (verdict, Outcome.WAIVED), Kind.REGRESSED
    for good in _SETTLED:
        for verdict in _UNSETTLED:
            yield (good, verdict), Kind.REGRESSED
            yield (verdict, good), Kind.FIXED
        for verdict in _BROKEN:
            yield (verdict, good), Kind.FIXED
    for verdict in _BROKEN:
        for unsettled in _UNSETTLED:
            yield (verdict, unsettled), Kind.OTHER
    yield (Outcome.FAIL, Outcome.WAIVED), Kind.OTHER
    yield _SETTLED, Kind.OTHER
    yield (Outcome.NOT_APPLICABLE, Outcome.PASS), Kind.OTHER


_TURNS: dict[tuple[Outcome, Outcome], Kind] = dict(_turns())
