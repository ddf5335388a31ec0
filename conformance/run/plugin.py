"""The pytest side: options, collection of cases, outcomes, exit status, and the reports at the end."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from conformance import catalogue
from conformance.engine.cases import proofs
from conformance.engine.results import Entry
from conformance.hostile import shown
from conformance.locale import LANGUAGES, tongue
from conformance.model import (
    Also,
    Case,
    Exit,
    Inconclusive,
    Level,
    NonConformance,
    Outcome,
    UnusableInput,
    Verdict,
)
from conformance.report import findings
from conformance.run.guard import Guard
from conformance.run.session import Session

pytest_plugins = ["conformance.run.tests_page"]

_SESSION = pytest.StashKey[Session]()
_ENTRY = pytest.StashKey[Entry]()

# What a report carries of a case, beside its entry.
CASE = "portero-case"
DEFECT = "portero-defect"
LONGEST = 2000


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer the options of `portero run`; without --target the reference server is probed."""
    group = parser.getgroup("portero", "conformance of a messaging gateway")
    group.addoption("--target", type=Path, metavar="FILE", help="probe the gateway that FILE describes")
    group.addoption("--reports", type=Path, metavar="DIR", default=Path("reports"), help="where reports go")
    group.addoption("--area", action="append", choices=catalogue.AREAS, default=[], help="only this area")
    group.addoption("--level", choices=[*Level], default="may", help="this level of requirement, and stricter")
    group.addoption("--fault", action="append", default=[], help="break the reference server in this way")
    group.addoption("--lang", choices=LANGUAGES, default="en", help="the language of the reports")
    group.addoption("--waivers", type=Path, metavar="FILE", help="violations that somebody answers for, until a date")
    group.addoption("--also", action="append", choices=[*Also], default=[], help="one more report (repeatable)")
    group.addoption("--compare", type=Path, metavar="results.json", help="tell what differs from an earlier run")
    group.addoption("--fail-on", choices=["must", "should"], default="must", help="what turns the run red")
    group.addoption("--findings", choices=findings.TOLD, help="how much the terminal tells at the end; else as -q, -v")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Read the operator's files before anything else, so that a bad one costs nothing."""
    if config.option.help or hasattr(config, "workerinput") or not _suite_is_asked_for(config):
        return
    os.environ.pop("SSLKEYLOGFILE", None)  # as the command does
    if getattr(config.option, "numprocesses", None):
        raise pytest.UsageError(
            "the conformance suite runs in one process, its probes side by side: leave out -n, or name other tests"
        )
    _session(config)


def _suite_is_asked_for(config: pytest.Config) -> bool:
    """Tell whether the command line leads to the suite: by a target, its package's name, or a folder above it."""
    if config.option.target is not None:
        return True
    suite = Path(__file__).parents[1] / "areas"
    for name in (arg.partition("::")[0] for arg in config.args):
        path = (config.invocation_params.dir / name).resolve()
        by_name = config.option.pyargs and "conformance.areas".startswith(name)
        if by_name or path == suite or suite in path.parents or path in suite.parents:
            return True
    return False


def _session(config: pytest.Config) -> Session:
    """Return the run's session, begun at the first call."""
    if _SESSION not in config.stash:
        option = config.option
        try:
            session = Session(
                option.target,
                option.reports,
                option.fault,
                Level(option.fail_on),
                option.waivers,
                option.lang,
                option.compare,
                option.also,
                option.area,
            )
        except UnusableInput as error:
            if config.pluginmanager.hasplugin("conformance.run.terminal"):  # as the other commands of `portero` say it
                sys.stderr.write(error.told(tongue(option.lang)))
                raise pytest.UsageError from error
            raise pytest.UsageError(*str(error).splitlines()) from error
        except KeyboardInterrupt:  # nothing was probed yet, so there is nothing to report
            sys.stderr.write("portero: interrupted before anything was probed\n")
            raise
        config.stash[_SESSION] = session
        config.add_cleanup(session.close)
        config.pluginmanager.register(Guard(config, session), "portero-guard")
        config.pluginmanager.register(_Collector(session), "portero-collector")
    return config.stash[_SESSION]


