"""Builds results.json: the one source of every report."""

from __future__ import annotations

import platform
import secrets
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from conformance import __version__, catalogue
from conformance.assessment import Assessment
from conformance.judges import tls_level
from conformance.locale import LANGUAGES
from conformance.model import Case, Exit, Level, Outcome, Requirement
from conformance.recording import Observed, as_json
from conformance.sentence import NOTHING, Sentence, clauses, say

SCHEMA = 1
NOT_SELECTED = say("not selected")


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of one case. Crosses process borders as JSON."""

    case: str
    verdict: str
    expected: Sentence = NOTHING
    observed: Sentence = NOTHING
    reason: Sentence = NOTHING
    evidence: tuple[str, ...] = ()
    exhibits: tuple[str, ...] = ()
    notes: tuple[Sentence, ...] = ()
    seconds: float = 0.0
    waiver: str | None = None
    stale_waiver: bool = False

    def __post_init__(self) -> None:
        """Refuse a pass that rests on nothing."""
        if self.verdict == Outcome.PASS and not self.evidence:
            raise ValueError(f"{self.case}: a pass without evidence")


@dataclass(slots=True)
class Run:
    """The circumstances of a run. `selected` holds case ids; None stands for the whole catalogue.

    `internal_errors` are the suite's own: a judge that crashed, a verdict that a case did not enforce.
    """

    argv: list[str]
    fail_on: Level = Level.MUST
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    started: str = field(default_factory=lambda: utc_now())
    selected: frozenset[str] | None = None
    interrupted: bool = False
    requests_sent: int = 0
    connections_opened: int = 0
    probe_seconds: dict[str, float] = field(default_factory=dict)
    internal_errors: list[str] = field(default_factory=list)
    waivers: list[dict[str, Any]] = field(default_factory=list)


def utc_now() -> str:
    """Return the present instant as results.json spells it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def build(run: Run, assessment: Assessment, entries: Mapping[str, Entry], observed: Observed) -> dict[str, Any]:
    """Return the whole results document; cases without an entry are `not-run`."""
    selected = frozenset(assessment.cases) if run.selected is None else run.selected
    requirements = _requirements(assessment.cases.values(), _complete(assessment.cases, entries, selected))
    counts = Counter(case["verdict"] for row in requirements for case in row["cases"])
    document = {
        "schema": SCHEMA,
        "suite": {"name": "portero", "version": __version__, "catalogue_sha256": catalogue.digest()},
        "run": {
            "id": run.id,
            "started": run.started,
            "finished": utc_now(),
            "argv": run.argv,
            "host": platform.node(),
            "requests_sent": run.requests_sent,
            "connections_opened": run.connections_opened,
            "interrupted": run.interrupted,
            "fail_on": str(run.fail_on),
            "whole_catalogue": selected == frozenset(assessment.cases),
            "selected_cases": len(selected),
            "probe_seconds": run.probe_seconds,
            "internal_errors": run.internal_errors,
        },
        "target": _target(assessment, observed.seen),
        "counts": {str(outcome): counts[outcome] for outcome in _COUNTED},
        "requirements": requirements,
        "not_judged": _not_judged(),
        "waivers": run.waivers,
        "observations": dict(sorted(observed.seen.items())),
        "said": as_json(observed.said),
    }
    document["verdict"] = verdict(document)
    return document


_COUNTED = (
    Outcome.PASS,
    Outcome.FAIL,
    Outcome.WAIVED,
    Outcome.INCONCLUSIVE,
    Outcome.NOT_APPLICABLE,
    Outcome.NOT_RUN,
)


def _complete(cases: Iterable[str], entries: Mapping[str, Entry], selected: frozenset[str]) -> dict[str, Entry]:
    """Return an entry for every case: those that nothing became of were not run."""
    return {
        case: entries.get(case)
        or Entry(case, Outcome.NOT_RUN, reason=say("no verdict was reached") if case in selected else NOT_SELECTED)
        for case in cases
    }


