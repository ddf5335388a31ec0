"""How long the largest report that is promised to be handled takes: drawn, and until a browser shows it."""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median

import pytest

from conformance import report
from conformance.engine import results_file
from tests.chromium import browsing
from tests.report import samples

ROUNDS = 5
SHOWN = """new Promise(done => {
  const told = () => performance.getEntriesByName("first-contentful-paint")[0];
  const look = () => told() && document.readyState === "complete"
    ? done([told().startTime, performance.getEntriesByType("navigation")[0].loadEventEnd]) : setTimeout(look, 10);
  look();
})"""


def drawn(folder: Path) -> tuple[float, float]:
    """Draw 100 requirements with 700 failing cases; return seconds, and megabytes of compliance.html."""
    results = folder / "results.json"
    report.write(samples.large("fail"), folder)
    document = results_file.read(results)
    seconds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        report.render(document, results, folder)
        seconds.append(time.perf_counter() - began)
    return median(seconds), (folder / "compliance.html").stat().st_size / 1e6


def shown(folder: Path) -> float:
    """Open the page in a browser; return the seconds until it is painted and loaded. Raises LookupError without one."""
    seconds: list[float] = []
    try:
        with browsing() as browser:
            for _ in range(ROUNDS):
                with browser.page((folder / "compliance.html").as_uri()) as page:
                    seconds.append(max(page.evaluate(SHOWN)) / 1000)
    except pytest.skip.Exception as reason:
        raise LookupError(str(reason)) from None
    return median(seconds)
