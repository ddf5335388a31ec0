"""Measures what the suite costs against one reference gateway, and prints it beside what it may cost."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks import cost, report
from benchmarks.cost import Cost
from benchmarks.look_around import CONNECTIONS, look_around
from conformance.inputs.toml_text import spell
from reference_server import Gateway

FLOOR = 12.0  # the margin of ten seconds and two more, which the replayed message really waits
PAIRS = 7
RUNS = 3
WIDTH = 120
PATHS = (1, 4, 16)
PORTERO = [sys.executable, "-m", "conformance"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing measured, and what it has to reach."""

    what: str
    measured: str
    target: str = ""
    reached: bool | None = None


def at_most(what: str, value: float, limit: float, unit: str, detail: str = "") -> Figure:
    """Return a figure that has an upper limit."""
    return Figure(what, f"{value:.2f} {unit}{detail}", f"at most {limit:g} {unit}", value <= limit)


def main() -> int:
    """Measure everything, print a table, and return 1 when a target is missed."""
    console = Console()
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="portero-bench-") as scratch, Gateway() as gateway:
        aim = Aim(gateway, Path(scratch))
        steps: list[Callable[[Aim], list[Figure]]] = [start_up, default_run, tls_observation, growth, networks, pages]
        for step in track(steps, "measuring", console=console, transient=True):
            figures += step(aim)
    Console(width=max(console.width, WIDTH)).print(_table(figures))
    return int(any(figure.reached is False for figure in figures))


@dataclass(frozen=True, slots=True)
class Aim:
    """The endpoint that everything is measured on, and where files may go."""

    gateway: Gateway
    scratch: Path

    def target_file(self, **webapp: Any) -> Path:
        """Write a target file of the gateway, its [webapp] changed."""
        document = self.gateway.document()
        document["webapp"] |= webapp
        path = self.scratch / "target.toml"
        path.write_text(spell(document), encoding="utf-8")
        return path

    def portero(self, *words: str | Path) -> tuple[Cost, dict[str, Any]]:
        """Run the suite, and return its cost and its results; the verdict has to be that of a conforming gateway."""
        reports = self.scratch / "reports"
        spent = cost.run([*PORTERO, "run", "--reports", reports, *words], self.gateway.environ)
        if spent.code != 0:
            sys.exit(f"the run that was to be measured ended with {spent.code}:\n{spent.output}")
        results: dict[str, Any] = json.loads((reports / "results.json").read_text(encoding="utf-8"))
        return spent, results


def start_up(_: Aim) -> list[Figure]:
    """Measure how soon the command answers."""
    walls = [cost.run([*PORTERO, "--help"]).wall for _ in range(PAIRS)]
    return [at_most("portero --help", median(walls), 0.3, "s", f" (median of {PAIRS})")]


def default_run(aim: Aim) -> list[Figure]:
    """Measure `portero` as a newcomer runs it, the bundled gateway included."""
    runs = [aim.portero() for _ in range(RUNS)]
    wall = median(spent.wall for spent, _ in runs)
    memory = max(spent.memory for spent, _ in runs)
    spent, results = runs[-1]
    slowest = sorted(results["run"]["probe_seconds"].items(), key=lambda item: -item[1])[:4]
    return [
        at_most("default run", wall / FLOOR, 1.35, "x floor", f" ({wall:.1f} s over {FLOOR:g} s, median of {RUNS})"),
        at_most("peak memory, children included", memory, 200, "MB"),
        Figure("processor time", f"{spent.cpu:.1f} s"),
        Figure("TCP connections opened", str(results["run"]["connections_opened"])),
        Figure("HTTP requests sent", str(results["run"]["requests_sent"])),
        Figure("slowest probes", ", ".join(f"{name} {seconds:.1f} s" for name, seconds in slowest)),
    ]