def _requirements(cases: Iterable[Case], entries: Mapping[str, Entry]) -> list[dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for case in cases:
        row = rows.setdefault(case.requirement.id, _row(case.requirement))
        entry = entries[case.id]
        fields = asdict(entry)
        row["cases"].append(
            {
                "id": fields.pop("case"),
                "subject": case.subject,
                "level": str(case.level),
                **fields,
                "said": _said(entry),
            }
        )
    for row in rows.values():
        row["cases"].sort(key=lambda case: case["id"])
        row["verdict"] = worst(case["verdict"] for case in row["cases"])
    return [rows[key] for key in sorted(rows)]


def _said(entry: Entry) -> dict[str, Any]:
    """Return a case's sentences as data; a reason that is just observed and expected is not told once more."""
    told = {"expected": entry.expected, "observed": entry.observed, "reason": entry.reason}
    if entry.reason == clauses(entry.observed, entry.expected):
        del told["reason"]
    said: dict[str, Any] = {name: spoken.data() for name, spoken in told.items() if spoken.template is not None}
    return said | ({"notes": [note.data() for note in entry.notes]} if entry.notes else {})


def _row(requirement: Requirement) -> dict[str, Any]:
    """Return a requirement as the document holds it, texts included: a report needs no catalogue."""
    return {
        "id": requirement.id,
        "area": requirement.area,
        "level": str(requirement.level),
        "section": requirement.section,
        "title": requirement.title,
        "source": requirement.source,
        "verdict": "",
        "texts": {
            lang: {name: catalogue.text(requirement, name, lang) for name in catalogue.TEXTS} for lang in LANGUAGES
        },
        "cases": [],
    }


def _not_judged() -> list[dict[str, Any]]:
    """List the clauses that no outside observer can judge, and why."""
    return [
        {
            "id": row.id,
            "titles": {lang: catalogue.text(row, "title", lang) for lang in LANGUAGES},
            "source": row.source,
            "reason": row.excluded,
        }
        for row in catalogue.load().values()
        if row.excluded is not None
    ]


def worst(verdicts: Iterable[str]) -> str:
    """Return the verdict of a requirement from those of its cases."""
    order = list(Outcome)
    return str(min((Outcome(v) for v in verdicts), key=order.index))


def _target(assessment: Assessment, observations: Mapping[str, Any]) -> dict[str, Any]:
    target = assessment.target
    return {
        "name": target.name,
        "sha256": target.sha256,
        "sections": list(target.sections),
        "consent": target.consent,
        "clock_offset_seconds": clock_offset(observations),
        "tls_level": tls_level.recorded(observations.get("tls/0", {})),
        "document": target.document(),
    }


def clock_offset(observations: Mapping[str, Any]) -> float | None:
    """Return the seconds that the core app's clock is ahead; None where it was not read."""
    match observations.get("channel/0"):
        case {"core_clock": {"source": str(source)}, "core_clock_offset": float() | int() as offset} if source:
            return offset
    return None


def violations(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List the failed cases that turn the run red."""
    bar = Level(document["run"]["fail_on"])
    return [case for row in document["requirements"] for case in row["cases"] if turns_red(case, bar)]


def turns_red(case: Mapping[str, Any], fail_on: Level) -> bool:
    """Tell whether a case is a violation at or above `fail_on`; a stale waiver is one at every level."""
    red = case.get("stale_waiver", False) or Level(case["level"]).at_least(fail_on)
    return bool(red) and case["verdict"] == Outcome.FAIL


def untested(document: Mapping[str, Any]) -> int:
    """Count the selected cases that could not be tested: inconclusive, or never brought to a verdict."""
    counts, run = document["counts"], document["run"]
    left_out: int = sum(counts.values()) - run["selected_cases"]
    found: int = counts[Outcome.INCONCLUSIVE] + counts[Outcome.NOT_RUN] - left_out
    return found


def tested(document: Mapping[str, Any]) -> int:
    """Count the cases that came to a pass or a violation, waived or not."""
    return sum(document["counts"][outcome] for outcome in (Outcome.PASS, Outcome.FAIL, Outcome.WAIVED))


def exit_code(document: Mapping[str, Any]) -> Exit:
    """Return what the process is to say of a run that came to its end; the first that applies.

    A run that was asked for nothing at all is told apart by pytest, and needs no document.
    """
    run = document["run"]
    if run.get("internal_errors"):
        return Exit.INTERNAL
    if run["interrupted"]:
        return Exit.INTERRUPTED
    if violations(document):
        return Exit.VIOLATION
    if untested(document):
        return Exit.INCOMPLETE
    return Exit.OK if tested(document) else Exit.NOTHING_SELECTED


def verdict(document: Mapping[str, Any]) -> str:
    """Return the verdict of the whole run."""
    if violations(document):
        return "not-conformant"
    run = document["run"]
    if untested(document) or run["interrupted"] or run.get("internal_errors") or not tested(document):
        return "incomplete"
    if not run["whole_catalogue"]:
        return "partial"
    return "conformant-with-waivers" if document["counts"][Outcome.WAIVED] else "conformant"
