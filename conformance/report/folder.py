"""The folder that reports go to: claimed by one run at a time, searched for secrets at its end."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from conformance.model import UnusableInput
from conformance.regular import why_unread
from conformance.secrecy.redact import Redactor
from conformance.sentence import Own, Sentence, say


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Hold the folder, made if need be, for one run alone.

    Raises UnusableInput when nothing can be written there, or another run is writing there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise UnusableInput(
            say(
                "{folder}: reports cannot be written here ({error}); choose another folder with --reports",
                folder=Own(folder),
                error=why_unread(error),
            )
        ) from error
    try:
        taken = say(
            "{folder}: another run is writing its reports here; wait for it, or choose another folder with --reports",
            folder=Own(folder),
        )
        hold(handle, fcntl.LOCK_EX, taken)
        yield
    finally:
        os.close(handle)


def hold(handle: int, kind: int, taken: Sentence) -> None:
    """Lock what is open as `handle`, in one of flock's kinds, until it is closed; raises UnusableInput(taken)."""
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise UnusableInput(taken) from error
    except OSError:  # a file system that knows no locks
        return


def remove_leaking(written: Iterable[Path], redactor: Redactor) -> list[Path]:
    """Delete each file of this run that holds a secret, and name it."""
    leaking = [
        path
        for path in dict.fromkeys(written)
        if path.is_file() and redactor.leaks(path.read_bytes().decode("utf-8", "replace"))
    ]
    for path in leaking:
        path.unlink()
    return leaking
