"""One run from its start to its reports: the target, the probes under way, what became of every case."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from conformance import ledger, locate, report, target
from conformance.assessment import Assessment
from conformance.budget import Budget
from conformance.ledger import Entry
from conformance.model import Case, Exit, Level, Outcome, UnusableInput
from conformance.observatory import Bench, Observatory
from conformance.redact import Redactor
from conformance.secret import open_vault
from conformance.target_file import read as read_target


class Session:
    """What a run knows. Built before anything is sent; raises UnusableInput when it cannot be started."""

    def __init__(
        self, target_file: Path | None, reports: Path, faults: Iterable[str] = (), fail_on: Level = Level.MUST
    ) -> None:
        """Read the target file, or start the reference server where there is none."""
        self.reports = reports
        self._claim_reports()
        self._closing = ExitStack()
        self.run = ledger.Run(argv=[Path(sys.argv[0]).name, *sys.argv[1:]], fail_on=fail_on)
        if target_file is None:
            folder, environ = Path(), self._start_reference(tuple(faults))
        else:
            folder, environ = target_file.parent, dict(os.environ)
            self.target = read_target(target_file)
        vault = open_vault(self.target.secret_refs(), environ, folder)
        self.redactor = Redactor(vault)
        self.budget = Budget(self.target.limits)
        self.observatory = Observatory(Bench(self.target, vault, self.budget, self.redactor, folder))
        self.assessment = Assessment(self.target, self.observatory)
        self.entries: dict[str, Entry] = {}
        self.document: dict[str, Any] = {}
        self.crashes: list[str] = []

    def _claim_reports(self) -> None:
        try:
            self.reports.mkdir(parents=True, exist_ok=True)
            probe = self.reports / ".writable"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise UnusableInput(
                f"{self.reports}: reports cannot be written here ({error.strerror}); choose another folder with --reports"
            ) from error

    def _start_reference(self, faults: tuple[str, ...]) -> dict[str, str]:
        reference = locate.module("reference_server")
        try:
            gateway = self._closing.enter_context(reference.Gateway(faults=faults))
        except KeyError as error:
            raise UnusableInput(f'there is no fault called {error}; "portero list --faults" names them') from error
        try:
            self.target = target.parse(gateway.document())
        except ValidationError as error:
            raise UnusableInput(f"the reference server's own target is not valid: {error}") from error
        environ: dict[str, str] = gateway.environ
        return environ

    def begin(self, selected: list[Case]) -> None:
        """Set all needed probes going, side by side."""
        self.run.selected = frozenset(case.id for case in selected)
        self.observatory.start(self.assessment.probes_for(selected))

    def finish(self, *, interrupted: bool) -> Exit:
        """Write every report and say how the run ended."""
        self.run.interrupted = interrupted
        self.run.requests_sent = self.budget.requests_sent
        self.run.connections_opened = self.budget.connections_opened
        self.run.probe_seconds = self.observatory.seconds()
        document = ledger.build(self.run, self.assessment, self.entries, self.observatory.recorded())
        self.document = self.redactor.tree(document)
        report.write(self.document, self.reports)
        return self._exit()

    def _exit(self) -> Exit:
        counts = self.document["counts"]
        if self.crashes:
            return Exit.INTERNAL
        if self.run.interrupted:
            return Exit.INTERRUPTED
        if ledger.violations(self.document):
            return Exit.VIOLATION
        if ledger.untested(self.document):
            return Exit.INCOMPLETE
        tested = sum(counts.values()) - counts[Outcome.NOT_APPLICABLE] - counts[Outcome.NOT_RUN]
        return Exit.OK if tested else Exit.NOTHING_SELECTED

    def leaks(self) -> list[Path]:
        """Delete every report that holds a secret, and name it."""
        found = [
            path
            for path in sorted(self.reports.iterdir())
            if path.is_file() and self.redactor.leaks(path.read_text(encoding="utf-8", errors="replace"))
        ]
        for path in found:
            path.unlink()
        return found

    def close(self) -> None:
        """Stop the reference server, if it runs."""
        self._closing.close()
