"""Pits the suite against the reference gateway in one process, with a clock that both share."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from conformance import catalogue
from conformance.bench import Bench
from conformance.bench.budget import Budget
from conformance.engine.assessment import Assessment
from conformance.engine.observatory import Observatory, Recorded
from conformance.engine.recording import Observed
from conformance.engine.results import Spoken
from conformance.inputs import target
from conformance.model import Case, Inconclusive, NotApplicable, Outcome, Verdict
from conformance.secrecy.redact import Redactor
from conformance.secrecy.secret import open_vault
from conformance.sentence import Sentence
from reference_server import Gateway
from reference_server.faults import named
from tests.databases import postgres


class SteppingClock:
    """A clock that stands still until somebody waits on it."""

    def __init__(self, start: float = 1_790_000_000.0) -> None:
        self._now = start
        self._lock = threading.Lock()

    def now(self) -> float:
        with self._lock:
            return self._now

    def wait(self, seconds: float) -> None:
        with self._lock:
            self._now += max(0.0, seconds)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of every case of a run; `document` and `observed` are as a results file holds them."""

    document: dict[str, Any]
    verdicts: dict[str, Verdict]
    inconclusive: dict[str, Sentence]
    not_applicable: dict[str, Sentence]
    observed: Observed = field(default_factory=Observed)

    @property
    def observations(self) -> dict[str, Any]:
        """Each observation as JSON."""
        return self.observed.seen

    def failed(self) -> set[str]:
        """Return the ids of the requirements that fail."""
        return {case.partition("/")[0] for case, v in self.verdicts.items() if v.outcome is Outcome.FAIL}

    def failures(self) -> dict[str, str]:
        """Return the reason of every failed case."""
        return {case: v.reason for case, v in self.verdicts.items() if v.outcome is Outcome.FAIL}

    def by_case(self) -> dict[str, Verdict | str]:
        """Return each case's verdict, or the reason why it has none."""
        return {**self.verdicts, **self.inconclusive, **self.not_applicable}


def reference(*faults: str, level: str = "modern", areas: Iterable[str] = (), without: Iterable[str] = ()) -> Outcomes:
    """Run the suite against a reference gateway with `faults`; only `areas`, if any are named.

    The gateway has the parts of those areas. With a fault and no areas it is spared what takes long to start, but for
    what the fault concerns.
    """
    clock = SteppingClock()
    costly = areas or (() if faults else catalogue.AREAS)
    opened = "dbt" in {*costly, *(named(fault).area for fault in faults)}
    with Gateway(level, faults, clock.now, costly=costly, postgres=postgres() if opened else None) as gateway:
        document = gateway.document()
        for section in without:
            document.pop(section, None)
        return assess(document, gateway.environ, areas=areas, clock=clock)


def assess(
    document: dict[str, Any],
    environ: dict[str, str],
    *,
    areas: Iterable[str] = (),
    clock: Any = None,
    folder: Path = Path(),
) -> Outcomes:
    """Judge every case of the target that `document` describes."""
    aim = target.parse(document)
    vault = open_vault(aim.secret_refs(), environ, folder)
    bench = Bench(aim, vault, Budget(aim.limits), Redactor(vault), folder, *([clock] if clock else []))
    observatory = Observatory(bench)
    assessment = Assessment(aim, observatory)
    chosen = [c for c in assessment.cases.values() if not areas or c.requirement.area in set(areas)]
    observatory.start(assessment.probes_for(chosen))
    outcomes = _judge(assessment, chosen)
    return replace(outcomes, observed=observatory.recorded())


SAID = TypeAdapter(dict[str, dict[str, Spoken]])


def rejudged(live: Outcomes) -> Outcomes:
    """Judge the cases of a run again, offline: from its target and its observations as a file gives them back."""
    stored = json.dumps([live.document, live.observed.seen, SAID.dump_python(live.observed.said)])
    document, seen, said = json.loads(stored)
    assessment = Assessment(target.parse(document), Recorded(Observed(seen, SAID.validate_python(said))))
    return _judge(assessment, [assessment.cases[case] for case in live.by_case()])


def _judge(assessment: Assessment, cases: Iterable[Case]) -> Outcomes:
    outcomes = Outcomes(assessment.target.document(), {}, {}, {})
    for case in cases:
        try:
            outcomes.verdicts[case.id] = assessment.judge(case)
        except Inconclusive as trouble:
            outcomes.inconclusive[case.id] = trouble.reason
        except NotApplicable as trouble:
            outcomes.not_applicable[case.id] = trouble.reason
    return outcomes
