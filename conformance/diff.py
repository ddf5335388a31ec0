"""Two results documents side by side: what got worse, what got better, and what cannot be compared. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from conformance.circumstances import Note, notes
from conformance.ledger import NOT_SELECTED, worst
from conformance.model import EXCLUDED, Exit, Outcome
from conformance.passing import Passing

Document = Mapping[str, Any]
Row = Mapping[str, Any]

ABSENT = "absent"


class Kind(StrEnum):
    """How a case differs between two runs, gravest first."""

    REGRESSED = "regressed"
    VANISHED = "vanished"
    REASON = "failed-for-another-reason"
    NEW = "new"
    FIXED = "fixed"
    OTHER = "otherwise"


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one case, or of a whole requirement where only one run has it.

    `before` and `after` are verdicts, or `absent`; `was` and `now` say why. `titles` are keyed by language.
    """

    kind: Kind
    requirement: str
    case: str
    level: str
    subject: str
    before: str
    after: str
    was: str
    now: str
    titles: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that differs between two runs. `compared` counts the cases that both of them were asked."""

    old: Document
    new: Document
    changes: tuple[Change, ...]
    notes: tuple[Note, ...]
    compared: int

    @property
    def exit_code(self) -> Exit:
        """Return what `portero diff` ends with."""
        if any(change.kind in (Kind.REGRESSED, Kind.VANISHED) for change in self.changes):
            return Exit.VIOLATION
        return Exit.CHANGED if self.changes else Exit.OK


def compare(old: Document, new: Document) -> Comparison:
    """Compare two documents as `results_file.read` returns them, the older first. Cases meet by their id."""
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
            if any(case is not None and case["reason"] == NOT_SELECTED for case in (was, found)):
                left_out.add(key)
                continue
            compared += was is not None and found is not None
            if change := _change(before, after, name, was, found):
                changes.append(change)
    order = list(Kind)
    changes.sort(key=lambda change: order.index(change.kind))
    return Comparison(old, new, tuple(changes), tuple(notes(old, new, len(left_out))), compared)


class _Side:
    """One of the two documents, and what of it would differ although nothing changed."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.passing = Passing(document["target"].get("document", {}))
        self.rows: dict[str, Row] = {row["id"]: row for row in document["requirements"]}

    def cases(self, name: str) -> dict[str, Row]:
        return {self.passing.without_ports(case["id"]): case for case in self.rows[name]["cases"]}

    def asks(self, name: str) -> bool:
        """Tell whether the target file, and the catalogue, put anything of a requirement into question."""
        return any(self.put(name, case) for case in self.rows[name]["cases"])

    def put(self, name: str, case: Row) -> bool:
        row, target = self.rows[name], self.document["target"]
        if case["verdict"] != Outcome.NOT_APPLICABLE:
            return True
        undeclared = row["section"] and row["section"] not in target["sections"]
        return not undeclared and not case["reason"].startswith(EXCLUDED)

    def why(self, case: Row) -> tuple[str, str]:
        return self.passing.without(case["expected"]), self.passing.without(case["observed"] or case["reason"])


def _one_sided(before: _Side, after: _Side, name: str, left_out: set[str]) -> Iterator[Change]:
    """Tell a requirement that is only in one document, or put into question by one target file alone."""
    was, now = before.rows.get(name), after.rows.get(name)
    for row in (was, now):
        if row and all(case["reason"] == NOT_SELECTED for case in row["cases"]):
            left_out.update(case["id"] for case in row["cases"])
            if now:
                return
    if now is None:
        kind = Kind.VANISHED
    elif was is None or not before.asks(name):
        kind = Kind.NEW
    else:
        kind = _gone(was["cases"])
    row = now or was
    if row is not None:
        yield _told(kind, name, row, was and _worst(was), now and _worst(now), name)


def _worst(row: Row) -> Row:
    """Return the case that a requirement has its verdict from."""
    verdict = worst(case["verdict"] for case in row["cases"])
    found: Row = next(case for case in row["cases"] if case["verdict"] == verdict)
    return found


def _change(before: _Side, after: _Side, name: str, was: Row | None, now: Row | None) -> Change | None:
    """Compare a case of a requirement that both documents ask about."""
    asked = was is not None and before.put(name, was), now is not None and after.put(name, now)
    if was is None or now is None or asked[0] != asked[1]:
        if not any(asked):
            return None
        kind = _gone([was]) if asked[0] and was else Kind.NEW
    else:
        same_reason = before.why(was) == after.why(now)
        found = _TURNS.get((was["verdict"], now["verdict"])) if asked[0] else None
        if found is None and (was["verdict"] not in _BROKEN or was["verdict"] != now["verdict"] or same_reason):
            return None
        kind = found or Kind.REASON
    return _told(kind, name, after.rows[name], was, now, (now or was or {})["id"])


def _gone(cases: Iterable[Row]) -> Kind:
    """Tell what became of cases that are not asked any more: nothing is lost where nothing was settled."""
    unsettled = all(case["verdict"] in (*_UNSETTLED, Outcome.NOT_APPLICABLE) for case in cases)
    return Kind.OTHER if unsettled else Kind.VANISHED


def _told(kind: Kind, name: str, row: Row, was: Row | None, now: Row | None, case: str) -> Change:
    titles = {language: texts["title"] for language, texts in row["texts"].items()} or {"en": row["title"]}
    either: Row = now or was or {}
    return Change(
        kind=kind,
        requirement=name,
        case=case,
        level=either["level"],
        subject=either["subject"],
        before=was["verdict"] if was else ABSENT,
        after=now["verdict"] if now else ABSENT,
        was=_sentence(was),
        now=_sentence(now),
        titles=titles,
    )


def _sentence(case: Row | None) -> str:
    return "" if case is None else str(case["reason"] or case["observed"])


_BROKEN = (Outcome.FAIL, Outcome.WAIVED)
_UNSETTLED = (Outcome.INCONCLUSIVE, Outcome.NOT_RUN)
_SETTLED = (Outcome.PASS, Outcome.NOT_APPLICABLE)


def _turns() -> Iterator[tuple[tuple[str, str], Kind]]:
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


_TURNS: dict[tuple[str, str], Kind] = dict(_turns())
