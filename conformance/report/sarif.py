"""Draws results.sarif (SARIF 2.1.0): violations for a code-scanning view, each at its line in the catalogue."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from conformance import catalogue
from conformance.model import Level, Outcome
from conformance.report.hostile import shown
from conformance.report.wording import Wording

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LONGEST = 1000

_LEVELS = {Level.MUST: "error", Level.SHOULD: "warning", Level.MAY: "note"}
# What code-scanning views sort by, on the scale of CVSS: high, medium, none.
_SEVERITY = {Level.MUST: "8.0", Level.SHOULD: "5.0", Level.MAY: "0.0"}

Document = Mapping[str, Any]


def draw(document: Document, language: str = "en") -> str:
    """Return the run as one SARIF log, as JSON. Violations are results; waived ones are suppressed results.

    What could not be tested is no result, as viewers would show it as a finding: it is a notification of the tool.
    """
    rows = document["requirements"]
    run = {
        "tool": {"driver": _driver(document, Wording(language))},
        "automationDetails": {"id": f"portero/{_plain(document['target']['name'])}/{document['run']['id']}"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The checkout of the suite."}}},
        "invocations": [_invocation(document)],
        "results": [result for at, row in enumerate(rows) for result in _results(document, at, row)],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _driver(document: Document, words: Wording) -> dict[str, Any]:
    suite = {key: _plain(value) for key, value in document["suite"].items()}
    return {
        "name": "Portero",
        "fullName": f"Portero {suite['version']}, catalogue {suite['catalogue_sha256'][:12]}",
        "semanticVersion": suite["version"],
        "rules": [_rule(row, words) for row in document["requirements"]],
    }


def _rule(row: Mapping[str, Any], words: Wording) -> dict[str, Any]:
    level = Level(row["level"])
    statement = words.title(row, "statement") or row["title"]
    return {
        "id": row["id"],
        "name": "".join(word.capitalize() for word in row["title"].replace("-", " ").split() if word.isalnum()),
        "shortDescription": {"text": _sentence(words.title(row))},
        "fullDescription": {"text": _sentence(statement)},
        "help": {"text": _sentence(words.title(row, "repair") or statement)},
        "defaultConfiguration": {"level": _LEVELS[level]},
        "properties": {"tags": ["security", row["area"], level], "security-severity": _SEVERITY[level]},
    }


def _results(document: Document, at: int, row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for case in row["cases"]:
        if case["verdict"] in (Outcome.FAIL, Outcome.WAIVED):
            yield _result(document, at, row, case)


def _result(document: Document, at: int, row: Mapping[str, Any], case: Mapping[str, Any]) -> dict[str, Any]:
    name, line = _place(row["area"], row["id"])
    identity = "\0".join((document["target"]["name"], case["id"], case["subject"]))
    result: dict[str, Any] = {
        "ruleId": row["id"],
        "ruleIndex": at,
        "level": _LEVELS[Level(case.get("level") or row["level"])],
        "message": {"text": _sentence(f"{case['subject']}: {case['observed']}; {case['expected']}")},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": name, "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": line},
                },
                "logicalLocations": [{"fullyQualifiedName": _plain(case["id"])}],
            }
        ],
        "partialFingerprints": {
            "caseAndSubject/v1": hashlib.sha256(identity.encode("utf-8", "backslashreplace")).hexdigest()
        },
    }
    if case["verdict"] == Outcome.WAIVED:
        result["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": _sentence(f"waived by {case['waiver']}")}
        ]
    return result


def _invocation(document: Document) -> dict[str, Any]:
    run = document["run"]
    untested = (
        (row, case) for row in document["requirements"] for case in row["cases"] if case["verdict"] == "inconclusive"
    )
    invocation = {
        "executionSuccessful": bool(run.get("finished")) and not run["interrupted"] and not run.get("internal_errors"),
        "startTimeUtc": run["started"],
        "endTimeUtc": run.get("finished"),
        "toolExecutionNotifications": [
            {
                "level": "warning",
                "associatedRule": {"id": row["id"]},
                "message": {"text": _sentence(f"{case['id']} could not be tested: {case['reason']}")},
            }
            for row, case in untested
        ],
    }
    return {key: value for key, value in invocation.items() if value is not None}


@cache
def _place(area: str, requirement: str) -> tuple[str, int]:
    """Return the file of the catalogue that states a requirement, and the line; 1 where this edition has it not."""
    path = catalogue.FOLDER / f"{area}.toml"
    name = f"conformance/requirements/{path.name}"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return name, next((n for n, line in enumerate(lines, 1) if line == f'id = "{requirement}"'), 1)


def _plain(text: str) -> str:
    return shown(text, LONGEST)


def _sentence(text: str) -> str:
    plain = _plain(text)
    return plain if plain.endswith((".", "…")) else f"{plain}."
