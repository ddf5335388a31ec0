"""The words that every other module speaks: levels, outcomes, verdicts, requirements, cases."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from conformance.sentence import Language, Sentence, clauses


class Level(StrEnum):
    """How binding a requirement is: RFC 2119's words, taken from the source's own verbs."""

    MUST = "must"
    SHOULD = "should"
    MAY = "may"

    def at_least(self, other: Level) -> bool:
        """Tell whether this level is as strict as `other`, or stricter."""
        order = list(Level)
        return order.index(self) <= order.index(other)


class Outcome(StrEnum):
    """What became of a case. Ordered from worst to best: a requirement has that of its worst case."""

    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    NOT_RUN = "not-run"
    WAIVED = "waived"
    PASS = "pass"  # noqa: S105 - a verdict, not a password
    NOT_APPLICABLE = "not-applicable"


class Also(StrEnum):
    """A report that is drawn only when it is asked for: SARIF 2.1.0, or OSCAL assessment results."""

    SARIF = "sarif"
    OSCAL = "oscal"


class Exit(IntEnum):
    """What the process says to its caller. Which goes before which is `ledger.exit_code`'s affair."""

    OK = 0
    VIOLATION = 1
    INTERRUPTED = 2
    INTERNAL = 3
    UNUSABLE = 4
    NOTHING_SELECTED = 5
    INCOMPLETE = 10
    CHANGED = 16


class NonConformance(AssertionError):
    """The gateway breaks the requirement; the only trouble that may be waived."""


class _Because(Exception):
    """Something that has a reason, in plain words."""

    def __init__(self, reason: Sentence) -> None:
        super().__init__(reason)
        self.reason = reason


class Inconclusive(_Because):
    """It could not be tested, and why. Never a pass and never a violation."""


class NotApplicable(_Because):
    """The requirement asks nothing of this target, and why."""


class UnusableInput(Exception):
    """The operator's input cannot be used: a sentence for each error, with its place and remedy."""

    def __init__(self, *troubles: Sentence) -> None:
        """Tell of `troubles`, in their order."""
        super().__init__(*troubles)
        self.troubles = troubles

    def __str__(self) -> str:
        """Return every line in English."""
        return "\n".join(self.troubles)

    def told(self, language: Language | None = None) -> str:
        """Return what a terminal is told: a line for each mistake."""
        lines = (line for trouble in self.troubles for line in trouble.within(language).splitlines())
        return "".join(f"portero: {line}\n" for line in lines)


class Unfit(ValueError):
    """A value of the operator's files that cannot be used: what is wrong with it. Pydantic hands it on."""

    def __init__(self, trouble: Sentence) -> None:
        """Tell of `trouble`."""
        super().__init__(trouble)
        self.trouble = trouble


class Demand(Unfit):
    """What such a value must be: said of its key, which stands before it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge says of one case.

    `expected` and `observed` are sentences for an auditor. `exhibits` point at what was seen: JSON Pointers
    into the observation that was judged ("" is all of it).
    """

    outcome: Outcome
    expected: Sentence
    observed: Sentence
    exhibits: tuple[str, ...] = ("",)
    notes: tuple[Sentence, ...] = ()

    @property
    def reason(self) -> Sentence:
        """One sentence that says expected and observed."""
        return clauses(self.observed, self.expected)

    def enforce(self) -> None:
        """Raise NonConformance when the requirement is broken."""
        if self.outcome is Outcome.FAIL:
            raise NonConformance(self.reason)


def conforms(expected: Sentence, observed: Sentence, *exhibits: str, notes: tuple[Sentence, ...] = ()) -> Verdict:
    """Return the verdict that the requirement is kept."""
    return Verdict(Outcome.PASS, expected, observed, exhibits or ("",), notes)


def violates(expected: Sentence, observed: Sentence, *exhibits: str, notes: tuple[Sentence, ...] = ()) -> Verdict:
    """Return the verdict that the requirement is broken."""
    return Verdict(Outcome.FAIL, expected, observed, exhibits or ("",), notes)


def verdict(
    kept: bool,  # noqa: FBT001
    expected: Sentence,
    observed: Sentence,
    *exhibits: str,
    notes: tuple[Sentence, ...] = (),
) -> Verdict:
    """Return `conforms` or `violates`, whichever `kept` says."""
    return (conforms if kept else violates)(expected, observed, *exhibits, notes=notes)


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A line of a requirement's `cases`: its name, what it is repeated for, and its own level if not the row's."""

    name: str
    each: str | None = None
    level: Level | None = None


@dataclass(frozen=True, slots=True)
class Requirement:
    """One promise of the documentation, as the catalogue states it, in English."""

    id: str
    area: str
    level: Level
    section: str
    source: str
    title: str
    statement: str
    judged: str
    repair: str
    needs: tuple[str, ...] = ()
    consent: str = "read"
    cases: tuple[CaseRow, ...] = ()
    excluded: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One thing to prove, known before anything is probed.

    `name` is the catalogue's part of the id (`get`), `value` what it is repeated for (`/login`).
    """

    id: str
    requirement: Requirement = field(repr=False)
    name: str
    value: str
    subject: str
    level: Level
