"""results.json, the one shape of results: what the ledger builds, and what every report, diff and rejudge takes.

In Python the texts of judges are sentences; in JSON they are English, and beside them, under `said`, stands what they
were made of. A `said` that does not come out as the text beside it was edited, or is another's: the text stands.
`python -m conformance.engine.results` writes the JSON Schema again after a change.
"""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from conformance.engine.recording import Observed
from conformance.model import Level, Outcome
from conformance.sentence import Own, Sentence, clauses, say, sentence

SCHEMA: Final = 1
SCHEMA_FILE = Path(__file__).with_name("results.schema.json")

RunVerdict = Literal["conformant", "conformant-with-waivers", "not-conformant", "incomplete", "partial"]
Absent = Literal["absent"]
ABSENT: Absent = "absent"

NOT_SELECTED = say("not selected")


def excluded(reason: str) -> Sentence:
    """Say that the target file leaves a requirement out, in its own words."""
    return say("excluded by the target file's [scope]: {reason}", reason=Own(reason))


def _is(said: Sentence, example: Sentence) -> bool:
    """Tell whether something was said by the template of `example`; an older file has but the text, which begins so."""
    return said.template == example.template if said.template is not None else said.startswith(example)


class Kind(StrEnum):
    """How a case differs between two runs, gravest first."""

    REGRESSED = "regressed"
    VANISHED = "vanished"
    REASON = "failed-for-another-reason"
    NEW = "new"
    FIXED = "fixed"
    OTHER = "otherwise"


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


def _spoken(value: Any) -> Sentence:
    return value if isinstance(value, Sentence) else sentence(value)


Spoken = Annotated[
    Sentence,
    PlainValidator(_spoken, json_schema_input_type=dict[str, Any]),
    PlainSerializer(Sentence.data, return_type=dict[str, Any]),
]
_LANGUAGE_KEYS = "keyed by language: en, es"


def _without_default(schema: dict[str, Any]) -> None:
    del schema["default"]


class _Table(BaseModel):
    model_config = ConfigDict(extra="allow")


def _with_said(schema: dict[str, Any]) -> None:
    said = {"description": "the sentences' templates and values", "title": "Said", "type": "object"}
    schema["properties"]["said"] = {"additionalProperties": True, **said}


