"""`portero diff OLD NEW`: what differs between two runs."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator

from conformance.comparison.compare import compare
from conformance.engine import results_file
from conformance.engine.results import Comparison, as_json
from conformance.hostile import shown
from conformance.locale import tongue
from conformance.report import difference
from conformance.report.wording import Wording


def run(options: argparse.Namespace) -> int:
    """Print the comparison, and return 0 where nothing differs, 1 for a regression, 16 for any other change."""
    old, new = results_file.read(options.old), results_file.read(options.new)
    for path, results in ((options.old, old), (options.new, new)):
        results_file.warn_of_contradictions(path, results, tongue(options.lang))
    comparison = compare(old, new)
    found = difference.told(comparison)
    if options.json:
        sys.stdout.write(json.dumps(as_json(found), indent=2) + "\n")
    else:
        words = Wording(options.lang)
        sys.stdout.write("".join(f"{line}\n" for line in _told(found, words)))
    return comparison.exit_code


def _told(found: Comparison, words: Wording) -> Iterator[str]:
    for which, one in (("old", found.old), ("new", found.new)):
        yield words(
            f"difference.{which}",
            run=shown(one.id),
            target=shown(one.target),
            instant=words.instant(one.started),
            verdict=words(f"run.{one.verdict}"),
        )
    yield words("difference.compared", n=found.compared_cases)
    yield from (text for text, _ in difference.lines(found, words, len(found.changes)))
    yield difference.counts(found, words)
