"""Draws summary.md: the verdict and what is wrong, for the CI job's page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.report import difference, view, waived
from conformance.report.hostile import shown
from conformance.report.wording import Wording

MAX_BYTES = 100_000
_ROOM = MAX_BYTES - 2_000
_LONGEST = 500
_MARKUP = re.compile(r"[\\`*_\[\]<>#|~&@]|(?<=:)/|(?<=www)\.", re.IGNORECASE)


def draw(document: view.Document, language: str = "en") -> str:
    """Return the summary as GitHub-flavoured Markdown, violations first, below 100 kB."""
    words = Wording(language)
    lines = [
        f"# {words('title')}: {_plain(document['target']['name'])}",
        "",
        f"**{_plain(view.headline(document, words), 1200)}**",
        "",
        f"{words('summary.counts')}: {_counts(document, words)}",
        "",
    ]
    if compared := document.get("comparison"):
        lines += [_plain(difference.headline(compared, words)), ""]
    lines += _bounded(_findings(document, words), _ROOM - sum(len(line.encode()) + 1 for line in lines), words)
    return "\n".join([*lines, "", words("summary.report"), ""])


def _counts(document: view.Document, words: Wording) -> str:
    return ", ".join(f"{words('verdict.' + verdict)} {n}" for verdict, n in document["counts"].items() if n)


def _bounded(lines: Iterator[str], room: int, words: Wording) -> list[str]:
    """Take as many lines as there is room for, in bytes, and say how many cases were left out."""
    kept: list[str] = []
    for line in lines:
        room -= len(line.encode()) + 1
        if room < 0:
            left = 1 + sum(1 for rest in lines if rest.startswith("- "))
            return [*kept, "", words("summary.more", n=left)]
        kept.append(line)
    return kept


def _findings(document: view.Document, words: Wording) -> Iterator[str]:
    for heading, rows in (("violations", view.failing(document)), ("deviations", view.deviating(document))):
        if rows:
            yield from (f"## {words(heading + '.heading')}", "")
            for row in rows:
                yield from _requirement(row, words)
    if document["waivers"]:
        yield from (f"## {words('waivers.heading')}", "")
        day = waived.ruled_on(document)
        yield from (f"- {_plain(waived.line(waiver, day, words), 1200)}" for waiver in document["waivers"])
        yield ""
    if found := document.get("comparison"):
        yield from _differences(found, words)
    gaps = view.gaps(document)
    if gaps:
        yield from (f"## {words('untested.heading')}", "")
    for kind, reasons in gaps.items():
        for gap in reasons:
            about = ", ".join(name + (f" ({words('untested.cases', n=n)})" if n else "") for name, n in gap.about)
            yield f"- {words('untested.' + kind)}{words('colon')}{_plain(words.judged(gap.reason))}" + (
                words("colon") + about if about else ""
            )


def _differences(found: Mapping[str, Any], words: Wording) -> Iterator[str]:
    yield from (f"## {words('difference.heading')}", "")
    yield from (f"- {_plain(note)}" for note in difference.notes(found, words))
    for kind, changes in difference.by_kind(found).items():
        if changes:
            yield from ("", f"### {words('difference.kind.' + kind)}", "")
        for change in changes:
            why = change["now"] or change["was"]
            yield f"- {_name(change)}: {difference.turn(change, words)}{words('colon')}{_plain(words.judged(why))}"
    yield ""


def _requirement(row: view.Failing, words: Wording) -> Iterator[str]:
    requirement = row.requirement
    title = _plain(words.title(requirement))
    yield from (f"### {requirement['id']} {title} ({words('level.' + requirement['level'])})", "")
    for case in row.cases:
        yield f"- {_name(case)}: {_plain(words.judged(case['reason'] or case['observed'] + '; ' + case['expected']))}"
    yield ""
    yield f"{words('violations.repair')}{words('colon')}{_prose(words.title(requirement, 'repair'))}"
    yield ""


def _name(case: Mapping[str, Any]) -> str:
    return f"**{_plain(case.get('id') or case['case'])}** ({_plain(case['subject'])})"


def _prose(text: str) -> str:
    """Return a text of the catalogue, whose `code` stays code: in there nothing else is markup."""
    parts = shown(text, 1200).split("`")
    return "".join(f"`{part}`" if n % 2 and part else _plain(part, 1200) for n, part in enumerate(parts))


def _plain(text: str, limit: int = _LONGEST) -> str:
    """Return `text` so that nothing in it is markup, a mention, an image or a link."""
    return _MARKUP.sub(lambda match: f"&#{ord(match[0])};", shown(text, limit))
