"""`portero rejudge results.json`: today's judges on recorded observations, offline."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from conformance import report
from conformance.engine import ledger, results_file
from conformance.engine.assessment import Assessment
from conformance.engine.observatory import Recorded
from conformance.engine.results import ABSENT, Entry, Results
from conformance.hostile import shown
from conformance.inputs import target, waivers
from conformance.inputs.waivers import Waivers
from conformance.locale import tongue
from conformance.model import Case, Outcome, UnusableInput
from conformance.report import difference
from conformance.report.folder import claimed
from conformance.report.wording import Wording
from conformance.sentence import NOTHING, Own, say


def run(options: argparse.Namespace) -> int:
    """Print every verdict that changes, and the new verdict of the run; return the exit code of a run."""
    before = results_file.read(options.results)
    results_file.warn_of_contradictions(options.results, before, tongue(options.lang))
    after = rejudged(before, options.results, options.waivers)
    words = Wording(options.lang)
    sys.stdout.write("".join(f"{line}\n" for line in _told(before, after, words)))
    if options.reports is not None:
        with claimed(options.reports):
            report.write(after, options.reports, options.lang)
    return ledger.exit_code(after)


def rejudged(before: Results, path: Path, waiver_file: Path | None = None) -> Results:
    """Return the results as today's judges would have them; cases that were not selected stay so.

    Raises UnusableInput when the target that the file records is not one that this edition understands, or when its
    observations cannot be judged.
    """
    try:
        aim = target.parse(before.target.document)
    except ValidationError as error:
        trouble = error.errors(include_url=False)[0]
        where = ".".join(map(str, trouble["loc"]))
        raise UnusableInput(
            say(
                "{file}: records a target that cannot be used: {place}: {trouble}",
                file=Own(path),
                place=Own(where),
                trouble=Own(trouble["msg"]),
            )
        ) from None
    assessment = Assessment(aim, Recorded(before.observed))
    excuses = waivers.read(waiver_file, assessment.cases) if waiver_file else waivers.none()
    selected = set(assessment.cases)
    if not before.run.whole_catalogue:
        selected &= {case.id for case in before.cases if case.was_selected}
    not_run = {case.id for case in before.cases if case.verdict is Outcome.NOT_RUN}
    entries = {name: _ruled(assessment, excuses, assessment.cases[name], path) for name in sorted(selected - not_run)}
    run = ledger.Run(
        argv=["portero", "rejudge", path.name],
        fail_on=before.run.fail_on,
        started=before.run.started,
        selected=frozenset(selected),
        interrupted=before.run.interrupted,
        requests_sent=before.run.requests_sent,
        connections_opened=before.run.connections_opened,
        probe_seconds=before.run.probe_seconds,
        rejudged=before.run.id,
        waivers=ledger.told(excuses),
    )
    return ledger.build(run, assessment, entries, before.observed)


def _ruled(assessment: Assessment, excuses: Waivers, case: Case, path: Path) -> Entry:
    try:
        return assessment.rule(case, excuses)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        what = shown(f"{type(error).__name__}: {error}")
        raise UnusableInput(
            say(
                "{file}: what it observed for {case} cannot be judged; was it edited? ({error})",
                file=Own(path),
                case=Own(case.id),
                error=Own(what),
            )
        ) from error


def _told(before: Results, after: Results, words: Wording) -> Iterator[str]:
    digests = {"old": before.suite.catalogue_sha256[:12], "new": after.suite.catalogue_sha256[:12]}
    if digests["old"] != digests["new"]:
        yield words("rejudge.catalogue", **digests, version=shown(before.suite.version))
    then, now = ({case.id: case for case in found.cases} for found in (before, after))
    for name in sorted(then.keys() | now.keys()):
        was, case = then.get(name), now.get(name)
        turn = [one.verdict if one else ABSENT for one in (was, case)]
        if turn[0] != turn[1]:
            why = (case.reason or case.observed) if case else NOTHING
            told = " -> ".join(difference.verdict(verdict, words) for verdict in turn)
            yield f"{shown(name)}: {told}" + (f"{words('colon')}{shown(words.said(why))}" if why else "")
    changed = "" if before.verdict == after.verdict else f" ({words('rejudge.was', verdict=before.verdict)})"
    yield words("rejudge.verdict", verdict=after.verdict) + changed
