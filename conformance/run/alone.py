"""Keeps a run that changes settings alone at its gateway: another one beside it would see, and put back, half of it."""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from conformance import catalogue
from conformance.inputs.target import Target
from conformance.origin import Origin
from conformance.report.folder import hold
from conformance.sentence import Own, say


@contextmanager
def alone(target: Target, areas: Iterable[str]) -> Iterator[None]:
    """Hold the target's endpoints on this machine: for this run alone where it may change settings, else with others.

    It may with consent to that, and with an area that asks for it.

    Raises UnusableInput where that is not to be had. Runs on other machines, and of other accounts, are not seen.
    """
    asked = {row.area for row in catalogue.load().values() if row.consent == "destructive"}
    changes = target.consent == "destructive" and not asked.isdisjoint(areas)
    kind = fcntl.LOCK_EX if changes else fcntl.LOCK_SH
    with ExitStack() as held:
        for endpoint, path in _locks(target).items():
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            held.callback(os.close, handle)
            taken = say(
                "another run is at {endpoint}, and one of the two may change its settings: wait for it to end",
                endpoint=Own(endpoint),
            )
            hold(handle, kind, taken)
        yield


def _locks(target: Target) -> dict[str, Path]:
    """Return a file for each endpoint, in one order for all runs; none where somebody else has taken the folder."""
    folder = Path(tempfile.gettempdir()) / f"portero-{os.getuid()}"
    with suppress(FileExistsError):  # also by what is no folder, or a link to nothing
        folder.mkdir(mode=0o700)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        return {}
    return {name: folder / f"{sha256(name.encode()).hexdigest()[:32]}.lock" for name in _endpoints(target)}


def _endpoints(target: Target) -> list[str]:
    urls = [table.url for table in (target.webapp, target.channel, target.identity) if table]
    found = {str(Origin.of(url)) for url in urls}
    if target.database:
        found.add(f"{target.database.host}:{target.database.port}")
    return sorted(found)
