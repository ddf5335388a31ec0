"""`portero rejudge results.json`: today's judges on recorded observations, offline."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from conformance import ledger, report, target, waivers
from conformance.assessment import Assessment
from conformance.diff import ABSENT
from conformance.inputs import results_file
from conformance.model import Case, Level, Outcome, UnusableInput
from conformance.observatory import Recorded
from conformance.recording import Observed, from_json
from conformance.report import difference
from conformance.report.folder import claimed
from conformance.report.hostile import shown
from conformance.report.wording import Wording
from conformance.rulings import Rulings
from conformance.sentence import Sentence


def run(options: argparse.Namespace) -> int:
    """Print every verdict that changes, and the new verdict of the run; return the exit code of a run."""
    before = results_file.read(options.results)
    results_file.warn_of_contradictions(options.results, before)
    after = rejudged(before, options.results, options.waivers)
    words = Wording(options.lang)
    sys.stdout.write("".join(f"{line}\n" for line in _told(before, after, words)))
    if options.reports is not None:
        with claimed(options.reports):
            report.write(after, options.reports, options.lang)
    return ledger.exit_code(after)


def rejudged(before: dict[str, Any], path: Path, waiver_file: Path | None = None) -> dict[str, Any]:
    """Return the results document as today's judges would have it; cases that were not selected stay so.

    Raises UnusableInput when the target that the file records is not one that this edition understands, or when its
    observations cannot be judged.
    """
    try:
        aim = target.parse(before["target"]["document"])
    except ValidationError as error:
        trouble = error.errors(include_url=False)[0]
        where = ".".join(map(str, trouble["loc"]))
        raise UnusableInput(
            Sentence(f"{path}: records a target that cannot be used: {where}: {trouble['msg']}")
        ) from None
    observed = Observed(before["observations"], from_json(before["said"]))
    assessment = Assessment(aim, Recorded(observed))
    excuses = waivers.read(waiver_file, assessment.cases) if waiver_file else waivers.none()
    rulings = Rulings(assessment, excuses)
    then = {case["id"]: case for case in _cases(before)}
    not_run = {name for name, case in then.items() if case["verdict"] == Outcome.NOT_RUN}
    selected = set(assessment.cases)
    if not before["run"]["whole_catalogue"]:
        selected &= {name for name, case in then.items() if case["reason"] != ledger.NOT_SELECTED}
    entries = {name: _ruled(rulings, assessment.cases[name], path) for name in sorted(selected - not_run)}
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
    document = ledger.build(run, assessment, entries, observed)
    document["run"] |= {"started": before["run"]["started"], "rejudged": before["run"]["id"]}
    return document


def _cases(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (case for row in document["requirements"] for case in row["cases"])


def _ruled(rulings: Rulings, case: Case, path: Path) -> ledger.Entry:
    try:
        return rulings.rule(case)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        what = shown(f"{type(error).__name__}: {error}")
        raise UnusableInput(
            Sentence(f"{path}: what it observed for {case.id} cannot be judged; was it edited? ({what})")
        ) from error


def _told(before: dict[str, Any], after: dict[str, Any], words: Wording) -> Iterator[str]:
    digests = {"old": before["suite"]["catalogue_sha256"][:12], "new": after["suite"]["catalogue_sha256"][:12]}
    if digests["old"] != digests["new"]:
        yield words("rejudge.catalogue", **digests, version=shown(before["suite"]["version"]))
    then = {case["id"]: case["verdict"] for case in _cases(before)}
    now = {case["id"]: case for case in _cases(after)}
    for name in sorted(then.keys() | now.keys()):
        was, case = then.get(name, ABSENT), now.get(name, {"verdict": ABSENT, "reason": "", "observed": ""})
        if was != case["verdict"]:
            why = case["reason"] or case["observed"]
            turn = f"{difference.verdict(was, words)} -> {difference.verdict(case['verdict'], words)}"
            yield f"{shown(name)}: {turn}" + (f"{words('colon')}{shown(words.judged(why))}" if why else "")
    changed = "" if before["verdict"] == after["verdict"] else f" ({words('rejudge.was', verdict=before['verdict'])})"
    yield words("rejudge.verdict", verdict=after["verdict"]) + changed
