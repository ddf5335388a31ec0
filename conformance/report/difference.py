"""What a comparison of two runs looks like: as results hold it, which every report draws from, and in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from conformance.comparison import compare
from conformance.comparison.notes import Note
from conformance.engine.ledger import exit_code
from conformance.engine.results import ABSENT, Change, Compared, Comparison, Kind, Results
from conformance.hostile import shown
from conformance.locale import LANGUAGES
from conformance.model import Exit, Level, Outcome
from conformance.report.wording import Wording

RESULTS: dict[Exit, Literal["same", "regressed", "changed"]] = {
    Exit.OK: "same",
    Exit.VIOLATION: "regressed",
    Exit.CHANGED: "changed",
}
LONGEST = 300  # characters of one sentence in a terminal


def told(comparison: compare.Comparison) -> Comparison:
    """Return a comparison as `portero diff --json` prints it, and as results hold it; notes in every language."""
    words = [Wording(language) for language in LANGUAGES]
    return Comparison(
        result=RESULTS[comparison.exit_code],
        old=_run(comparison.old),
        new=_run(comparison.new),
        compared_cases=comparison.compared,
        changes=list(comparison.changes),
        notes=[{each.language: _note(note, each) for each in words} for note in comparison.notes],
    )


def _note(note: Note, words: Wording) -> str:
    values = {
        name: words(f"level.{value}") if isinstance(value, Level) else value for name, value in note.values.items()
    }
    return words(f"difference.note.{note.key}", **values)


def _run(results: Results) -> Compared:
    return Compared(
        id=results.run.id,
        started=results.run.started,
        target=results.target.name,
        verdict=results.verdict,
        exit=int(exit_code(results)),
        version=results.suite.version,
        catalogue_sha256=results.suite.catalogue_sha256,
    )


def headline(difference: Comparison, words: Wording) -> str:
    """Return the comparison in one sentence."""
    old = difference.old
    return words(
        "difference.headline",
        run=old.id,
        target=old.target,
        instant=words.instant(old.started),
        counts=counts(difference, words),
    )


def counts(difference: Comparison, words: Wording) -> str:
    """Say how the comparison came out, and how many changes of each kind there are."""
    result = words(f"difference.result.{difference.result}")
    found = [words(f"difference.count.{kind}", n=len(rows)) for kind, rows in by_kind(difference).items() if rows]
    return f"{result} ({', '.join(found) or words('difference.same')})"


def by_kind(difference: Comparison) -> dict[Kind, list[Change]]:
    """Return the changes of each kind, gravest first."""
    return {kind: [one for one in difference.changes if one.kind is kind] for kind in Kind}


def turn(change: Change, words: Wording) -> str:
    """Say what a verdict was, and what it is."""
    before, after = (verdict(word, words) for word in (change.before, change.after))
    return before if change.before == change.after else f"{before} → {after}"


def verdict(word: Outcome | Literal["absent"], words: Wording) -> str:
    """Name the verdict of a case, or say that the case is not there."""
    return words("difference.absent" if word == ABSENT else f"verdict.{word}")


def title(change: Change, words: Wording) -> str:
    """Return the title of a change's requirement, in English where there is no other."""
    return change.titles.get(words.language) or change.titles.get("en", "")


def notes(difference: Comparison, words: Wording) -> list[str]:
    """List what has to be known about the two runs, in English where there is no other text."""
    return [note.get(words.language) or note.get("en", "") for note in difference.notes]


def lines(difference: Comparison, words: Wording, few: int) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Tell a comparison on a terminal: each line with pytest's markup for it, at most `few` changes of each kind."""
    for note in notes(difference, words):
        yield f"  {shown(note, 3 * LONGEST)}", ()
    for kind, changes in by_kind(difference).items():
        if changes:
            yield words(f"difference.kind.{kind}"), ("bold", _COLOURS.get(kind, "yellow"))
        yield from _changes(changes[:few], words)
        if len(changes) > few:
            yield "  " + words("difference.more", n=len(changes) - few), ()


_COLOURS = {Kind.REGRESSED: "red", Kind.VANISHED: "red", Kind.FIXED: "green"}


def _changes(changes: Sequence[Change], words: Wording) -> Iterator[tuple[str, tuple[str, ...]]]:
    requirement = ""
    for change in changes:
        if change.requirement != requirement:
            requirement = change.requirement
            level = words("level." + change.level)
            yield f"  {requirement}  {shown(title(change, words), LONGEST)}  ({level})", ("bold",)
        yield f"    {shown(change.case, LONGEST)}  {shown(change.subject, LONGEST)}  {turn(change, words)}", ()
        for when, why in (("was", change.was), ("now", change.now)):
            if why:
                yield f"      {words('difference.' + when)}{words('colon')}{shown(words.said(why), LONGEST)}", ()
