"""`python -m benchmarks.recorded FOLDER`: whether today's judges say of recorded runs what was said of them then.

An empty folder is filled: a run of the reference at each security level, and of every fault and near miss. A folder
that was filled before, by an earlier edition perhaps, is judged again, offline: every case whose verdict, sentence or
exhibit differs is told. It ends with 1 where a case differs. Before and after walls are moved, this has to be nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.engine.assessment import Assessment
from conformance.engine.observatory import Recorded
from conformance.engine.recording import Observed
from conformance.inputs import target
from conformance.model import Case, Inconclusive, NotApplicable
from reference_server.faults import faults, near_misses
from tests.arena import SAID, Outcomes, reference
from tests.packs import packed

LEVELS = ("modern", "intermediate", "old")
TOLD = 40


@dataclass(frozen=True, slots=True)
class Difference:
    """A case of which something else is said than then."""

    case: str
    then: Any
    now: Any


def kept(outcomes: Outcomes) -> dict[str, Any]:
    """Return a run as it is written down."""
    assessment = _assessment(outcomes.document, outcomes.observed)
    return {
        "document": outcomes.document,
        "observations": outcomes.observed.seen,
        "said": SAID.dump_python(outcomes.observed.said),
        "cases": {name: said(assessment, assessment.cases[name]) for name in outcomes.by_case()},
    }


def differences(run: dict[str, Any]) -> Iterator[Difference]:
    """Judge a run that was written down, and tell what differs; a judge that raises differs."""
    assessment = _assessment(run["document"], Observed(run["observations"], SAID.validate_python(run.get("said", {}))))
    for name, then in run["cases"].items():
        now = said(assessment, assessment.cases[name]) if name in assessment.cases else "no such case"
        if then != now:
            yield Difference(name, then, now)


def said(assessment: Assessment, case: Case) -> Any:
    """Return what a judge says of a case, in English."""
    try:
        found = assessment.judge(case)
    except (Inconclusive, NotApplicable) as trouble:
        return [type(trouble).__name__, str(trouble.reason)]
    except Exception as error:  # noqa: BLE001 - a judge that crashes is told beside the others
        return ["crashed", f"{type(error).__name__}: {error}"]
    notes = [str(note) for note in found.notes]
    return [str(found.outcome), str(found.expected), str(found.observed), list(found.exhibits), notes]


def _assessment(document: dict[str, Any], observed: Observed) -> Assessment:
    return Assessment(target.parse(document), Recorded(observed))


def _record(job: tuple[Path, tuple[str, ...], str]) -> None:
    path, names, level = job
    path.write_text(json.dumps(kept(reference(*names, level=level))), encoding="utf-8")


def fill(folder: Path) -> int:
    """Run everything, as many at once as there are processors, and return how many runs that were."""
    packs: list[tuple[Sequence[str], str]] = [((), level) for level in LEVELS]
    packs += [(pack, "modern") for pack in packed([*faults().values(), *near_misses().values()])]
    jobs = [(folder / f"{n:03d}.json", tuple(names), level) for n, (names, level) in enumerate(packs)]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        return len(list(pool.map(_record, jobs)))


def main() -> int:
    """Fill the folder, or judge what it holds."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recorded", description=main.__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    files = sorted(folder.glob("*.json"))
    if not files:
        sys.stdout.write(f"{fill(folder)} runs recorded in {folder}\n")
        return 0
    judged, found = 0, dict[str, Difference]()
    for path in files:
        run = json.loads(path.read_text(encoding="utf-8"))
        judged += len(run["cases"])
        found |= {json.dumps([one.then, one.now]): one for one in differences(run)}
    for one in list(found.values())[:TOLD]:
        sys.stdout.write(f"{one.case}\n  then {one.then}\n  now  {one.now}\n")
    sys.stdout.write(f"{judged} cases of {len(files)} runs judged, {len(found)} said otherwise in as many ways\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
