"""`portero rejudge results.json`: today's judges on recorded observations, offline."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from conformance import ledger, report, results, target, waivers
from conformance.assessment import Assessment
from conformance.model import Level, Outcome, UnusableInput
from conformance.observatory import Recorded
from conformance.report.folder import claimed
from conformance.report.hostile import shown
from conformance.rulings import Rulings


def run(options: argparse.Namespace) -> int:
    """Print every verdict that changes, and the new verdict of the run; return the exit code of a run."""
    before = results.read(options.results)
    after = rejudged(before, options.results, options.waivers)
    sys.stdout.write("".join(f"{line}\n" for line in _told(before, after)))
    if options.reports is not None:
        with claimed(options.reports):
            report.write(after, options.reports, options.lang)
    return ledger.exit_code(after)


def rejudged(before: dict[str, Any], path: Path, waiver_file: Path | None = None) -> dict[str, Any]:
    """Return the results document as today's judges would have it; cases that were not selected stay so.

    Raises UnusableInput when the target that the file records is not one that this edition understands.
    """
    try:
        aim = target.parse(before["target"]["document"])
    except ValidationError as error:
        raise UnusableInput(f"{path}: records a target that cannot be used: {error.errors()[0]['msg']}") from None
    assessment = Assessment(aim, Recorded(before["observations"]))
    excuses = waivers.read(waiver_file, assessment.cases) if waiver_file else waivers.none()
    rulings = Rulings(assessment, excuses)
    then = {case["id"]: case for case in _cases(before)}
    not_run = {name for name, case in then.items() if case["verdict"] == Outcome.NOT_RUN}
    selected = set(assessment.cases)
    if not before["run"]["whole_catalogue"]:
        selected &= {name for name, case in then.items() if case["reason"] != ledger.NOT_SELECTED}
    entries = {name: rulings.rule(assessment.cases[name]) for name in sorted(selected - not_run)}
    run = ledger.Run(
        argv=["portero", "rejudge", path.name],
        fail_on=Level(before["run"]["fail_on"]),
        selected=frozenset(selected),
        interrupted=before["run"]["interrupted"],
        requests_sent=before["run"]["requests_sent"],
        connections_opened=before["run"]["connections_opened"],
        probe_seconds=before["run"]["probe_seconds"],
        waivers=excuses.as_json(),
    )
    document = ledger.build(run, assessment, entries, before["observations"])
    document["run"] |= {"started": before["run"]["started"], "rejudged": before["run"]["id"]}
    return document


def _cases(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (case for row in document["requirements"] for case in row["cases"])


def _told(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    then = {case["id"]: case for case in _cases(before)}
    for case in _cases(after):
        was = then.pop(case["id"], {"verdict": "absent"})["verdict"]
        if was != case["verdict"]:
            yield f"{shown(case['id'])}: {was} -> {case['verdict']}: {shown(case['reason'] or case['observed'])}"
    yield from (f"{shown(name)}: {case['verdict']} -> absent" for name, case in then.items())
    changed = "" if before["verdict"] == after["verdict"] else f" (was {before['verdict']})"
    yield f"verdict: {after['verdict']}{changed}"
