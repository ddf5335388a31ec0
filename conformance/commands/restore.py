"""`portero restore`: plays back the journal of changes that an interrupted run could not restore."""

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
from conformance.locale import Tongue, tongue
from conformance.model import Exit, UnusableInput
from conformance.report.folder import claimed
from conformance.secrecy.redact import Redactor
from conformance.secrecy.secret import open_vault
from conformance.sentence import Own, Sentence, say
from conformance.web.restoring import restore

_NO_REQUEST = say("no request does that: see to it yourself")


def run(options: argparse.Namespace) -> int:
    """Put back, last change first, and say what became of each; what could not be put back stays in the journal.

    A change that no request takes back is told once, for the operator to see to it.

    Raises UnusableInput where the journal or its target file cannot be used, or a run still goes on.
    """
    path: Path = options.reports / NAME
    words = tongue(options.lang)
    if not path.exists():
        _say(say("{file}: is not there: nothing is left to put back", file=Own(path)).within(words))
        return Exit.OK
    with claimed(options.reports):
        page = read(path)
        if page is None:
            raise UnusableInput(
                say("{file}: is gone: another `portero restore` has just played it back", file=Own(path))
            )
        return _play(path, page, options.target or Path(page.target), words)


def _play(path: Path, page: Page, aim: Path, words: Tongue) -> int:
    bench = _bench(aim)
    all_back = True
    for entry in reversed(page.entries):
        trouble = restore(bench, entry.requests) if entry.requests else _NO_REQUEST
        _say(bench.redactor.text(_told(entry, trouble).within(words)))
        all_back = all_back and not trouble
        if trouble in ("", _NO_REQUEST):
            page = replace(page, entries=tuple(kept for kept in page.entries if kept is not entry))
            _keep(path, page)
    if page.entries:
        _say(
            say(
                "{file}: keeps what could not be put back; run `portero restore` again once that is mended",
                file=Own(path),
            ).within(words)
        )
    return Exit.OK if all_back else Exit.INCOMPLETE


def _bench(aim: Path) -> Bench:
    target = target_file.read(aim)
    vault = open_vault(target.secret_refs(), os.environ, aim.parent)
    return Bench(target, vault, Budget(target.limits), Redactor(vault), aim.parent).for_restoring()


def _told(entry: Entry, trouble: Sentence) -> Sentence:
    what, since = entry.what.with_own(shown), Own(shown(entry.since))
    if not trouble:
        return say("{what}, changed {since}: put back", what=what, since=since)
    return say(
        "{what}, changed {since}: could not be put back: {trouble}",
        what=what,
        since=since,
        trouble=trouble.with_own(shown),
    )


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _keep(path: Path, page: Page) -> None:
    try:
        write(path, page)
    except OSError as error:
        raise UnusableInput(
            say(
                "{file}: cannot be written ({error}), so it still names what was put back; that does no harm",
                file=Own(path),
                error=Own(error.strerror),
            )
        ) from error
