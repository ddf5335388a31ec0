"""Draws results.oscal.json (OSCAL assessment results, 1.2): findings and observations for a compliance tool.

A finding says whether a requirement's objective is satisfied. What could not be tested has no finding, and stands among
the observations with its reason; what does not apply stands among the controls left out; a waived violation is a risk
with an approved deviation. Identifiers are UUIDs of version 5 below the run's own: a run is drawn alike each time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from conformance.engine.results import Entry, Requirement, Results
from conformance.hostile import json_text, shown
from conformance.model import Outcome
from conformance.report.wording import Wording
from conformance.sentence import Own, say

VERSION = "1.2.1"
LONGEST = 2000


def draw(results: Results, language: str = "en") -> str:
    """Return the run as OSCAL assessment results, as JSON."""
    document = {"assessment-results": _Drawing(results, language).whole()}
    return json_text(json.dumps(document, indent=2, ensure_ascii=False)) + "\n"


class _Drawing:
    """One run, its requirements parted by what became of them."""

    def __init__(self, results: Results, language: str) -> None:
        self.results = results
        self.words = Wording(language)
        self.root = uuid5(NAMESPACE_URL, f"urn:portero:{results.run.id}")
        self.rows = [row for row in results.requirements if row.verdict is not Outcome.NOT_APPLICABLE]
        self.left_out = [row for row in results.requirements if row.verdict is Outcome.NOT_APPLICABLE]

    def id(self, *names: str) -> str:
        return str(_below(self.root, names))

    def whole(self) -> dict[str, Any]:
        run, suite, target = self.results.run, self.results.suite, self.results.target
        plan = self.id("plan")
        return {
            "uuid": str(self.root),
            "metadata": {
                "title": f"Portero: {_plain(target.name)}",
                "last-modified": run.finished or run.started,
                "version": suite.version,
                "oscal-version": VERSION,
            },
            "import-ap": {"href": f"#{plan}"},
            "results": [self.result()],
            "back-matter": {
                "resources": [
                    {
                        "uuid": plan,
                        "title": "Target file and requirement catalogue",
                        "description": f"SHA-256 of what the target file says: {target.sha256}; "
                        f"of the catalogue: {suite.catalogue_sha256}.",
                    }
                ]
            },
        }

    def result(self) -> dict[str, Any]:
        run, target = self.results.run, self.results.target
        cases = [(row, case) for row in self.rows for case in row.cases]
        excused = [(row, case) for row, case in cases if case.verdict is Outcome.WAIVED]
        drawn = {
            "uuid": self.id("result"),
            "title": f"Run {run.id}",
            "description": f"Verdict of the run: {self.results.verdict}.",
            "start": run.started,
            "end": run.finished,
            "local-definitions": {"components": [self.component(_plain(target.name))]},
            "reviewed-controls": {"control-selections": [self.selection()]},
            "observations": [self.observation(row, case) for row, case in cases],
            "risks": [self.risk(row, case) for row, case in excused],
            "findings": [self.finding(row) for row in self.rows if row.verdict in _STATES],
        }
        return {key: value for key, value in drawn.items() if value}

    def component(self, name: str) -> dict[str, Any]:
        return {
            "uuid": self.id("component"),
            "type": "system",
            "title": name,
            "description": "The messaging gateway that was probed.",
            "status": {"state": "operational"},
        }

    def selection(self) -> dict[str, Any]:
        parted = {"include-controls": self.rows, "exclude-controls": self.left_out}
        named = {key: [{"control-id": row.id} for row in rows] for key, rows in parted.items() if rows}
        return named if self.rows else {"include-all": {}} | named

    def observation(self, row: Requirement, case: Entry) -> dict[str, Any]:
        said = self.words.said(case.reason if case.verdict in _UNSETTLED else case.both)
        drawn = {
            "uuid": self.id("observation", case.id),
            "title": case.id,
            "description": _plain(said) or case.verdict,
            "props": [{"name": "verdict", "ns": _NAMESPACE, "value": case.verdict}],
            "methods": ["TEST"],
            "types": ["finding" if row.verdict in _STATES else "discovery"],
            "subjects": [{"subject-uuid": self.id("component"), "type": "component", "title": _plain(case.subject)}],
            "relevant-evidence": [
                {"href": "results.json", "description": f"Observation {exhibit}"} for exhibit in case.evidence
            ],
            "collected": self.results.run.started,
        }
        return {key: value for key, value in drawn.items() if value}

    def finding(self, row: Requirement) -> dict[str, Any]:
        state, reason = _STATES[row.verdict]
        drawn = {
            "uuid": self.id("finding", row.id),
            "title": _plain(f"{row.id} {self.words.title(row)}"),
            "description": _plain(self.words.title(row, "statement") or row.title),
            "target": {
                "type": "objective-id",
                "target-id": row.id,
                "status": {"state": state, "reason": reason},
            },
            "related-observations": self.related("observation", (case.id for case in row.cases)),
            "related-risks": self.related("risk", (c.id for c in row.cases if c.verdict is Outcome.WAIVED)),
        }
        return {key: value for key, value in drawn.items() if value}

    def related(self, kind: str, cases: Iterable[str]) -> list[dict[str, str]]:
        return [{f"{kind}-uuid": self.id(kind, case)} for case in cases]

    def risk(self, row: Requirement, case: Entry) -> dict[str, Any]:
        waiver = next((waiver for waiver in self.results.waivers if waiver.id == case.waiver), None)
        title = say("{case} is waived by {waiver}", case=Own(case.id), waiver=Own(_plain(case.waiver or "")))
        drawn = {
            "uuid": self.id("risk", case.id),
            "title": self.words.said(title),
            "description": _plain(self.words.said(case.both)),
            "statement": _plain(waiver.reason if waiver else "") or _plain(row.title),
            "status": "deviation-approved",
            "deadline": f"{waiver.expires}T23:59:59Z" if waiver else None,
            "related-observations": self.related("observation", [case.id]),
        }
        return {key: value for key, value in drawn.items() if value}


_NAMESPACE = "urn:portero"
_UNSETTLED = (Outcome.INCONCLUSIVE, Outcome.NOT_RUN, Outcome.NOT_APPLICABLE)
_STATES = {
    Outcome.PASS: ("satisfied", "pass"),
    Outcome.FAIL: ("not-satisfied", "fail"),
    Outcome.WAIVED: ("not-satisfied", "other"),
}


def _below(root: UUID, names: Iterable[str]) -> UUID:
    return uuid5(root, "\0".join(names))


def _plain(text: str) -> str:
    return shown(text, LONGEST)
