"""What compliance.html and summary.md show, worked out from the results document; no markup in here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.catalogue import AREAS
from conformance.ledger import untested, violations
from conformance.model import EXCLUDED, Level, Outcome
from conformance.report.wording import Wording
from conformance.target import SECTIONS

Document = Mapping[str, Any]
Row = Mapping[str, Any]

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

    requirement: Row
    cases: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """A reason why something was not tested: `about` pairs requirement ids with a number of cases (0: all of it)."""

    reason: str
    about: tuple[tuple[str, int], ...]


def failing(document: Document) -> list[Failing]:
    """List the requirements that fail the run, worst level first."""
    return _by_requirement(document, {case["id"] for case in violations(document)})


def deviating(document: Document) -> list[Failing]:
    """List the requirements that are broken below the run's `fail_on`."""
    bar = {case["id"] for case in violations(document)}
    broken = {c["id"] for row in document["requirements"] for c in row["cases"] if c["verdict"] == Outcome.FAIL}
    return _by_requirement(document, broken - bar)


def _by_requirement(document: Document, ids: set[str]) -> list[Failing]:
    found = (Failing(row, tuple(c for c in row["cases"] if c["id"] in ids)) for row in document["requirements"])
    order = list(Level)
    return sorted((f for f in found if f.cases), key=lambda f: order.index(Level(f.requirement["level"])))


def headline(document: Document, words: Wording) -> str:
    """Return the verdict of the run in one sentence, and what has to be said with it."""
    return " ".join((_sentence(document, words), *_reservations(document, words)))


def _sentence(document: Document, words: Wording) -> str:
    verdict, run, counts = document["verdict"], document["run"], document["counts"]
    broken = failing(document)
    return words(
        f"sentence.{_why_incomplete(document) if verdict == 'incomplete' else verdict}",
        n=len(broken) if verdict == "not-conformant" else untested(document),
        target=document["target"]["name"],
        ids=_named(broken),
        waived=words("sentence.waivers", n=counts[Outcome.WAIVED]),
        selected=run["selected_cases"],
        total=sum(counts.values()),
    )


def _why_incomplete(document: Document) -> str:
    run = document["run"]
    if run.get("internal_errors"):
        return "crashed"
    if run["interrupted"]:
        return "interrupted"
    return "incomplete" if untested(document) else "nothing"


def _reservations(document: Document, words: Wording) -> Iterable[str]:
    if deviations := deviating(document):
        yield words("sentence.deviates", n=len(deviations), ids=_named(deviations))
    if document["verdict"] == "not-conformant" and (missing := untested(document)):
        yield words("sentence.also_untested", n=missing)
    if document["verdict"] != "conformant-with-waivers" and (excused := document["counts"][Outcome.WAIVED]):
        yield words("sentence.excused", n=excused)
    yield from _left_aside(document, words)


def _left_aside(document: Document, words: Wording) -> Iterable[str]:
    """Say what the target file itself took out of the question: a verdict is about the rest."""
    declared = document["target"]["sections"]
    aside = {row["id"] for row in document["requirements"] if all(map(_is_excluded, row["cases"]))}
    excluded = [row for row in document["requirements"] if row["id"] in aside]
    undeclared = [row for row in document["requirements"] if row["section"] not in declared and row["id"] not in aside]
    for key, rows in {"excluded": excluded, "undeclared": undeclared}.items():
        if rows:
            yield words(f"sentence.{key}", n=len(rows))


def _is_excluded(case: Row) -> bool:
    return str(case["reason"]).startswith(EXCLUDED)


def _named(rows: list[Failing]) -> str:
    ids = [row.requirement["id"] for row in rows]
    return ", ".join(ids[:_NAMED]) + (", …" if len(ids) > _NAMED else "")


def gaps(document: Document) -> dict[str, list[Gap]]:
    """Group what was not tested by kind, gravest first, and by reason."""
    found = {"internal": [Gap(error, ()) for error in document["run"].get("internal_errors", ())]}
    for verdict in (Outcome.INCONCLUSIVE, Outcome.NOT_RUN, Outcome.NOT_APPLICABLE):
        found[verdict] = _reasons(document, verdict)
    found["not-judged"] = [Gap(row["reason"].removesuffix("."), ((row["id"], 0),)) for row in document["not_judged"]]
    return {str(kind): reasons for kind, reasons in found.items() if reasons}


