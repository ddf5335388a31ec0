"""Builds results.json: the one source of every report."""

from __future__ import annotations

import platform
import secrets
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from conformance import __version__, catalogue
from conformance.engine import cases, results
from conformance.engine.assessment import Assessment, unsettled
from conformance.engine.observatory import Recorded
from conformance.engine.recording import Observed
from conformance.engine.results import NOT_SELECTED, SCHEMA, Entry, Results, RunVerdict
from conformance.inputs.waivers import Waivers
from conformance.locale import LANGUAGES
from conformance.model import Case, Exit, Inconclusive, Level, Outcome, Requirement
from conformance.sentence import say


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
    rejudged: str | None = None
    waivers: list[results.Waiver] = field(default_factory=list)


def utc_now() -> str:
    """Return the present instant as results.json spells it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def told(waivers: Waivers) -> list[results.Waiver]:
    """Return waivers as the results hold them."""
    return [results.Waiver.model_validate(waiver.model_dump(mode="json")) for waiver in waivers.every]


def build(run: Run, assessment: Assessment, entries: Mapping[str, Entry], observed: Observed) -> Results:
    """Return the whole results; cases without an entry are `not-run`."""
    selected = frozenset(assessment.cases) if run.selected is None else run.selected
    requirements = _requirements(assessment.cases.values(), entries, selected)
    counts = Counter(entry.verdict for row in requirements for entry in row.cases)
    found = Results(
        schema_=SCHEMA,
        suite=results.Suite(name="portero", version=__version__, catalogue_sha256=catalogue.digest()),
        run=results.Run(
            id=run.id,
            started=run.started,
            finished=utc_now(),
            argv=run.argv,
            host=platform.node(),
            requests_sent=run.requests_sent,
            connections_opened=run.connections_opened,
            interrupted=run.interrupted,
            fail_on=run.fail_on,
            whole_catalogue=selected == frozenset(assessment.cases),
            selected_cases=len(selected),
            probe_seconds=run.probe_seconds,
            internal_errors=run.internal_errors,
            rejudged=run.rejudged,
        ),
        target=_target(assessment, observed),
        counts={outcome: counts[outcome] for outcome in _COUNTED},
        requirements=requirements,
        not_judged=_not_judged(),
        waivers=run.waivers,
        observations=dict(sorted(observed.seen.items())),
        said={key: dict(sorted(said.items())) for key, said in sorted(observed.said.items())},
        verdict="incomplete",
    )
    found.verdict = verdict(found)
    return found


_COUNTED = (
    Outcome.PASS,
    Outcome.FAIL,
    Outcome.WAIVED,
    Outcome.INCONCLUSIVE,
    Outcome.NOT_APPLICABLE,
    Outcome.NOT_RUN,
)


def _requirements(
    every: Iterable[Case], entries: Mapping[str, Entry], selected: frozenset[str]
) -> list[results.Requirement]:
    rows: dict[Requirement, list[Entry]] = {}
    for case in every:
        entry = entries.get(case.id) or unsettled(
            case, Outcome.NOT_RUN, say("no verdict was reached") if case.id in selected else NOT_SELECTED
        )
        rows.setdefault(case.requirement, []).append(entry)
    return [_row(row, sorted(found, key=lambda entry: entry.id)) for row, found in sorted(rows.items(), key=_by_id)]


def _by_id(row: tuple[Requirement, list[Entry]]) -> str:
    return row[0].id


def _row(requirement: Requirement, entries: list[Entry]) -> results.Requirement:
    """Return a requirement as the results hold it, texts included: a report needs no catalogue."""
    return results.Requirement(
        id=requirement.id,
        area=requirement.area,
        level=requirement.level,
        section=requirement.section,
        title=requirement.title,
        source=requirement.source,
        verdict=worst(entry.verdict for entry in entries),
        texts={
            lang: results.Texts(**{name: catalogue.text(requirement, name, lang) for name in catalogue.TEXTS})
            for lang in LANGUAGES
        },
        cases=entries,
    )


def _not_judged() -> list[results.NotJudged]:
    """List the clauses that no outside observer can judge, and why."""
    return [
        results.NotJudged(
            id=row.id,
            titles={lang: catalogue.text(row, "title", lang) for lang in LANGUAGES},
            source=row.source,
            reason=row.excluded,
        )
        for row in catalogue.load().values()
        if row.excluded is not None
    ]


def worst(verdicts: Iterable[Outcome]) -> Outcome:
    """Return the verdict of a requirement from those of its cases."""
    return min(verdicts, key=list(Outcome).index)


def _target(assessment: Assessment, observed: Observed) -> results.Target:
    target = assessment.target
    return results.Target(
        name=target.name,
        sha256=target.sha256,
        sections=list(target.sections),
        consent=target.consent,
        **facts(observed),
        document=target.document(),
    )


def facts(observed: Observed) -> dict[str, Any]:
    """Return what the observations tell of the target beside verdicts, by the keys of `results.Target`."""
    recorded = Recorded(observed)
    found = {}
    for name, fact in cases.facts().items():
        try:
            found[name] = fact.told_by(recorded.get(fact.probe))
        except Inconclusive:
            found[name] = fact.otherwise
    return found


def violations(found: Results) -> list[Entry]:
    """List the failed cases that turn the run red."""
    return [entry for entry in found.cases if turns_red(entry, found.run.fail_on)]


def turns_red(entry: Entry, fail_on: Level) -> bool:
    """Tell whether a case is a violation at or above `fail_on`; a stale waiver is one at every level."""
    return entry.verdict is Outcome.FAIL and (entry.stale_waiver or entry.level.at_least(fail_on))


def untested(found: Results) -> int:
    """Count the selected cases that could not be tested: inconclusive, or never brought to a verdict."""
    left_out = sum(found.counts.values()) - found.selected
    return found.counts[Outcome.INCONCLUSIVE] + found.counts[Outcome.NOT_RUN] - left_out


def tested(found: Results) -> int:
    """Count the cases that came to a pass or a violation, waived or not."""
    return sum(found.counts[outcome] for outcome in (Outcome.PASS, Outcome.FAIL, Outcome.WAIVED))


def exit_code(found: Results) -> Exit:
    """Return what the process is to say of a run that came to its end; the first that applies.

    A run that was asked for nothing at all is told apart by pytest, and has no results.
    """
    if found.run.internal_errors:
        return Exit.INTERNAL
    if found.run.interrupted:
        return Exit.INTERRUPTED
    if violations(found):
        return Exit.VIOLATION
    if untested(found):
        return Exit.INCOMPLETE
    return Exit.OK if tested(found) else Exit.NOTHING_SELECTED


def verdict(found: Results) -> RunVerdict:
    """Return the verdict of the whole run."""
    if violations(found):
        return "not-conformant"
    run = found.run
    if untested(found) or run.interrupted or run.internal_errors or not tested(found):
        return "incomplete"
    if not run.whole_catalogue:
        return "partial"
    return "conformant-with-waivers" if found.counts[Outcome.WAIVED] else "conformant"
