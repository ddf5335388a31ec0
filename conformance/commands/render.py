"""`portero render results.json`: the reports again, all but tests.html."""

from __future__ import annotations

import argparse
import sys

from conformance import report
from conformance.engine import results_file
from conformance.locale import tongue
from conformance.model import Exit
from conformance.report.folder import claimed


def run(options: argparse.Namespace) -> int:
    """Draw the reports and name them; raises UnusableInput for what is no results file."""
    found = results_file.read(options.results)
    folder = options.reports or options.results.parent
    results_file.warn_of_contradictions(options.results, found, tongue(options.lang))
    with claimed(folder):
        written = report.render(found, options.results, folder, options.lang, options.also)
    sys.stdout.write("".join(f"{path}\n" for path in written))
    return Exit.OK
