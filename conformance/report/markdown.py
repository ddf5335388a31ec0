"""Draws summary.md: the verdict and what is wrong, for the CI job's page."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.engine.results import Comparison, Results
from conformance.hostile import shown
from conformance.report import difference, view, waived
from conformance.report.wording import Wording

MAX_BYTES = 100_000
_ROOM = MAX_BYTES - 2_000  # what is left for the lines that say what was left out
_LONGEST = 500
_MARKUP = re.compile(r"[\\`*_\[\]<>#|~&@]|(?<=:)/|(?<=www)\.", re.IGNORECASE)


def draw(results: Results, language: str = "en") -> str:
    """Return the summary as GitHub-flavoured Markdown, violations first, below 100 kB."""
    words = Wording(language)
    lines = [
        f"# {words('title')}: {_plain(results.target.name)}",
        "",
        f"**{_plain(view.headline(results, words), 1200)}**",
        "",
        f"{words('summary.counts')}: {_counts(results, words)}",
        "",
    ]
    if compared := results.comparison:
        lines += [_plain(difference.headline(compared, words)), ""]
    lines += _bounded(_findings(results, words), _ROOM - sum(len(line.encode()) + 1 for line in lines), words)
    return "\n".join([*lines, "", words("summary.report"), ""])


def _counts(results: Results, words: Wording) -> str:
    return ", ".join(f"{words('verdict.' + verdict)} {n}" for verdict, n in results.counts.items() if n)


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


def _findings(results: Results, words: Wording) -> Iterator[str]:
    for heading, rows in (("violations", view.failing(results)), ("deviations", view.deviating(results))):
        if rows:
            yield from (f"## {words(heading + '.heading')}", "")
            for row in rows:
                yield from _requirement(row, words)
    if results.waivers:
        yield from (f"## {words('waivers.heading')}", "")
        day = waived.ruled_on(results)
        yield from (f"- {_plain(waived.line(waiver, day, words), 1200)}" for waiver in results.waivers)
        yield ""
    if found := results.comparison:
        yield from _differences(found, words)
    gaps = view.gaps(results)
    if gaps:
        yield from (f"## {words('untested.heading')}", "")
    for kind, reasons in gaps.items():
        for gap in reasons:
            about = ", ".join(name + (f" ({words('untested.cases', n=n)})" if n else "") for name, n in gap.about)
            why = _plain(words.said(gap.reason).removesuffix("."))
            yield f"- {words('untested.' + kind)}{words('colon')}{why}" + (words("colon") + about if about else "")


def _differences(found: Comparison, words: Wording) -> Iterator[str]:
    yield from (f"## {words('difference.heading')}", "")
    yield from (f"- {_plain(note)}" for note in difference.notes(found, words))
    for kind, changes in difference.by_kind(found).items():
        if changes:
            yield from ("", f"### {words('difference.kind.' + kind)}", "")
        for change in changes:
            why = _plain(words.said(change.now or change.was))
            yield f"- {_name(change.case, change.subject)}: {difference.turn(change, words)}{words('colon')}{why}"
    yield ""


def _requirement(row: view.Failing, words: Wording) -> Iterator[str]:
    requirement = row.requirement
    title = _plain(words.title(requirement))
    yield from (f"### {requirement.id} {title} ({words('level.' + requirement.level)})", "")
    for case in row.cases:
        yield f"- {_name(case.id, case.subject)}: {_plain(words.said(case.why))}"
    yield ""
    yield f"{words('violations.repair')}{words('colon')}{_prose(words.title(requirement, 'repair'))}"
    yield ""


def _name(case: str, subject: str) -> str:
    return f"**{_plain(case)}** ({_plain(subject)})"


def _prose(text: str) -> str:
    """Return a text of the catalogue, whose `code` stays code: in there nothing else is markup."""
    parts = shown(text, 1200).split("`")
    return "".join(f"`{part}`" if n % 2 and part else _plain(part, 1200) for n, part in enumerate(parts))


def _plain(text: str, limit: int = _LONGEST) -> str:
    """Return `text` so that nothing in it is markup, a mention, an image or a link."""
    return _MARKUP.sub(lambda match: f"&#{ord(match[0])};", shown(text, limit))
