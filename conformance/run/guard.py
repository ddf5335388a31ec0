"""Keeps secrets out of all that pytest and its plugins show or write, and has the last word on how a run ends."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO
from warnings import WarningMessage

import pytest

from conformance import report
from conformance.model import Exit
from conformance.report import findings
from conformance.run.endings import POLITE
from conformance.run.session import Session
from conformance.secrecy.redact import Redactor

if TYPE_CHECKING:
    from _pytest._code.code import TracebackEntry

_STRUCTURE = {"nodeid", "location", "keywords", "outcome", "when", "$report_type"}
_FILE_OPTIONS = ("xmlpath", "htmlpath", "log_file")


class Guard:
    """Pytest hooks that run outside of everybody else's."""

    def __init__(self, config: pytest.Config, session: Session) -> None:
        """Redact log records from now on, until the configuration ends."""
        self._config = config
        self._session = session
        self._redactor = session.redactor
        before = logging.getLogRecordFactory()
        logging.setLogRecordFactory(_redacting_factory(before, self._redactor))
        config.add_cleanup(lambda: logging.setLogRecordFactory(before))

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        """Redact the terminal, whoever has taken its place by now: pytest's own tracebacks as well."""
        self._watch_terminal()

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self) -> None:
        """Redact the terminal of a run that began with the first case that was collected."""
        self._watch_terminal()

    def _watch_terminal(self) -> None:
        writer: Any = self._config.get_terminal_writer()
        plain = writer._file
        if not isinstance(plain, RedactingStream):
            writer._file = RedactingStream(plain, self._redactor)
            self._config.add_cleanup(lambda: setattr(writer, "_file", plain))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Redact tracebacks, local variables, captured output and properties before anybody else sees them."""
        report = yield
        hook = self._config.hook
        data = hook.pytest_report_to_serializable(config=self._config, report=report)
        clean = {key: value if key in _STRUCTURE else self._redactor.tree(value) for key, value in data.items()}
        clean["user_properties"] = [(name, self._redactor.tree(value)) for name, value in report.user_properties]
        if isinstance(clean["longrepr"], list):
            clean["longrepr"] = tuple(clean["longrepr"])  # where and why of a skip, which pytest takes as a tuple only
        found: pytest.TestReport = hook.pytest_report_from_serializable(config=self._config, data=clean)
        return found

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(self) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Redact what a module said that could not be collected."""
        report = yield
        if report.failed:
            report.longrepr = self._redactor.text(str(report.longrepr))
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Redact the sections that were added to a report after it was made."""
        report.sections = [(name, self._redactor.text(content)) for name, content in report.sections]

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: WarningMessage) -> None:
        """Redact a warning."""
        warning_message.message = UserWarning(self._redactor.text(str(warning_message.message)))

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Leave out of an interrupt's traceback where it fell between two lines: pytest crashes when it shows that."""
        excinfo.traceback = excinfo.traceback.filter(_has_a_line)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None]:
        """Search all that this run wrote, other plugins' files too, and tell the findings last.

        A report that cannot be drawn is no violation.
        """
        with _interrupts_held_back():
            try:
                yield
            except Exception as error:  # noqa: BLE001 - whatever it is, exit code 1 would call it a violation
                name = type(error).__name__
                self._fail(session, f"internal error: the reports could not be finished: {name}: {error}")
            self._search(session)
            self._tell(session)

    def _search(self, session: pytest.Session) -> None:
        option = session.config.option
        named = [getattr(option, name, None) for name in _FILE_OPTIONS]
        self._session.written += [Path(name) for name in named if name]
        for path in self._session.remove_leaking():
            self._fail(session, f"internal error: a secret stood in {path}; the file has been deleted")
        try:
            report.append_to_job(self._session.written)
        except OSError as error:
            self._config.get_terminal_writer().line(f"summary.md could not be appended to the job's page: {error}")

    def _tell(self, session: pytest.Session) -> None:
        option, run = session.config.option, self._session
        if run.results is not None:
            told = findings.TOLD.get(option.findings, option.verbose)
            writer = self._config.get_terminal_writer()
            findings.write(writer, run.results, run.reports, run.language, told, int(session.exitstatus))

    def _fail(self, session: pytest.Session, sentence: str) -> None:
        session.exitstatus = Exit.INTERNAL
        self._config.get_terminal_writer().line(self._redactor.text(sentence))


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Ignore interrupts inside the block: reports are written whole or not at all."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in POLITE}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)  # None: set by other than Python


def _has_a_line(entry: TracebackEntry) -> bool:
    try:
        return entry.lineno >= 0
    except TypeError:
        return False


class RedactingStream:
    """A text stream that lets no secret through."""

    def __init__(self, stream: TextIO, redactor: Redactor) -> None:
        """Write to `stream`."""
        self._stream = stream
        self._redactor = redactor

    def write(self, text: str) -> int:
        """Write `text` without secrets."""
        return self._stream.write(self._redactor.text(text))

    def __getattr__(self, name: str) -> Any:
        """Be the stream in every other respect."""
        return getattr(self._stream, name)


def _redacting_factory(
    before: Callable[..., logging.LogRecord], redactor: Redactor
) -> Callable[..., logging.LogRecord]:
    def make(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = before(*args, **kwargs)
        try:
            message = record.getMessage()
        except (TypeError, ValueError):  # the caller's mistake, which logging reports by itself
            message = f"{record.msg} {record.args}"
        record.msg, record.args = redactor.text(message), ()
        if record.exc_info:
            record.exc_text = redactor.text(logging.Formatter().formatException(record.exc_info))
        return record

    return make
