"""Waivers: violations that somebody answers for, by name, in writing, until a date."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationError, model_validator

from conformance import catalogue
from conformance.inputs.complaints import Document, nearest, read_toml, shown
from conformance.inputs.fields import Table, Text
from conformance.model import Case, Demand, Unfit
from conformance.sentence import Own, clauses, own_list, say

SCHEMA = 1
LONGEST_TERM = timedelta(days=180)  # an exception that lasts is decided anew
ANY = "*"


def today() -> date:
    """Return the day that terms are counted by, UTC."""
    return datetime.now(UTC).date()


def _listed(values: tuple[str, ...]) -> tuple[str, ...]:
    if not values:
        raise Demand(say('must name at least one, or "*"'))
    if twice := [value for value, count in Counter(values).items() if count > 1]:
        raise Unfit(say('holds "{name}" twice', name=Own(shown(twice[0]))))
    return values


Listed = Annotated[tuple[Text, ...], AfterValidator(_listed)]
Day = Annotated[date, Field(strict=True)]


class Waiver(Table):
    """One decision to live with a violation. `expires` is the last day that it holds, UTC."""

    id: Text
    requirement: Text
    cases: Listed
    subjects: Listed
    reason: Text
    approved_by: Text
    approved_on: Day
    expires: Day
    ticket: Text | None = None

    @model_validator(mode="after")
    def _term(self) -> Waiver:
        if self.expires < self.approved_on:
            raise Unfit(say("expires before it was approved"))
        if self.expires - self.approved_on > LONGEST_TERM:
            longest = self.approved_on + LONGEST_TERM
            raise Unfit(
                say(
                    "holds for more than {days} days: it may expire on {day} at the latest",
                    days=LONGEST_TERM.days,
                    day=Own(longest),
                )
            )
        return self

    def covers(self, case: Case) -> bool:
        """Tell whether the waiver speaks of `case`, in force or not."""
        return (
            case.requirement.id == self.requirement
            and bool({case.id, ANY} & set(self.cases))
            and bool({case.subject, ANY} & set(self.subjects))
        )

    def in_force(self, day: date) -> bool:
        """Tell whether the waiver still holds on `day`."""
        return day <= self.expires


class File(Table):
    """A whole waiver file."""

    schema_: Annotated[int, Field(alias="schema", strict=True)]
    waiver: tuple[Waiver, ...] = ()


@dataclass(frozen=True, slots=True)
class Waivers:
    """The waivers of a run, and the day that they are looked at."""

    every: tuple[Waiver, ...]
    day: date

    def about(self, case: Case) -> Waiver | None:
        """Return the waiver that covers a case: of several, the one that holds longest; it may have expired."""
        return max((w for w in self.every if w.covers(case)), key=lambda waiver: waiver.expires, default=None)

    def covered_by(self, waiver: Waiver, cases: Iterable[Case]) -> list[Case]:
        """List those of `cases` that `waiver` is the one to excuse."""
        return [case for case in cases if self.about(case) is waiver]


def none() -> Waivers:
    """Return no waivers at all."""
    return Waivers((), today())


def read(path: Path, cases: Mapping[str, Case] | None = None) -> Waivers:
    """Read a waiver file; `cases` are those of the target, by id, where there is a target to check against.

    Raises UnusableInput with one line an error: file, line, what is wrong and what to write instead.
    """
    document, day = read_toml(path), today()
    _check_edition(document)
    every: tuple[Waiver, ...] = ()
    try:
        every = File.model_validate(document.content).waiver
    except ValidationError as error:
        document.complain_of(File, error)
    _check_ids(document)
    for index, waiver in enumerate(every):
        _check_reach(document, index, waiver, day, cases)
    document.enforce()
    found = Waivers(every, day)
    _check_overlap(document, found, cases or {})
    document.enforce()
    return found


def _check_edition(document: Document) -> None:
    edition = document.content.get("schema")
    if type(edition) is int and edition != SCHEMA:
        newer = say(
            "schema {edition} is newer than this Portero reads: update Portero, or write schema = {number}",
            edition=edition,
            number=SCHEMA,
        )
        absent = say("schema {edition} does not exist: write schema = {number}", edition=edition, number=SCHEMA)
        document.complain(("schema",), newer if edition > SCHEMA else absent)
        document.enforce()


def _check_ids(document: Document) -> None:
    rows = document.content.get("waiver")
    seen: set[Any] = set()
    for index, row in enumerate(rows if isinstance(rows, list) else []):
        name = row.get("id") if isinstance(row, dict) else None
        if isinstance(name, str) and name in seen:
            trouble = say('a second waiver is called "{name}"', name=Own(shown(name)))
            document.complain(("waiver", index, "id"), trouble)
        seen.add(name if isinstance(name, str) else None)


def _check_reach(document: Document, index: int, waiver: Waiver, day: date, cases: Mapping[str, Case] | None) -> None:
    """Note what a waiver names that is not there. Of a waiver for other subjects the cases cannot be known."""
    requirement = waiver.requirement
    loc = ("waiver", index)
    if requirement not in (known := [row.id for row in catalogue.load().values() if row.excluded is None]):
        trouble = say('unknown requirement "{name}"', name=Own(shown(requirement)))
        document.complain((*loc, "requirement"), clauses(trouble, nearest(requirement, known)))
        return
    if waiver.approved_on > day + timedelta(days=1):
        trouble = say("{waiver} is approved on a day that is still to come", waiver=Own(waiver.id))
        document.complain((*loc, "approved_on"), trouble)
    own = [case for case in (cases or {}).values() if case.requirement.id == requirement]
    here = cases is not None and bool({ANY, *(case.subject for case in own)} & set(waiver.subjects))
    known_cases = [case.id for case in own] if here else _foreseen(requirement)
    for at, name in enumerate(waiver.cases):
        stranger = name not in known_cases and (here or not _may_be(requirement, name))
        if name != ANY and stranger:
            trouble = say('unknown case "{name}" of {requirement}', name=Own(shown(name)), requirement=Own(requirement))
            document.complain((*loc, "cases", at), clauses(trouble, nearest(name, known_cases)))


def _foreseen(requirement: str) -> list[str]:
    """List those cases of a requirement that every target has."""
    rows = catalogue.load()[requirement].cases
    return ["/".join(filter(None, (requirement, row.name))) for row in rows if row.each is None]


def _may_be(requirement: str, case: str) -> bool:
    """Tell whether some target may have a case of this id: what cases are repeated for is the target file's affair."""
    repeated = [row.name for row in catalogue.load()[requirement].cases if row.each is not None]
    return any(f"{case}/".startswith("/".join(filter(None, (requirement, name))) + "/") for name in repeated)


def _check_overlap(document: Document, waivers: Waivers, cases: Mapping[str, Case]) -> None:
    in_force = [waiver for waiver in waivers.every if waiver.in_force(waivers.day)]
    for case in cases.values():
        names = [waiver.id for waiver in in_force if waiver.covers(case)]
        if len(names) > 1:
            index = [waiver.id for waiver in waivers.every].index(names[1])
            trouble = say("{case} is waived twice, by {waivers}: keep one", case=Own(case.id), waivers=own_list(names))
            document.complain(("waiver", index), trouble)
