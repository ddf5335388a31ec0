"""The pytest side: options, collection of cases, outcomes, exit status, and the reports at the end."""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from conformance import catalogue
from conformance.ledger import Entry
from conformance.model import (
    Case,
    Inconclusive,
    Level,
    NonConformance,
    NotApplicable,
    Outcome,
    UnusableInput,
    Verdict,
)
from conformance.session import Session

_SESSION = pytest.StashKey[Session]()
_PROPERTY = "portero"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer the options of `portero run`; without --target the reference server is probed."""
    group = parser.getgroup("portero", "conformance of a messaging gateway")
    group.addoption("--target", type=Path, metavar="FILE", help="probe the gateway that FILE describes")
    group.addoption("--reports", type=Path, metavar="DIR", default=Path("reports"), help="where reports go")
    group.addoption("--area", action="append", choices=catalogue.AREAS, default=[], help="only this area")
    group.addoption("--level", choices=[*Level], default="may", help="this level of requirement, and stricter")
    group.addoption("--fault", action="append", default=[], help="break the reference server in this way")
    group.addoption("--fail-on", choices=["must", "should"], default="must", help="what turns the run red")


def pytest_configure(config: pytest.Config) -> None:
    """Read the target file before anything else, so that a bad one costs nothing."""
    if config.option.target is not None and not hasattr(config, "workerinput"):
        if getattr(config.option, "numprocesses", None):
            raise pytest.UsageError("a live target is not probed by several processes: leave out -n")
        _session(config)


def _session(config: pytest.Config) -> Session:
    """Return the run's session; it begins with the first case that is collected."""
    if _SESSION not in config.stash:
        option = config.option
        try:
            session = Session(option.target, option.reports, option.fault, Level(option.fail_on))
        except UnusableInput as error:
            raise pytest.UsageError(*str(error).splitlines()) from error
        config.stash[_SESSION] = session
        config.add_cleanup(session.close)
    return config.stash[_SESSION]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one item of every case of the requirement that a function proves."""
    if (mark := metafunc.definition.get_closest_marker("requirement")) is None:
        return
    cases = _session(metafunc.config).assessment.cases.values()
    own = [case for case in cases if case.requirement.id == mark.args[0]]
    metafunc.parametrize("case", own, ids=[case.id for case in own])


def case_of(item: pytest.Item) -> Case | None:
    """Return the conformance case that an item runs, or None for any other test."""
    if item.get_closest_marker("requirement") is None or not isinstance(item, pytest.Function):
        return None
    case = item.callspec.params["case"]
    return case if isinstance(case, Case) else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the areas and levels that were not asked for."""
    areas, level = config.option.area, Level(config.option.level)

    def wanted(item: pytest.Item) -> bool:
        case = case_of(item)
        return case is None or ((not areas or case.requirement.area in areas) and case.level.at_least(level))

    left_out = [item for item in items if not wanted(item)]
    if left_out:
        items[:] = [item for item in items if wanted(item)]
        config.hook.pytest_deselected(items=left_out)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Set the probes going for the cases that are left."""
    selected = [case for item in session.items if (case := case_of(item))]
    if selected and not session.config.option.collectonly:
        _session(session.config).begin(selected)


@pytest.fixture
def verdict(case: Case, request: pytest.FixtureRequest) -> Verdict:
    """Look, judge, and note what came of it; an inconclusive case is an error of the set-up."""
    session = _session(request.config)
    try:
        found = session.assessment.judge(case)
    except NotApplicable as reason:
        _note(request.node, Entry(case.id, Outcome.NOT_APPLICABLE, reason=str(reason)))
        pytest.skip(str(reason))
    except Inconclusive as reason:
        _note(request.node, Entry(case.id, Outcome.INCONCLUSIVE, reason=str(reason)))
        raise
    key = session.assessment.evidence_for(case)
    entry = Entry(
        case.id,
        found.outcome,
        found.expected,
        found.observed,
        found.reason,
        evidence=(key,),
        exhibits=tuple(f"{key}#{pointer}" for pointer in found.exhibits),
        notes=found.notes,
    )
    _note(request.node, entry)
    return found


def _note(item: pytest.Item, entry: Entry) -> None:
    """Keep an entry where it survives the way to reports and across processes."""
    item.user_properties.append((_PROPERTY, json.dumps(asdict(entry))))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn verdicts into outcomes, say them in one sentence, and keep secrets out."""
    report = yield
    case = case_of(item)
    if case is None:
        return report
    session = _session(item.config)
    error = call.excinfo.value if call.excinfo else None
    if isinstance(error, NonConformance | Inconclusive):
        report.longrepr = f"{case.id} {case.subject}: {error}"
    elif report.failed:
        session.crashes.append(f"{case.id}: {call.excinfo.exconly() if call.excinfo else 'crashed'}")
    if isinstance(error, NonConformance) and not case.level.at_least(session.run.fail_on):
        report.outcome = "skipped"
        report.wasxfail = f"{case.level.upper()}, below --fail-on: {error}"
    return _redacted(item.config, report, session)


def _redacted(config: pytest.Config, report: pytest.TestReport, session: Session) -> pytest.TestReport:
    data = config.hook.pytest_report_to_serializable(config=config, report=report)
    clean: pytest.TestReport = config.hook.pytest_report_from_serializable(
        config=config, data=session.redactor.tree(data)
    )
    return clean


class _Collector:
    """Puts what became of every case into the session; lives where reports arrive."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the entry of a case once its item is through."""
        if report.when != "teardown":
            return
        for name, value in report.user_properties:
            if name == _PROPERTY:
                entry = Entry(**json.loads(str(value)))
                session = _session(self._config)
                session.entries[entry.case] = replace(entry, seconds=round(report.duration, 3))


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Listen for the outcomes of cases."""
    session.config.pluginmanager.register(_Collector(session.config), "portero-collector")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Write the reports and set the exit status of the contract."""
    config = session.config
    if _SESSION not in config.stash or config.option.collectonly:
        return
    interrupted = exitstatus == pytest.ExitCode.INTERRUPTED
    found = _session(config).finish(interrupted=interrupted)
    if exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED):
        session.exitstatus = found


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say the verdict and where the reports are."""
    if _SESSION in config.stash and (document := _session(config).document):
        counts = ", ".join(f"{n} {name}" for name, n in document["counts"].items() if n)
        terminalreporter.write_line(f"verdict: {document['verdict']} ({counts})")
        terminalreporter.write_line(f"reports: {_session(config).reports.resolve()}")
