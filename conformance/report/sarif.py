"""Draws results.sarif (SARIF 2.1.0): violations for a code-scanning view, each at its line in the catalogue."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import Any

from conformance import catalogue
from conformance.engine.results import Entry, Requirement, Results
from conformance.hostile import json_text, shown
from conformance.model import Level, Outcome
from conformance.report.wording import Wording
from conformance.sentence import Own, Sentence, say

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LONGEST = 1000

_LEVELS = {Level.MUST: "error", Level.SHOULD: "warning", Level.MAY: "note"}
# What code-scanning views sort by, on the scale of CVSS: high, medium, none.
_SEVERITY = {Level.MUST: "8.0", Level.SHOULD: "5.0", Level.MAY: "0.0"}


def draw(results: Results, language: str = "en") -> str:
    """Return the run as one SARIF log, as JSON. Violations are results; waived ones are suppressed results.

    What could not be tested is no result, as viewers would show it as a finding: it is a notification of the tool.
    """
    words = Wording(language)
    run = {
        "tool": {"driver": _driver(results, words)},
        "automationDetails": {"id": f"portero/{_plain(results.target.name)}/{results.run.id}"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The checkout of the suite."}}},
        "invocations": [_invocation(results, words)],
        "results": [
            _result(results.target.name, at, row, case, words)
            for at, row in enumerate(results.requirements)
            for case in row.cases
            if case.verdict in (Outcome.FAIL, Outcome.WAIVED)
        ],
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json_text(json.dumps(document, indent=2, ensure_ascii=False)) + "\n"


def _driver(results: Results, words: Wording) -> dict[str, Any]:
    version, digest = _plain(results.suite.version), results.suite.catalogue_sha256
    return {
        "name": "Portero",
        "fullName": f"Portero {version}, catalogue {digest[:12]}",
        "semanticVersion": version,
        "rules": [_rule(row, words) for row in results.requirements],
    }


def _rule(row: Requirement, words: Wording) -> dict[str, Any]:
    statement = words.title(row, "statement") or row.title
    return {
        "id": row.id,
        "name": "".join(word.capitalize() for word in row.title.replace("-", " ").split() if word.isalnum()),
        "shortDescription": {"text": _sentence(words.title(row))},
        "fullDescription": {"text": _sentence(statement)},
        "help": {"text": _sentence(words.title(row, "repair") or statement)},
        "defaultConfiguration": {"level": _LEVELS[row.level]},
        "properties": {"tags": ["security", row.area, row.level], "security-severity": _SEVERITY[row.level]},
    }


def _result(target: str, at: int, row: Requirement, case: Entry, words: Wording) -> dict[str, Any]:
    name, line = _place(row.area, row.id)
    identity = "\0".join((target, case.id, case.subject))
    result: dict[str, Any] = {
        "ruleId": row.id,
        "ruleIndex": at,
        "level": _LEVELS[case.level],
        "message": {"text": _sentence(f"{case.subject}: {words.said(case.both)}")},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": name, "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": line},
                },
                "logicalLocations": [{"fullyQualifiedName": _plain(case.id)}],
            }
        ],
        "partialFingerprints": {
            "caseAndSubject/v1": hashlib.sha256(identity.encode("utf-8", "backslashreplace")).hexdigest()
        },
    }
    if case.verdict is Outcome.WAIVED:
        excuse = say("waived by {waiver}", waiver=Own(case.waiver or ""))
        result["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": _sentence(words.said(excuse))}
        ]
    return result


def _invocation(results: Results, words: Wording) -> dict[str, Any]:
    run = results.run
    untested = (
        (row, case) for row in results.requirements for case in row.cases if case.verdict is Outcome.INCONCLUSIVE
    )
    invocation = {
        "executionSuccessful": bool(run.finished) and not run.interrupted and not run.internal_errors,
        "startTimeUtc": run.started,
        "endTimeUtc": run.finished,
        "toolExecutionNotifications": [
            {
                "level": "warning",
                "associatedRule": {"id": row.id},
                "message": {"text": _sentence(words.said(_untested(case)))},
            }
            for row, case in untested
        ],
    }
    return {key: value for key, value in invocation.items() if value is not None}


def _untested(case: Entry) -> Sentence:
    return say("{case} could not be tested: {reason}", case=Own(case.id), reason=case.reason)


@cache
def _place(area: str, requirement: str) -> tuple[str, int]:
    """Return the file of the catalogue that states a requirement, and the line; 1 where this edition has it not."""
    path = catalogue.FOLDER / area / "requirements.toml"
    name = f"conformance/areas/{area}/{path.name}"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return name, next((n for n, line in enumerate(lines, 1) if line == f'id = "{requirement}"'), 1)


def _plain(text: str) -> str:
    return shown(text, LONGEST)


def _sentence(text: str) -> str:
    plain = _plain(text)
    return plain if plain.endswith((".", "…")) else f"{plain}."