def _reasons(document: Document, verdict: str) -> list[Gap]:
    found: dict[str, list[tuple[str, int]]] = {}
    for row in document["requirements"]:
        reasons = Counter(case["reason"] for case in row["cases"] if case["verdict"] == verdict)
        for reason, n in reasons.items():
            found.setdefault(reason, []).append((row["id"], 0 if n == len(row["cases"]) else n))
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


def matrix(document: Document) -> list[tuple[str, dict[str, int]]]:
    """Count requirements by area and verdict, in the catalogue's order of areas."""
    found: dict[str, Counter[str]] = {}
    for row in document["requirements"]:
        found.setdefault(row["area"], Counter())[row["verdict"]] += 1
    known = [area for area in AREAS if area in found]
    areas = (*known, *sorted(found.keys() - set(AREAS)))
    return [(area, {str(verdict): found[area][verdict] for verdict in COLUMNS}) for area in areas]


def total(rows: list[tuple[str, dict[str, int]]], verdict: str) -> int:
    """Add up a column of the matrix."""
    return sum(counts[verdict] for _, counts in rows)


def facts(document: Document, digest: str, words: Wording) -> list[tuple[str, str]]:
    """List what an auditor has to know about the run, as pairs of a name and a text."""
    target, run, suite = document["target"], document["run"], document["suite"]
    rows = {
        "target": target["name"],
        "endpoints": ", ".join(_endpoints(document)),
        "scope": words("facts.scope_text", sections=", ".join(target["sections"]), consent=target["consent"]),
        "selection": _selection(document, words),
        "fail_on": words(f"facts.fail_on_text.{run['fail_on']}"),
        **_policy(target, words),
        "suite": words("facts.suite_text", version=suite["version"]),
        "catalogue": suite["catalogue_sha256"],
        "target_file": target["sha256"],
        "started": words.instant(run["started"]),
        "finished": words.instant(run["finished"]),
        "sent": words("facts.sent_text", requests=run["requests_sent"], connections=run["connections_opened"]),
        "clock": _clock(target, words),
        "run": words("facts.run_text", id=run["id"], host=run["host"]),
        "digest": digest,
    }
    return [(words(f"facts.{name}"), text) for name, text in rows.items() if text]


def _endpoints(document: Document) -> list[str]:
    order = {name: n for n, name in enumerate(SECTIONS)}
    rows = sorted(document["requirements"], key=lambda row: order.get(row["section"], len(order)))
    declared = [row for row in rows if row["section"] in document["target"]["sections"]]
    return list(dict.fromkeys(case["subject"] for row in declared for case in row["cases"]))


def _selection(document: Document, words: Wording) -> str:
    total, run = sum(document["counts"].values()), document["run"]
    whole = "whole" if run["whole_catalogue"] else "part"
    return words(f"facts.selection_{whole}", selected=run["selected_cases"], n=total)


def _policy(target: Row, words: Wording) -> dict[str, str]:
    if "webapp" not in target["sections"]:
        return {"profile": words("facts.profile_none")}
    level, guideline = declared(target)
    return {
        "profile": words("facts.profile_text", level=level.upper()),
        "guideline": words("facts.guideline_text", version=guideline),
        "levels": "; ".join(
            words("facts.levels_text", level=level.upper(), guideline=name)
            if level and level != "none"
            else words("facts.levels_none", guideline=name)
            for name, level in sorted(target["tls_level"].items())
        ),
    }


def declared(target: Row) -> tuple[str, str]:
    """Return the security level and the guideline that a target declares, or the defaults of a target file."""
    webapp = target["document"].get("webapp", {})
    return webapp.get("security_level", "modern"), webapp.get("guideline", "5.8")


def _clock(target: Row, words: Wording) -> str:
    offset = target["clock_offset_seconds"]
    if "channel" not in target["sections"] or offset is None:
        return ""
    return words("facts.clock_text", seconds=words.number(abs(float(offset))))
