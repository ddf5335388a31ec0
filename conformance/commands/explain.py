"""`portero explain ID`: one requirement, in full."""

from __future__ import annotations

import argparse
import sys
import textwrap

from conformance import catalogue
from conformance.inputs.complaints import nearest, shown
from conformance.model import Exit, Requirement, UnusableInput
from conformance.report.wording import Wording
from conformance.sentence import Own, clauses, say


def run(options: argparse.Namespace) -> int:
    """Print a requirement's texts; raises UnusableInput for an id that is not in the catalogue."""
    rows = catalogue.load()
    row = rows.get(options.id.upper())
    if row is None:
        near = nearest(options.id, rows) or say('"portero list" names them all')
        raise UnusableInput(clauses(say('no requirement is called "{id}"', id=Own(shown(options.id))), near))
    sys.stdout.write(_text(row, options.lang) + "\n")
    return Exit.OK


def _text(row: Requirement, lang: str) -> str:
    words = Wording(lang)
    title, statement = (catalogue.text(row, name, lang) for name in ("title", "statement"))
    parts = [f"{row.id}  {title}  ({words('level.' + row.level)})", statement]
    parts += [f"{words('explain.' + key)}: {catalogue.text(row, key, lang)}" for key in ("judged", "repair")]
    parts.append(f"{words('explain.source')}: {row.source}")
    if row.excluded is not None:
        parts.append(f"{words('explain.not')}: {words.said(catalogue.not_judged(row.excluded))}")
    needs = [*row.needs, *([f'consent = "{row.consent}"'] if row.consent != "read" else [])]
    if needs:
        parts.append(f"{words('explain.needs')}: {', '.join(needs)}")
    parts.append(words("requirements.sources"))
    return "\n\n".join(textwrap.fill(part, 100, break_on_hyphens=False) for part in parts)
