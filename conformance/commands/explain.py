"""`portero explain ID`: one requirement, in full."""

from __future__ import annotations

import argparse
import sys
import textwrap

from conformance import catalogue
from conformance.inputs.complaints import nearest, shown
from conformance.model import Exit, Requirement, UnusableInput
from conformance.report.wording import Wording

_HEADINGS = {
    "en": {
        "judged": "How it is judged",
        "repair": "How to repair it",
        "source": "Source",
        "not": "Not judged",
        "needs": "Needs in the target file",
    },
    "es": {
        "judged": "Cómo se juzga",
        "repair": "Cómo se repara",
        "source": "Fuente",
        "not": "No se juzga",
        "needs": "Necesita en el archivo de objetivo",
    },
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
    say, wording = _HEADINGS[lang], Wording(lang)
    parts = [f"{row.id}  {row.title[lang]}  ({wording('level.' + row.level)})", row.statement[lang]]
    parts += [f"{say[key]}: {getattr(row, key)[lang]}" for key in ("judged", "repair")]
    parts.append(f"{say['source']}: {row.source}")
    if row.excluded is not None:
        parts.append(f"{say['not']}: {row.excluded}")
    needs = [*row.needs, *([f'consent = "{row.consent}"'] if row.consent != "read" else [])]
    if needs:
        parts.append(f"{say['needs']}: {', '.join(needs)}")
    parts.append(wording("requirements.sources"))
    return "\n\n".join(textwrap.fill(part, 100) for part in parts)
