"""What compliance.html and summary.md show, worked out from the results; no markup in here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from conformance.catalogue import AREAS, not_judged
from conformance.engine.ledger import untested, violations
from conformance.engine.results import Entry, Requirement, Results, Target
from conformance.inputs.target import SECTIONS
from conformance.model import Level, Outcome
from conformance.report.wording import Wording
from conformance.sentence import Sentence

COLUMNS = (
    Outcome.PASS,
    Outcome.FAIL,
    Outcome.WAIVED,
    Outcome.INCONCLUSIVE,
    Outcome.NOT_RUN,
    Outcome.NOT_APPLICABLE,
)
_NAMED = 12


@dataclass(frozen=True, slots=True)
class Failing:
    """A requirement, and those of its cases that break it."""

    requirement: Requirement
    cases: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """A reason why something was not tested: `about` pairs requirement ids with a number of cases (0: all of it)."""

    reason: Sentence
    about: tuple[tuple[str, int], ...]


def failing(results: Results) -> list[Failing]:
    """List the requirements that fail the run, worst level first."""
    return _by_requirement(results, {case.id for case in violations(results)})


def deviating(results: Results) -> list[Failing]:
    """List the requirements that are broken below the run's `fail_on`."""
    bar = {case.id for case in violations(results)}
    broken = {case.id for case in results.cases if case.verdict is Outcome.FAIL}
    return _by_requirement(results, broken - bar)


def _by_requirement(results: Results, ids: set[str]) -> list[Failing]:
    found = (Failing(row, tuple(case for case in row.cases if case.id in ids)) for row in results.requirements)
    order = list(Level)
    return sorted((f for f in found if f.cases), key=lambda f: order.index(f.requirement.level))


def headline(results: Results, words: Wording) -> str:
    """Return the verdict of the run in one sentence, and what has to be said with it."""
    return " ".join((_sentence(results, words), *_reservations(results, words)))


def _sentence(results: Results, words: Wording) -> str:
    verdict, counts = results.verdict, results.counts
    broken = failing(results)
    return words(
        f"sentence.{_why_incomplete(results) if verdict == 'incomplete' else verdict}",
        n=len(broken) if verdict == "not-conformant" else untested(results),
        target=results.target.name,
        ids=_named(broken),
        waived=words("sentence.waivers", n=counts[Outcome.WAIVED]),
        selected=results.selected,
        total=sum(counts.values()),
    )


def _why_incomplete(results: Results) -> str:
    if results.run.internal_errors:
        return "crashed"
    if results.run.interrupted:
        return "interrupted"
    return "incomplete" if untested(results) else "nothing"


def _reservations(results: Results, words: Wording) -> Iterable[str]:
    if deviations := deviating(results):
        yield words("sentence.deviates", n=len(deviations), ids=_named(deviations))
    if results.verdict == "not-conformant" and (missing := untested(results)):
        yield words("sentence.also_untested", n=missing)
    if results.verdict != "conformant-with-waivers" and (excused := results.counts[Outcome.WAIVED]):
        yield words("sentence.excused", n=excused)
    yield from _left_aside(results, words)


def _left_aside(results: Results, words: Wording) -> Iterable[str]:
    """Say what the target file itself took out of the question: a verdict is about the rest."""
    declared = results.target.sections
    excluded = [row for row in results.requirements if all(case.is_excluded for case in row.cases)]
    aside = {row.id for row in excluded}
    undeclared = [row for row in results.requirements if row.section not in declared and row.id not in aside]
    for key, rows in {"excluded": excluded, "undeclared": undeclared}.items():
        if rows:
            yield words(f"sentence.{key}", n=len(rows))


def _named(rows: list[Failing]) -> str:
    ids = [row.requirement.id for row in rows]
    return ", ".join(ids[:_NAMED]) + (", …" if len(ids) > _NAMED else "")


def gaps(results: Results) -> dict[str, list[Gap]]:
    """Group what was not tested by kind, gravest first, and by reason."""
    found = {"internal": [Gap(Sentence(error), ()) for error in results.run.internal_errors]}
    for verdict in (Outcome.INCONCLUSIVE, Outcome.NOT_RUN, Outcome.NOT_APPLICABLE):
        found[verdict] = _reasons(results, verdict)
    found["not-judged"] = [Gap(not_judged(row.reason), ((row.id, 0),)) for row in results.not_judged]
    return {str(kind): reasons for kind, reasons in found.items() if reasons}


