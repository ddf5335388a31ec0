"""`portero list`: the catalogue, or the faults of the reference server."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from conformance import catalogue, locate
from conformance.locale import tongue
from conformance.model import Exit, Requirement
from conformance.sentence import say


def run(options: argparse.Namespace) -> int:
    """Print a table, or JSON."""
    rows = _faults() if options.faults else [_row(row, options.lang) for row in catalogue.load().values()]
    if options.json:
        sys.stdout.write(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
    elif options.faults:
        nothing = say("nothing (near miss)").within(tongue(options.lang))
        _print((row["name"], ", ".join(row["breaks"]) or nothing, row["text"]) for row in rows)
    else:
        _print((row["id"], row["level"], row["consent"], row["title"]) for row in rows)
    return Exit.OK


def _row(row: Requirement, lang: str) -> dict[str, Any]:
    plain = {key: getattr(row, key) for key in ("id", "area", "level", "section", "source", "consent", "excluded")}
    texts = {key: catalogue.text(row, key, lang) for key in catalogue.TEXTS}
    return {**plain, "needs": list(row.needs), **texts}


def _faults() -> list[dict[str, Any]]:
    faults = locate.module("reference_server.faults")
    every = {**faults.faults(), **faults.near_misses()}
    return [
        {
            "name": name,
            "breaks": list(fault.breaks),
            "area": fault.area,
            "text": " ".join(fault.text.split()),
            "security_level": fault.level,
            "near_miss": name not in faults.faults(),
        }
        for name, fault in sorted(every.items())
    ]


def _print(rows: Iterable[Sequence[str]]) -> None:
    table = [tuple(map(str, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)][:-1]
    for *cells, last in table:
        padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=True)]
        sys.stdout.write("  ".join([*padded, last]) + "\n")
