"""Two results documents side by side: what got worse, what got better, and what cannot be compared. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from conformance.ledger import NOT_SELECTED, worst
from conformance.model import EXCLUDED, Exit, Level, Outcome
from conformance.passing import Passing

Document = Mapping[str, Any]
Row = Mapping[str, Any]

ABSENT = "absent"
_NOTED_KEYS = 12


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
class Note:
    """Something that has to be known about the two runs; `key` names its text in the message catalogues."""

    key: str
    values: Mapping[str, str | int] = field(default_factory=dict)


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
    return Comparison(old, new, tuple(changes), tuple(_notes(before, after, len(left_out))), compared)


class _Side:
    """One of the two documents, and what of it would differ although nothing changed."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.passing = Passing(document["target"].get("document", {}))
        self.rows: dict[str, Row] = {row["id"]: row for row in document["requirements"]}

    def cases(self, name: str) -> dict[str, Row]:
        return {self.passing.without(case["id"]): case for case in self.rows[name]["cases"]}

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
            if was and now:
                return
    gone = now is None or (was is not None and before.asks(name))
    unsettled = was is not None and now is not None and was["verdict"] in (Outcome.INCONCLUSIVE, Outcome.NOT_RUN)
    kind = (Kind.OTHER if unsettled else Kind.VANISHED) if gone else Kind.NEW
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
        kind = _gone(was) if asked[0] else Kind.NEW
    else:
        same_reason = before.why(was) == after.why(now)
        found = _TURNS.get((was["verdict"], now["verdict"])) if asked[0] else None
        if found is None and (was["verdict"] not in _BROKEN or was["verdict"] != now["verdict"] or same_reason):
            return None
        kind = found or Kind.REASON
    return _told(kind, name, after.rows[name], was, now, (now or was or {})["id"])


def _gone(was: Row | None) -> Kind:
    """Tell what became of a case that is not asked any more: nothing is lost where it was never settled."""
    unsettled = was is not None and was["verdict"] in (Outcome.INCONCLUSIVE, Outcome.NOT_RUN)
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


def _notes(before: _Side, after: _Side, left_out: int) -> Iterator[Note]:
    old, new = before.document, after.document
    if old["run"]["id"] == new["run"]["id"]:
        yield Note("same_run")
    elif old["run"]["started"] > new["run"]["started"]:
        yield Note("order")
    yield from _about_runs(old, new)
    if left_out:
        yield Note("selection", {"n": left_out})
    if old["target"]["name"] != new["target"]["name"]:
        yield Note("target", {"old": old["target"]["name"], "new": new["target"]["name"]})
    yield from _about_targets(before, after)
    yield from _about_catalogues(before, after)


def _about_runs(old: Document, new: Document) -> Iterator[Note]:
    for which, document in (("old", old), ("new", new)):
        if document["run"].get("internal_errors"):
            yield Note(f"crashed_{which}")
        elif document["run"]["interrupted"]:
            yield Note(f"interrupted_{which}")
    if old["run"]["fail_on"] != new["run"]["fail_on"]:
        yield Note("fail_on", {"old": Level(old["run"]["fail_on"]), "new": Level(new["run"]["fail_on"])})


def _about_targets(before: _Side, after: _Side) -> Iterator[Note]:
    """Name the keys of the target file that differ, those that settle what is asked with their values."""
    old, new = before.document["target"], after.document["target"]
    if old["consent"] != new["consent"]:
        yield Note("consent", {"old": old["consent"], "new": new["consent"]})
    gone, come = (sorted(set(a["sections"]) - set(b["sections"])) for a, b in ((old, new), (new, old)))
    if gone:
        yield Note("sections_gone", {"sections": ", ".join(gone)})
    if come:
        yield Note("sections_new", {"sections": ", ".join(come)})
    if not old["document"] or not new["document"]:
        if old["sha256"] != new["sha256"]:
            yield Note("target_unknown")
        return
    then, now = (
        dict(_leaves(side.passing.without_in(side.document["target"]["document"]))) for side in (before, after)
    )
    for key in ("webapp.security_level", "webapp.guideline"):
        values = [side.get(key, default) for side, default in ((then, _DEFAULTS[key]), (now, _DEFAULTS[key]))]
        if values[0] != values[1] and "webapp" in old["document"] and "webapp" in new["document"]:
            yield Note("setting", {"key": key, "old": str(values[0]), "new": str(values[1])})
    told = {"name", "consent", *_DEFAULTS}
    keys = [k for k in sorted(then.keys() | now.keys()) if then.get(k) != now.get(k) and k not in told]
    if keys:
        more = ", …" if len(keys) > _NOTED_KEYS else ""
        yield Note("target_keys", {"keys": ", ".join(keys[:_NOTED_KEYS]) + more})


_DEFAULTS = {"webapp.security_level": "modern", "webapp.guideline": "5.8"}


def _leaves(tree: Mapping[str, Any], path: str = "") -> Iterable[tuple[str, Any]]:
    for key, value in tree.items():
        name = f"{path}{key}"
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{name}.")
        else:
            yield name, value


def _about_catalogues(before: _Side, after: _Side) -> Iterator[Note]:
    old, new = before.document["suite"], after.document["suite"]
    if old["catalogue_sha256"] != new["catalogue_sha256"]:
        short = {which: suite["catalogue_sha256"][:12] for which, suite in (("old", old), ("new", new))}
        versions = {"old_version": old["version"], "new_version": new["version"]}
        yield Note("catalogue", short | versions)
    elif old["version"] != new["version"]:
        yield Note("version", {"old": old["version"], "new": new["version"]})
    for name in sorted(before.rows.keys() & after.rows.keys()):
        levels = before.rows[name]["level"], after.rows[name]["level"]
        if levels[0] != levels[1]:
            yield Note("level", {"id": name, "old": Level(levels[0]), "new": Level(levels[1])})