def _reasons(results: Results, verdict: Outcome) -> list[Gap]:
    found: dict[Sentence, list[tuple[str, int]]] = {}
    for row in results.requirements:
        reasons = Counter(case.reason for case in row.cases if case.verdict is verdict)
        for reason, n in reasons.items():
            found.setdefault(reason, []).append((row.id, 0 if n == len(row.cases) else n))
    return [Gap(reason, tuple(about)) for reason, about in sorted(found.items())]


def in_a_row(about: Iterable[tuple[str, int]]) -> list[list[tuple[str, int]]]:
    """Group requirements of which all is meant and whose numbers follow each other, where three or more do."""
    found: list[list[tuple[str, int]]] = []
    for one in about:
        if found and _follows(found[-1][-1], one):
            found[-1].append(one)
        else:
            found.append([one])
    return [part for row in found for part in ([row] if len(row) > 2 else [[one] for one in row])]


def _follows(before: tuple[str, int], one: tuple[str, int]) -> bool:
    (area, _, number), (other, _, following) = before[0].rpartition("-"), one[0].rpartition("-")
    numbered = number.isdecimal() and following.isdecimal() and int(following) == int(number) + 1
    return numbered and area == other and not before[1] and not one[1]


def matrix(results: Results) -> list[tuple[str, dict[str, int]]]:
    """Count requirements by area and verdict, in the catalogue's order of areas."""
    found: dict[str, Counter[Outcome]] = {}
    for row in results.requirements:
        found.setdefault(row.area, Counter())[row.verdict] += 1
    known = [area for area in AREAS if area in found]
    areas = (*known, *sorted(found.keys() - set(AREAS)))
    return [(area, {str(verdict): found[area][verdict] for verdict in COLUMNS}) for area in areas]


def total(rows: list[tuple[str, dict[str, int]]], verdict: str) -> int:
    """Add up a column of the matrix."""
    return sum(counts[verdict] for _, counts in rows)


def facts(results: Results, digest: str, words: Wording) -> list[tuple[str, str]]:
    """List what an auditor has to know about the run, as pairs of a name and a text."""
    target, run, suite = results.target, results.run, results.suite
    rows = {
        "target": target.name,
        "endpoints": ", ".join(_endpoints(results)),
        "scope": words("facts.scope_text", sections=", ".join(target.sections), consent=target.consent),
        "selection": _selection(results, words),
        "fail_on": words(f"facts.fail_on_text.{run.fail_on}"),
        **_policy(target, words),
        "suite": words("facts.suite_text", version=suite.version),
        "catalogue": suite.catalogue_sha256,
        "target_file": target.sha256,
        "started": words.instant(run.started),
        "finished": words.instant(run.finished),
        "sent": words("facts.sent_text", requests=run.requests_sent, connections=run.connections_opened),
        "clock": _clock(target, words),
        "run": words("facts.run_text", id=run.id, host=run.host),
        "digest": digest,
    }
    return [(words(f"facts.{name}"), text) for name, text in rows.items() if text]


def _endpoints(results: Results) -> list[str]:
    order = {name: n for n, name in enumerate(SECTIONS)}
    rows = sorted(results.requirements, key=lambda row: order.get(row.section, len(order)))
    declared = [row for row in rows if row.section in results.target.sections]
    return list(dict.fromkeys(case.subject for row in declared for case in row.cases))


def _selection(results: Results, words: Wording) -> str:
    whole = "whole" if results.run.whole_catalogue else "part"
    return words(f"facts.selection_{whole}", selected=results.selected, n=sum(results.counts.values()))


def _policy(target: Target, words: Wording) -> dict[str, str]:
    if "webapp" not in target.sections:
        return {"profile": words("facts.profile_none")}
    level, guideline = declared(target)
    return {
        "profile": words("facts.profile_text", level=level.upper()),
        "guideline": words("facts.guideline_text", version=guideline),
        "levels": "; ".join(
            words("facts.levels_text", level=level.upper(), guideline=name)
            if level and level != "none"
            else words("facts.levels_none", guideline=name)
            for name, level in sorted(target.tls_level.items())
        ),
    }


def declared(target: Target) -> tuple[str, str]:
    """Return the security level and the guideline that a target declares, or the defaults of a target file."""
    webapp = target.document.get("webapp", {})
    return webapp.get("security_level", "modern"), webapp.get("guideline", "5.8")


def _clock(target: Target, words: Wording) -> str:
    offset = target.clock_offset_seconds
    if "channel" not in target.sections or offset is None:
        return ""
    return words("facts.clock_text", seconds=words.number(abs(offset)))
