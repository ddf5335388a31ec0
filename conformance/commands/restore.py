"""`portero restore`: plays back the journal of changes that an interrupted run could not undo."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path

from conformance.bench import Bench
from conformance.bench.budget import Budget
from conformance.bench.journal import NAME, Entry, Page, read, write
from conformance.hostile import shown
from conformance.inputs import target_file
from conformance.model import Exit, UnusableInput
from conformance.report.folder import claimed
from conformance.secrecy.redact import Redactor
from conformance.secrecy.secret import open_vault
from conformance.web.putting_back import put_back

_NO_REQUEST = "no request does that: see to it yourself"


def run(options: argparse.Namespace) -> int:
    """Put back, last change first, and say what became of each; what could not be put back stays in the journal.

    A change that no request takes back is told once, for the operator to see to it.

    Raises UnusableInput where the journal or its target file cannot be used, or a run still goes on.
    """
    path: Path = options.reports / NAME
    if not path.exists():
        sys.stdout.write(f"{path}: is not there: nothing is left to put back\n")
        return Exit.OK
    with claimed(options.reports):
        page = read(path)
        if page is None:
            raise UnusableInput(f"{path}: is gone: another `portero restore` has just played it back")
        return _play(path, page, options.target or Path(page.target))


def _play(path: Path, page: Page, aim: Path) -> int:
    bench = _bench(aim)
    all_back = True
    for entry in reversed(page.entries):
        trouble = put_back(bench, entry.requests) if entry.requests else _NO_REQUEST
        sys.stdout.write(bench.redactor.text(_told(entry, trouble)))
        all_back = all_back and not trouble
        if trouble in ("", _NO_REQUEST):
            page = replace(page, entries=tuple(kept for kept in page.entries if kept is not entry))
            _keep(path, page)
    if page.entries:
        sys.stdout.write(f"{path}: keeps what could not be put back; run `portero restore` again once that is mended\n")
    return Exit.OK if all_back else Exit.INCOMPLETE


def _bench(aim: Path) -> Bench:
    target = target_file.read(aim)
    vault = open_vault(target.secret_refs(), os.environ, aim.parent)
    return Bench(target, vault, Budget(target.limits), Redactor(vault), aim.parent).for_restoring()


def _told(entry: Entry, trouble: str) -> str:
    what = f"{shown(entry.what)}, changed {shown(entry.since)}"
    return f"{what}: could not be put back: {shown(trouble)}\n" if trouble else f"{what}: put back\n"


def _keep(path: Path, page: Page) -> None:
    try:
        write(path, page)
    except OSError as error:
        raise UnusableInput(
            f"{path}: cannot be written ({error.strerror}), so it still names what was put back; that does no harm"
        ) from error