def tls_observation(aim: Aim) -> list[Figure]:
    """Compare our observation with the sslyze command: the same endpoint, in turns."""
    path = aim.target_file()
    endpoint = aim.gateway.document()["webapp"]["url"].removeprefix("https://")
    ours, theirs = [], []
    for _ in range(PAIRS):
        ours.append(cost.run([sys.executable, "-m", "benchmarks.observe_tls", path], aim.gateway.environ))
        theirs.append(cost.run([sys.executable, "-m", "sslyze", "--mozilla_config=modern", endpoint]))
    reports = [_observed(run) for run in ours]
    wall = [run.wall for run in theirs]
    return [
        _ratio("TLS observation in a run, wall", [report["seconds"] for report in reports], wall, limit=1.0),
        _ratio("TLS observation as a process, wall", [run.wall for run in ours], wall),
        _ratio("TLS observation as a process, processor", [run.cpu for run in ours], [run.cpu for run in theirs]),
        Figure("TLS observation, connections", str(reports[0]["connections"])),
    ]


def _observed(run: Cost) -> dict[str, Any]:
    """Return what `observe_tls` said."""
    if run.code != 0:
        sys.exit(f"the TLS observation that was to be measured failed:\n{run.output}")
    said: dict[str, Any] = json.loads(run.output)
    return said


def _ratio(what: str, ours: list[float], theirs: list[float], limit: float | None = None) -> Figure:
    """Return the median of the pairs' ratios, and both medians."""
    ratio = median(a / b for a, b in zip(ours, theirs, strict=True))
    detail = f" ({median(ours):.2f} s, sslyze {median(theirs):.2f} s, {PAIRS} pairs)"
    if limit is None:
        return Figure(what, f"{ratio:.2f} x sslyze{detail}")
    return at_most(what, ratio, limit, "x sslyze", detail)


def growth(aim: Aim) -> list[Figure]:
    """Measure the same run with more administration and API paths."""
    found = []
    for count in PATHS:
        admin, api = ([f"{path}?n={n}" for n in range(count)] for path in ("/login", "/v1/health"))
        spent, results = aim.portero("--target", aim.target_file(admin_paths=admin, api_paths=api))
        run = results["run"]
        cases = sum(len(row["cases"]) for row in results["requirements"])
        found.append(
            Figure(
                f"{count} + {count} paths",
                f"{spent.wall:.1f} s, {spent.memory:.0f} MB, {cases} cases, {run['connections_opened']} connections",
            )
        )
    return found


def networks(_: Aim) -> list[Figure]:
    """Measure two vantage points with many connections."""
    what = f"{CONNECTIONS} connections from two vantage points"
    try:
        looks = [look_around() for _ in range(RUNS)]
    except LookupError as why:
        return [Figure(what, f"not measured: {why}")]
    seconds, opened = median(seconds for seconds, _ in looks), looks[-1][1]
    return [at_most(what, seconds, 3.0, "s", f" ({opened} with controls, median of {RUNS})")]


def pages(aim: Aim) -> list[Figure]:
    """Measure the report of 100 requirements with 700 failing cases."""
    folder = aim.scratch / "largest"
    folder.mkdir()
    seconds, size = report.drawn(folder)
    what = "compliance.html of 700 cases, "
    drawn = [at_most(f"{what}size", size, 1, "MB"), at_most(f"{what}drawn", seconds, 0.5, "s")]
    try:
        return [*drawn, at_most(f"{what}readable in Chromium", report.shown(folder), 1, "s")]
    except LookupError as why:
        return [*drawn, Figure(f"{what}readable in Chromium", f"not measured: {why}")]


def _table(figures: list[Figure]) -> Table:
    table = Table("measured", "value", "target", "", title="What a run costs")
    marks = {True: "reached", False: "MISSED", None: ""}
    for figure in figures:
        table.add_row(figure.what, figure.measured, figure.target, marks[figure.reached])
    return table


if __name__ == "__main__":
    sys.exit(main())
