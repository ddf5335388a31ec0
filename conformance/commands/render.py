"""`portero render results.json`: the reports again, all but tests.html."""

from __future__ import annotations

import argparse
import sys

from conformance import report, results
from conformance.model import Exit


def run(options: argparse.Namespace) -> int:
    """Draw the reports and name them; raises UnusableInput for what is no results file."""
    document = results.read(options.results)
    folder = options.reports or options.results.parent
    written = report.render(document, options.results, folder, options.lang)
    sys.stdout.write("".join(f"{path}\n" for path in written))
    return Exit.OK
