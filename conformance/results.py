"""results.json as others may rely on it: the shape of its first schema.

`python -m conformance.results` writes the JSON Schema again after a change.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

SCHEMA_FILE = Path(__file__).with_name("results.schema.json")

CaseVerdict = Literal["pass", "fail", "waived", "inconclusive", "not-applicable", "not-run"]
RunVerdict = Literal["conformant", "conformant-with-waivers", "not-conformant", "incomplete", "partial"]
LevelName = Literal["must", "should", "may"]


def _a_date(text: str) -> str:
    datetime.fromisoformat(text)
    return text


Instant = Annotated[
    str,
    Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$", description="ISO 8601, UTC"),
    AfterValidator(_a_date),
]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$", description="ISO 8601"), AfterValidator(_a_date)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256, hex")]
Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0)]
_LANGUAGE_KEYS = "keyed by language: en, es"


class _Table(BaseModel):
    model_config = ConfigDict(extra="allow")


class Suite(_Table):
    """Which edition of the suite, and of its catalogue, gave the verdicts."""

    name: Literal["portero"]
    version: str
    catalogue_sha256: Digest


class Run(_Table):
    """The circumstances of the run. Without `finished` it was interrupted, and reads as incomplete."""

    id: str
    started: Instant
    finished: Instant | None = None
    argv: list[str]
    host: str
    requests_sent: Count
    connections_opened: Count
    interrupted: bool
    fail_on: Literal["must", "should", "may"] = "must"
    whole_catalogue: bool = True
    selected_cases: Count | None = None
    probe_seconds: Annotated[dict[str, Seconds], Field(description="how long each probe looked")] = {}
    internal_errors: Annotated[list[str], Field(description="the suite's own: the run proves nothing")] = []


class Target(_Table):
    """What was probed, as the target file declares it. Secrets are references in there."""

    name: str
    sha256: Digest
    sections: list[str]
    consent: Literal["read", "write", "destructive"]
    clock_offset_seconds: float | None
    tls_level: Annotated[dict[str, str | None], Field(description="the level that is run, keyed by guideline")]
    document: dict[str, Any] = {}


class Case(_Table):
    """One thing that was to be proved, and what became of it."""

    id: Annotated[str, Field(pattern=r"^[A-Z]+-\d\d(/.*)?$")]
    subject: str
    level: Annotated[LevelName | None, Field(description="absent: the requirement's")] = None
    verdict: CaseVerdict
    expected: str
    observed: str
    reason: str
    evidence: Annotated[list[str], Field(description="keys of observations")]
    exhibits: Annotated[list[str], Field(description="observation key, #, JSON Pointer into it")] = []
    notes: list[str] = []
    said: Annotated[dict[str, Any], Field(description="the sentences' templates and values")] = {}
    seconds: Seconds
    waiver: str | None
    stale_waiver: Annotated[bool, Field(description="the waiver excuses nothing any more, which fails")] = False

    @model_validator(mode="after")
    def _pass_rests_on_evidence(self) -> Case:
        if self.verdict == "pass" and not self.evidence:
            raise ValueError(f"{self.id} is a pass without evidence")
        return self


class Texts(_Table):
    """A requirement's texts in one language."""

    title: str
    statement: str
    judged: str
    repair: str


class Requirement(_Table):
    """One promise of the documentation, its verdict that of its worst case."""

    id: Annotated[str, Field(pattern=r"^[A-Z]+-\d\d$")]
    area: str
    level: LevelName
    section: str = ""
    title: str
    source: str
    verdict: CaseVerdict
    texts: Annotated[dict[str, Texts], Field(description=_LANGUAGE_KEYS)] = {}
    cases: Annotated[list[Case], Field(min_length=1)]


class NotJudged(_Table):
    """A clause that no outside observer can judge, and why."""

    id: str
    titles: Annotated[dict[str, str], Field(description=_LANGUAGE_KEYS)]
    source: str
    reason: str


class Waiver(_Table):
    """A violation that somebody answers for, until a date (inclusive, UTC)."""

    id: str
    requirement: str
    cases: list[str]
    subjects: list[str]
    reason: str
    approved_by: str
    approved_on: Day
    expires: Day
    ticket: str | None = None


class Compared(_Table):
    """One of the two runs that were compared."""

    id: str
    started: Instant
    target: str
    verdict: RunVerdict
    exit: int
    version: str
    catalogue_sha256: Digest


class Change(_Table):
    """What became of a case, or of a whole requirement where one run alone was asked about it."""

    kind: Literal["regressed", "vanished", "failed-for-another-reason", "new", "fixed", "otherwise"]
    requirement: str
    case: str
    level: LevelName
    subject: str
    before: CaseVerdict | Literal["absent"]
    after: CaseVerdict | Literal["absent"]
    was: Annotated[str, Field(description="why the verdict was what it was")]
    now: Annotated[str, Field(description="why it is what it is")]
    titles: Annotated[dict[str, str], Field(description=_LANGUAGE_KEYS)]


class Comparison(_Table):
    """What differs from an earlier run: what `portero diff --json` prints, too."""

    result: Literal["same", "regressed", "changed"]
    old: Compared
    new: Compared
    compared_cases: Annotated[Count, Field(description="asked by both runs")]
    changes: Annotated[list[Change], Field(description="gravest first")]
    notes: Annotated[list[dict[str, str]], Field(description=f"what has to be known of the two, {_LANGUAGE_KEYS}")]


class Results(_Table):
    """A whole results file."""

    model_config = ConfigDict(extra="allow", title="Portero results, schema 1")

    schema_: Annotated[Literal[1], Field(alias="schema")]
    suite: Suite
    run: Run
    target: Target
    verdict: RunVerdict
    counts: dict[CaseVerdict, Count]
    requirements: list[Requirement]
    not_judged: list[NotJudged] = []
    waivers: list[Waiver] = []
    comparison: Annotated[Comparison | None, Field(description="with the run that --compare named")] = None
    observations: Annotated[dict[str, dict[str, Any]], Field(description="what probes saw, by key, free of secrets")]
    said: Annotated[
        dict[str, dict[str, Any]], Field(description="sentences of observations: template and values, by JSON Pointer")
    ] = {}


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of results.json, as it is shipped beside this module."""
    found = Results.model_json_schema(by_alias=True)
    found["$defs"]["Case"]["if"] = {"properties": {"verdict": {"const": "pass"}}}
    found["$defs"]["Case"]["then"] = {"properties": {"evidence": {"minItems": 1}}}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found}


if __name__ == "__main__":
    SCHEMA_FILE.write_text(json.dumps(schema(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
