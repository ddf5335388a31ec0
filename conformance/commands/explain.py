"""`portero explain ID`: one requirement, in full."""

from __future__ import annotations

import argparse
import sys
import textwrap

from conformance import catalogue
from conformance.inputs.complaints import nearest, shown
from conformance.model import Exit, Requirement, UnusableInput

_HEADINGS = {
    "en": {"judged": "How it is judged", "repair": "How to repair it", "source": "Source", "not": "Not judged"},
    "es": {"judged": "Cómo se juzga", "repair": "Cómo se repara", "source": "Fuente", "not": "No se juzga"},
}


def run(options: argparse.Namespace) -> int:
    """Print a requirement's texts; raises UnusableInput for an id that is not in the catalogue."""
    rows = catalogue.load()
    row = rows.get(options.id.upper())
    if row is None:
        near = nearest(options.id, rows) or '; "portero list" names them all'
        raise UnusableInput(f'no requirement is called "{shown(options.id)}"{near}')
    sys.stdout.write(_text(row, options.lang) + "\n")
    return Exit.OK


def _text(row: Requirement, lang: str) -> str:
    say = _HEADINGS[lang]
    parts = [f"{row.id}  {row.title[lang]}  ({row.level.upper()})", row.statement[lang]]
    parts += [f"{say[key]}: {getattr(row, key)[lang]}" for key in ("judged", "repair")]
    parts.append(f"{say['source']}: {row.source}")
    if row.excluded is not None:
        parts.append(f"{say['not']}: {row.excluded}")
    if row.needs:
        parts.append(f"needs: {', '.join(row.needs)}")
    if row.consent != "read":
        parts.append(f'consent: "{row.consent}"')
    return "\n\n".join(textwrap.fill(part, 100) for part in parts)