def session_of(config: pytest.Config) -> Session | None:
    """Return the run's session, if there is one."""
    return config.stash.get(_SESSION, None)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one item of every case that a function is for, marked with its requirement."""
    if (mark := metafunc.definition.get_closest_marker("every_case_of")) is None:
        return
    cases = _session(metafunc.config).assessment.cases.values()
    own = [case for case in cases if mark.args[0] in (case.requirement.area, case.requirement.id)]
    marks = {case.requirement.id: pytest.mark.requirement(case.requirement.id) for case in own}
    metafunc.parametrize("case", [pytest.param(case, id=case.id, marks=marks[case.requirement.id]) for case in own])


def case_of(item: pytest.Item) -> Case | None:
    """Return the conformance case that an item runs, or None for any other test."""
    if item.get_closest_marker("requirement") is None or not isinstance(item, pytest.Function):
        return None
    case = item.callspec.params["case"]
    return case if isinstance(case, Case) else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the areas and levels that were not asked for; what is long waited for is judged last."""
    areas, level = config.option.area, Level(config.option.level)

    def wanted(item: pytest.Item) -> bool:
        case = case_of(item)
        return case is None or ((not areas or case.requirement.area in areas) and case.level.at_least(level))

    left_out = [item for item in items if not wanted(item)]
    if left_out:
        items[:] = [item for item in items if wanted(item)]
        config.hook.pytest_deselected(items=left_out)
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    """Return when an item is run: cases, then cases of a probe that waits meanwhile, then any other test."""
    if (case := case_of(item)) is None:
        return 2
    return int(proofs()[case.requirement.id].probe.waits)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Say what is waived, and set the probes going for the cases that are left."""
    config = session.config
    if _SESSION not in config.stash or config.option.collectonly:
        return
    run = _session(config)
    if (reporter := config.pluginmanager.getplugin("terminalreporter")) is not None:
        for line in run.opening_lines():
            reporter.write_line(line)
    run.begin([case for item in session.items if (case := case_of(item))])


@pytest.fixture
def verdict(case: Case, request: pytest.FixtureRequest) -> Verdict:
    """Look, judge, and note what came of it; an inconclusive case is an error of the set-up."""
    entry = _session(request.config).rule(case)
    request.node.stash[_ENTRY] = entry
    request.node.user_properties += properties(case, entry)
    if entry.verdict is Outcome.NOT_APPLICABLE:
        pytest.skip(shown(entry.reason, LONGEST))
    if entry.verdict is Outcome.INCONCLUSIVE:
        raise Inconclusive(entry.reason)
    kept = entry.verdict is Outcome.PASS
    return Verdict(Outcome.PASS if kept else Outcome.FAIL, entry.expected, entry.observed)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn verdicts into pytest's outcomes, say them in one sentence, and tell defects of the suite apart."""
    report = yield
    case = case_of(item)
    if case is None:
        return report
    error = call.excinfo.value if call.excinfo else None
    entry = item.stash.get(_ENTRY, None)
    if entry is not None:
        entry.seconds = round(entry.seconds + report.duration, 3)
        _session(item.config).entries[case.id] = entry
    report.user_properties.append((CASE, case.id))
    if found := defect(call.when, error, entry):
        report.user_properties.append((DEFECT, f"{case.id}: {found}"))
    if isinstance(error, NonConformance | Inconclusive):
        report.longrepr = shown(f"{case.id} {case.subject}: {error}", LONGEST)
    excuse = _session(item.config).excuse(entry) if isinstance(error, NonConformance) and entry else ""
    if excuse:
        report.outcome = "skipped"
        report.wasxfail = shown(excuse, LONGEST)
    return report


def defect(when: str, error: BaseException | None, entry: Entry | None) -> str:
    """Say what is wrong with the suite itself where a case did not end as its verdict says; nothing where it did."""
    verdict = entry.verdict if entry else None
    wanted = _ENDINGS.get((when, verdict))
    if error is not None:
        fits = wanted is not None and isinstance(error, wanted)
        return "" if fits else f"crashed: {type(error).__name__}: {error}"
    if when == "call" and verdict is None:
        return "ended without a verdict"
    return f"its verdict is {verdict}, which its body does not enforce" if wanted else ""


_ENDINGS: dict[tuple[str, str | None], type[BaseException]] = {
    ("setup", Outcome.INCONCLUSIVE): Inconclusive,
    ("setup", Outcome.NOT_APPLICABLE): pytest.skip.Exception,
    ("call", Outcome.FAIL): NonConformance,
    ("call", Outcome.WAIVED): NonConformance,
}


def properties(case: Case, entry: Entry) -> list[tuple[str, object]]:
    """Return what a case's reports carry, for people and CI."""
    return [
        ("requirement", case.requirement.id),
        ("level", str(case.level)),
        ("verdict", str(entry.verdict)),
        ("subject", case.subject),
        ("expected", str(entry.expected)),
        ("observed", str(entry.observed or entry.reason)),
    ]


class _Collector:
    """Puts what became of every case into the session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._others_failed = False

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Take note of cases that could not even be collected."""
        if report.failed:
            self._session.run.internal_errors.append(f"{report.nodeid or 'the suite'} could not be collected")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take note of defects of the suite, and of other tests that failed."""
        noted = dict(report.user_properties)
        if DEFECT in noted:
            self._session.run.internal_errors.append(str(noted[DEFECT]))
        if report.failed and CASE not in noted:
            self._others_failed = True

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the reports and set the exit status of the contract."""
        if session.config.option.collectonly or exitstatus == pytest.ExitCode.USAGE_ERROR:
            return
        run = self._session
        interrupted = exitstatus == pytest.ExitCode.INTERRUPTED and not run.run.internal_errors
        found = run.finish(interrupted=interrupted)
        if exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED):
            worse = self._others_failed and found in (Exit.OK, Exit.INCOMPLETE, Exit.NOTHING_SELECTED)
            session.exitstatus = pytest.ExitCode.TESTS_FAILED if worse else found


@pytest.hookimpl(optionalhook=True)
def pytest_metadata(metadata: dict[str, Any]) -> None:
    """Keep variables of a CI out of the engineer's page: some hold credentials."""
    for name in metadata.keys() - {"Python", "Platform", "Packages", "Plugins"}:
        del metadata[name]