class _Speaking(_Table):
    """A table in which sentences stand, at the keys that `SENTENCES` names."""

    model_config = ConfigDict(json_schema_extra=_with_said)
    SENTENCES: ClassVar[tuple[str, ...]]

    @model_validator(mode="before")
    @classmethod
    def _take_what_was_said(cls, data: Any) -> Any:
        if not isinstance(data, dict) or "said" not in data:
            return data
        said = data["said"]
        if not isinstance(said, dict):
            raise ValueError("said must be an object")  # noqa: TRY004 - pydantic tells of ValueErrors
        spoken = {name: _heard(data.get(name), said[name]) for name in cls.SENTENCES if name in said}
        return {name: value for name, value in (data | spoken).items() if name != "said"}

    @model_serializer(mode="wrap")
    def _as_json(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        found: dict[str, Any] = handler(self)
        found |= {name: _text(found[name]) for name in self.SENTENCES}
        said = self.said()
        return found | ({"said": said} if said else {})

    def said(self) -> dict[str, Any]:
        """Return what the sentences were made of, as JSON holds it; those that came as mere text are left out."""
        told = {name: _data(getattr(self, name)) for name in self.SENTENCES}
        return {name: data for name, data in told.items() if data}


def _heard(text: Any, said: Any) -> Any:
    """Return the sentences that come out as `text`, which is one text or a list; raises ValueError for what is none."""
    if isinstance(said, list):
        spoken = [sentence(one) for one in said]
        return spoken if spoken == text else text
    return found if (found := sentence(said)) == text else text


def _text(told: Sentence | list[Sentence]) -> str | list[str]:
    return [str(one) for one in told] if isinstance(told, list) else str(told)


def _data(told: Sentence | list[Sentence]) -> Any:
    if isinstance(told, list):
        return [one.data() for one in told] if any(one.template is not None for one in told) else []
    return None if told.template is None else told.data()


def _unless_none(found: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in found.items() if name != key or value is not None}


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
    fail_on: Level = Level.MUST
    whole_catalogue: bool = True
    selected_cases: Count | None = None
    probe_seconds: Annotated[dict[str, Seconds], Field(description="how long each probe looked")] = {}
    internal_errors: Annotated[list[str], Field(description="the suite's own: the run proves nothing")] = []
    rejudged: Annotated[str | None, Field(description="the run that was judged again")] = None

    @model_serializer(mode="wrap")
    def _as_json(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return _unless_none(handler(self), "rejudged")


class Target(_Table):
    """What was probed, as the target file declares it. Secrets are references in there."""

    name: str
    sha256: Digest
    sections: list[str]
    consent: Literal["read", "write", "destructive"]
    clock_offset_seconds: float | None
    tls_level: Annotated[dict[str, str | None], Field(description="the level that is run, keyed by guideline")]
    document: dict[str, Any] = {}


class Entry(_Speaking):
    """One thing that was to be proved, and what became of it."""

    SENTENCES = ("expected", "observed", "reason", "notes")

    id: Annotated[str, Field(pattern=r"^[A-Z]+-\d\d(/.*)?$")]
    subject: str
    level: Annotated[Level, Field(description="absent: the requirement's", json_schema_extra=_without_default)] = (
        Level.MUST
    )
    verdict: Outcome
    expected: Sentence
    observed: Sentence
    reason: Sentence
    evidence: Annotated[list[str], Field(description="keys of observations")]
    exhibits: Annotated[list[str], Field(description="observation key, #, JSON Pointer into it")] = []
    notes: list[Sentence] = []
    seconds: Seconds
    waiver: str | None
    stale_waiver: Annotated[bool, Field(description="the waiver excuses nothing any more, which fails")] = False

    @model_validator(mode="after")
    def _pass_rests_on_evidence(self) -> Entry:
        if self.verdict is Outcome.PASS and not self.evidence:
            raise ValueError(f"{self.id} is a pass without evidence")
        return self

    @model_validator(mode="after")
    def _reason_is_both(self) -> Entry:
        if self.reason.template is None and self.reason == self.both:
            self.reason = self.both
        return self

    def said(self) -> dict[str, Any]:
        """Return what the sentences were made of; a reason that is just observed and expected is not told again."""
        found = super().said()
        return {name: data for name, data in found.items() if name != "reason" or self.reason != self.both}

    @property
    def both(self) -> Sentence:
        """What was observed, and what was expected."""
        return clauses(self.observed, self.expected)

    @property
    def why(self) -> Sentence:
        """Why the verdict is what it is."""
        return self.reason or self.both

    @property
    def was_selected(self) -> bool:
        """Whether the run was asked for the case."""
        return not _is(self.reason, NOT_SELECTED)

    @property
    def is_excluded(self) -> bool:
        """Whether the target file leaves the case out, with a reason."""
        return _is(self.reason, excluded(""))


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
    level: Level
    section: str = ""
    title: str
    source: str
    verdict: Outcome
    texts: Annotated[dict[str, Texts], Field(description=_LANGUAGE_KEYS)] = {}
    cases: Annotated[list[Entry], Field(min_length=1)]

    @model_validator(mode="before")
    @classmethod
    def _level_of_cases(cls, data: Any) -> Any:
        """Give the requirement's level to each case that has none of its own."""
        match data:
            case {"level": level, "cases": list(cases)}:
                return data | {"cases": [_levelled(case, level) for case in cases]}
        return data


def _levelled(case: Any, level: Any) -> Any:
    return case | {"level": level} if isinstance(case, dict) and case.get("level") is None else case


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


class Change(_Speaking):
    """What became of a case, or of a whole requirement where one run alone was asked about it."""

    SENTENCES = ("was", "now")

    kind: Kind
    requirement: str
    case: str
    level: Level
    subject: str
    before: Outcome | Absent
    after: Outcome | Absent
    was: Annotated[Sentence, Field(description="why the verdict was what it was")]
    now: Annotated[Sentence, Field(description="why it is what it is")]
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

    model_config = ConfigDict(
        extra="allow", title="Portero results, schema 1", validate_by_name=True, validate_by_alias=True
    )

    schema_: Annotated[Literal[1], Field(alias="schema")]
    suite: Suite
    run: Run
    target: Target
    counts: dict[Outcome, Count]
    requirements: list[Requirement]
    not_judged: list[NotJudged] = []
    waivers: list[Waiver] = []
    observations: Annotated[dict[str, dict[str, Any]], Field(description="what probes saw, by key, free of secrets")]
    said: Annotated[
        dict[str, dict[str, Spoken]],
        Field(description="sentences of observations: template and values, by JSON Pointer"),
    ] = {}
    verdict: RunVerdict
    comparison: Annotated[Comparison | None, Field(description="with the run that --compare named")] = None

    @model_serializer(mode="wrap")
    def _as_json(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return _unless_none(handler(self), "comparison")

    @property
    def selected(self) -> int:
        """How many cases were selected; all of them, where an older writer did not count."""
        counted = self.run.selected_cases
        return sum(self.counts.values()) if counted is None else counted

    @property
    def cases(self) -> list[Entry]:
        """Every case, in order of requirement."""
        return [case for row in self.requirements for case in row.cases]

    @property
    def observed(self) -> Observed:
        """The observations, with the sentences in them."""
        return Observed(self.observations, self.said)


def as_json(table: BaseModel) -> dict[str, Any]:
    """Return results, or a part of them, as JSON has them."""
    return table.model_dump(by_alias=True)  # mode="json" takes no lone surrogates


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of results.json, as it is shipped beside this module."""
    found = Results.model_json_schema(by_alias=True)
    found["$defs"]["Entry"]["if"] = {"properties": {"verdict": {"const": "pass"}}}
    found["$defs"]["Entry"]["then"] = {"properties": {"evidence": {"minItems": 1}}}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found}


if __name__ == "__main__":
    SCHEMA_FILE.write_text(json.dumps(schema(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
