"""One run from its start to its reports: the target, the probes under way, what became of every case."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from conformance import catalogue, locate, report
from conformance.bench import Bench
from conformance.bench.budget import Budget
from conformance.bench.journal import NAME, Journal, refuse_unplayed
from conformance.bench.restoring import Restorer
from conformance.comparison.compare import compare
from conformance.engine import cases, ledger, results_file
from conformance.engine.assessment import Assessment
from conformance.engine.observatory import Observatory
from conformance.engine.results import Entry, Results, as_json
from conformance.inputs import target, target_file, waivers
from conformance.inputs.complaints import nearest
from conformance.model import Case, Exit, Level, Outcome, UnusableInput
from conformance.report import difference, waived
from conformance.report.folder import claimed, remove_leaking
from conformance.report.wording import Wording
from conformance.run.alone import alone
from conformance.secrecy.redact import Redactor
from conformance.secrecy.secret import open_vault
from conformance.sentence import Own, clauses, say

Table = TypeVar("Table", bound=BaseModel)


class Session:
    """What a run knows. Built before anything is sent; raises UnusableInput when it cannot be started."""

    def __init__(
        self,
        aim: Path | None,
        reports: Path,
        faults: Iterable[str] = (),
        fail_on: Level = Level.MUST,
        waiver_file: Path | None = None,
        language: str = "en",
        earlier: Path | None = None,
        also: Iterable[str] = (),
        areas: Iterable[str] = (),
    ) -> None:
        """Read the target file `aim`, or start the reference server where there is none: all of it, or for `areas`."""
        self.reports = reports
        self.language = language
        self.also = tuple(also)
        self._areas = tuple(areas) or catalogue.AREAS
        self.run = ledger.Run(argv=[Path(sys.argv[0]).name, *sys.argv[1:]], fail_on=fail_on)
        self.entries: dict[str, Entry] = {}
        self.results: Results | None = None
        self.written: list[Path] = []
        self.without: dict[str, str] = {}
        with ExitStack() as closing:
            closing.enter_context(claimed(reports))
            self.earlier = results_file.read(earlier) if earlier else None
            refuse_unplayed(reports)
            folder, environ = self._aim(aim, tuple(faults), closing)
            if aim is not None:
                closing.enter_context(alone(self.target, self._areas))
            vault = open_vault(self.target.secret_refs(), environ, folder)
            target_file.check_client_key(self.target, vault, folder)
            self.redactor = Redactor(vault)
            self.budget = Budget(self.target.limits)
            # The reference server ends with the run: there would be nothing left to put anything back into.
            restorer = Restorer(Journal(reports, aim, self.redactor) if aim else None)
            self.observatory = Observatory(
                Bench(self.target, vault, self.budget, self.redactor, folder, restorer=restorer)
            )
            self.assessment = Assessment(self.target, self.observatory)
            self._refuse_told_secrets()
            self.waivers = waivers.read(waiver_file, self.assessment.cases) if waiver_file else waivers.none()
            self.run.waivers = ledger.told(self.waivers)
            self._closing = closing.pop_all()

    def _aim(self, aim: Path | None, faults: tuple[str, ...], closing: ExitStack) -> tuple[Path, dict[str, str]]:
        """Settle the target; return the folder its files are relative to, and where its secrets are."""
        if aim is None:
            return Path(), self._start_reference(faults, closing)
        if faults:
            raise UnusableInput(say("--fault breaks the bundled reference server: it does not go with --target"))
        self.target = target_file.read(aim)
        return aim.parent, dict(os.environ)

    def _start_reference(self, faults: tuple[str, ...], closing: ExitStack) -> dict[str, str]:
        reference = reference_gateway(faults=faults, costly=self._areas)
        cases.proofs()  # the suite is imported while a database starts
        gateway = closing.enter_context(reference)
        self.without = dict(gateway.without)
        try:
            self.target = target.parse(gateway.document())
        except ValidationError as error:
            why = Own(error)
            raise UnusableInput(say("the reference server's own target is not valid: {error}", error=why)) from error
        environ: dict[str, str] = gateway.environ
        return environ

    def _refuse_told_secrets(self) -> None:
        """Refuse a secret that the target file spells out in a path or a host: it would be part of every case's id."""
        for case in self.assessment.cases.values():
            if self.redactor.leaks(f"{case.id} {case.subject}"):
                shown = self.redactor.text(f"{case.id} {case.subject}")
                raise UnusableInput(
                    say("the target file spells out a secret that it refers to elsewhere: {places}", places=Own(shown))
                )

    def opening_lines(self) -> list[str]:
        """Say what a reader of the run has to know first: what is waived, what the reference server lacks here."""
        words = Wording(self.language)
        return [
            *(waived.line(waiver, self.waivers.day, words) for waiver in self.run.waivers),
            *(words("terminal.undeclared", section=section, why=why) for section, why in self.without.items()),
        ]

    def begin(self, selected: list[Case]) -> None:
        """Set all needed probes going, side by side."""
        self.run.selected = frozenset(case.id for case in selected)
        self.observatory.start(self.assessment.probes_for(selected))

    def rule(self, case: Case) -> Entry:
        """Return what becomes of a case, free of secrets; its id stays as it is, as other things are found by it."""
        entry = self.assessment.rule(case, self.waivers)
        clean = self.redactor.sentence
        entry.expected, entry.observed, entry.reason = clean(entry.expected), clean(entry.observed), clean(entry.reason)
        entry.notes = [clean(note) for note in entry.notes]
        return entry

    def excuse(self, entry: Entry) -> str:
        """Say why a violation does not turn the run red, or nothing where it does."""
        if entry.verdict is Outcome.WAIVED:
            return f"waived by {entry.waiver}: {entry.reason}"
        if entry.verdict is not Outcome.FAIL or ledger.turns_red(entry, self.run.fail_on):
            return ""
        return f"{entry.level.upper()}, below --fail-on: {entry.reason}"

    def finish(self, *, interrupted: bool) -> Exit:
        """Write every report and say how the run ended. From here on nothing more is sent."""
        self._stop_probing()
        self.run.interrupted = interrupted
        self.run.requests_sent = self.budget.requests_sent
        self.run.connections_opened = self.budget.connections_opened
        self.run.probe_seconds = self.observatory.seconds()
        found = ledger.build(self.run, self.assessment, self.entries, self.observatory.recorded())
        self.results = found = self._clean(found)
        if self.earlier is not None:
            found.comparison = self._clean(difference.told(compare(self.earlier, found)))
        self.written += [self.reports / name for name in report.names(self.also)]
        report.write(found, self.reports, self.language, self.also)
        return ledger.exit_code(found)

    def _clean(self, table: Table) -> Table:
        """Return results, or a part of them, without secrets: each text in them was cleaned before as it came."""
        return type(table).model_validate(self.redactor.tree(as_json(table), words=False))

    def remove_leaking(self) -> list[Path]:
        """Delete every file of this run that holds a secret, and name it."""
        return remove_leaking(self.written, self.redactor)

    def close(self) -> None:
        """Put back what is still changed, stop the reference server, if it runs, and let go of the reports folder."""
        try:
            self._stop_probing()
        finally:
            self._closing.close()

    def _stop_probing(self) -> None:
        self.budget.stop()
        for what in self.observatory.bench.restorer.settle():
            left = f", or run `portero restore --reports {self.reports}`" if (self.reports / NAME).exists() else ""
            sys.stderr.write(f"portero: what [{what}] changes could not be put back as it was found: see to it{left}\n")


def reference_gateway(*, faults: Sequence[str], **how: Any) -> Any:
    """Return the bundled gateway, broken by `faults`; raises UnusableInput for those that it cannot have."""
    refuse_unknown_faults(faults)
    reference = locate.module("reference_server")
    try:
        return reference.Gateway(faults=faults, **how)
    except reference.FaultsClash as error:
        raise UnusableInput(
            say('"{name}" changes what another of these faults has changed: run them apart', name=Own(str(error)))
        ) from error


def refuse_unknown_faults(names: Sequence[str]) -> None:
    """Raise UnusableInput that names every fault that does not exist, and the nearest that does."""
    if not names:
        return
    faults = locate.module("reference_server.faults")
    known = faults.known()
    troubles = [
        clauses(say('there is no fault called "{name}"', name=Own(name)), nearest(name, known))
        for name in names
        if name not in known
    ]
    if troubles:
        raise UnusableInput(
            *(say('{trouble} ("portero list --faults" names them all)', trouble=trouble) for trouble in troubles)
        )
