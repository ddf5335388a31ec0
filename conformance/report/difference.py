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
        "notes": [{language: _note(note, say) for language, say in words.items()} for note in comparison.notes],
    }


_PLAIN = ("requirement", "case", "level", "subject", "before", "after", "was", "now")


def _note(note: Note, say: Wording) -> str:
    values = {name: say(f"level.{value}") if isinstance(value, Level) else value for name, value in note.values.items()}
    return say(f"difference.note.{note.key}", **values)


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


def headline(difference: Row, say: Wording) -> str:
    """Return the comparison in one sentence."""
    old = difference["old"]
    return say(
        "difference.headline",
        run=old["id"],
        target=old["target"],
        instant=say.instant(old["started"]),
        counts=counts(difference, say),
    )


def counts(difference: Row, say: Wording) -> str:
    """Say how the comparison came out, and how many changes of each kind there are."""
    result = say(f"difference.result.{difference['result']}")
    found = [say(f"difference.count.{kind}", n=len(rows)) for kind, rows in by_kind(difference).items() if rows]
    return f"{result} ({', '.join(found) or say('difference.same')})"


def by_kind(difference: Row) -> dict[str, list[Row]]:
    """Return the changes of each kind, gravest first."""
    return {str(kind): [one for one in difference["changes"] if one["kind"] == kind] for kind in Kind}


def turn(change: Row, say: Wording) -> str:
    """Say what a verdict was, and what it is."""
    before, after = (verdict(change[when], say) for when in ("before", "after"))
    return before if change["before"] == change["after"] else f"{before} → {after}"


def verdict(word: str, say: Wording) -> str:
    """Name the verdict of a case, or say that the case is not there."""
    return say("difference.absent" if word == ABSENT else f"verdict.{word}")


def title(change: Row, say: Wording) -> str:
    """Return the title of a change's requirement, in English where there is no other."""
    return str(change["titles"].get(say.language) or change["titles"].get("en", ""))


def notes(difference: Row, say: Wording) -> list[str]:
    """List what has to be known about the two runs, in English where there is no other text."""
    return [note.get(say.language) or note.get("en", "") for note in difference["notes"]]


def lines(difference: Row, say: Wording, few: int) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Tell a comparison on a terminal: each line with pytest's markup for it, at most `few` changes of each kind."""
    for note in notes(difference, say):
        yield f"  {shown(note, 3 * LONGEST)}", ()
    for kind, changes in by_kind(difference).items():
        if changes:
            yield say(f"difference.kind.{kind}"), ("bold", _COLOURS.get(kind, "yellow"))
        yield from _changes(changes[:few], say)
        if len(changes) > few:
            yield "  " + say("difference.more", n=len(changes) - few), ()


_COLOURS: dict[str, str] = {Kind.REGRESSED: "red", Kind.VANISHED: "red", Kind.FIXED: "green"}


def _changes(changes: Sequence[Row], say: Wording) -> Iterator[tuple[str, tuple[str, ...]]]:
    told = ""
    for change in changes:
        if change["requirement"] != told:
            told = change["requirement"]
            level = say("level." + change["level"])
            yield f"  {told}  {shown(title(change, say), LONGEST)}  ({level})", ("bold",)
        yield f"    {shown(change['case'], LONGEST)}  {shown(change['subject'], LONGEST)}  {turn(change, say)}", ()
        for when in ("was", "now"):
            if change[when]:
                yield f"      {say('difference.' + when)}{say('colon')}{shown(say.judged(change[when]), LONGEST)}", ()
