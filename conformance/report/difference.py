"""What a comparison of two runs looks like: as JSON, which every report draws from, and as lines of a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conformance.circumstances import Note
from conformance.diff import ABSENT, Comparison, Kind
from conformance.ledger import exit_code
from conformance.locale import LANGUAGES
from conformance.model import Exit, Level
from conformance.report.hostile import shown
from conformance.report.wording import Wording

Row = Mapping[str, Any]

RESULTS = {Exit.OK: "same", Exit.VIOLATION: "regressed", Exit.CHANGED: "changed"}
LONGEST = 300


def as_json(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as `portero diff --json` prints it, and as results.json holds it; texts in every language."""
    words = {language: Wording(language) for language in LANGUAGES}
    return {
        "result": RESULTS[comparison.exit_code],
        "old": _run(comparison.old),
        "new": _run(comparison.new),
        "compared_cases": comparison.compared,
        "changes": [
            {"kind": str(one.kind)} | {name: str(getattr(one, name)) for name in _PLAIN} | {"titles": dict(one.titles)}
            for one in comparison.changes
        ],
        "notes": [{language: _note(note, words) for language, words in words.items()} for note in comparison.notes],
    }


_PLAIN = ("requirement", "case", "level", "subject", "before", "after", "was", "now")


def _note(note: Note, words: Wording) -> str:
    values = {
        name: words(f"level.{value}") if isinstance(value, Level) else value for name, value in note.values.items()
    }
    return words(f"difference.note.{note.key}", **values)


def _run(document: Row) -> dict[str, Any]:
    run, suite = document["run"], document["suite"]
    return {
        "id": run["id"],
        "started": run["started"],
        "target": document["target"]["name"],
        "verdict": document["verdict"],
        "exit": int(exit_code(document)),
        "version": suite["version"],
        "catalogue_sha256": suite["catalogue_sha256"],
    }


def headline(difference: Row, words: Wording) -> str:
    """Return the comparison in one sentence."""
    old = difference["old"]
    return words(
        "difference.headline",
        run=old["id"],
        target=old["target"],
        instant=words.instant(old["started"]),
        counts=counts(difference, words),
    )


def counts(difference: Row, words: Wording) -> str:
    """Say how the comparison came out, and how many changes of each kind there are."""
    result = words(f"difference.result.{difference['result']}")
    found = [words(f"difference.count.{kind}", n=len(rows)) for kind, rows in by_kind(difference).items() if rows]
    return f"{result} ({', '.join(found) or words('difference.same')})"


def by_kind(difference: Row) -> dict[str, list[Row]]:
    """Return the changes of each kind, gravest first."""
    return {str(kind): [one for one in difference["changes"] if one["kind"] == kind] for kind in Kind}


def turn(change: Row, words: Wording) -> str:
    """Say what a verdict was, and what it is."""
    before, after = (verdict(change[when], words) for when in ("before", "after"))
    return before if change["before"] == change["after"] else f"{before} → {after}"


def verdict(word: str, words: Wording) -> str:
    """Name the verdict of a case, or say that the case is not there."""
    return words("difference.absent" if word == ABSENT else f"verdict.{word}")


def title(change: Row, words: Wording) -> str:
    """Return the title of a change's requirement, in English where there is no other."""
    return str(change["titles"].get(words.language) or change["titles"].get("en", ""))


def notes(difference: Row, words: Wording) -> list[str]:
    """List what has to be known about the two runs, in English where there is no other text."""
    return [note.get(words.language) or note.get("en", "") for note in difference["notes"]]


def lines(difference: Row, words: Wording, few: int) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Tell a comparison on a terminal: each line with pytest's markup for it, at most `few` changes of each kind."""
    for note in notes(difference, words):
        yield f"  {shown(note, 3 * LONGEST)}", ()
    for kind, changes in by_kind(difference).items():
        if changes:
            yield words(f"difference.kind.{kind}"), ("bold", _COLOURS.get(kind, "yellow"))
        yield from _changes(changes[:few], words)
        if len(changes) > few:
            yield "  " + words("difference.more", n=len(changes) - few), ()


_COLOURS: dict[str, str] = {Kind.REGRESSED: "red", Kind.VANISHED: "red", Kind.FIXED: "green"}


def _changes(changes: Sequence[Row], words: Wording) -> Iterator[tuple[str, tuple[str, ...]]]:
    told = ""
    for change in changes:
        if change["requirement"] != told:
            told = change["requirement"]
            level = words("level." + change["level"])
            yield f"  {told}  {shown(title(change, words), LONGEST)}  ({level})", ("bold",)
        yield f"    {shown(change['case'], LONGEST)}  {shown(change['subject'], LONGEST)}  {turn(change, words)}", ()
        for when in ("was", "now"):
            if change[when]:
                why = shown(words.judged(change[when]), LONGEST)
                yield f"      {words('difference.' + when)}{words('colon')}{why}", ()
