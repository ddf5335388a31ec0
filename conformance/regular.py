"""Reads a file that somebody named: never more of it than is wanted, and without waiting for it."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from conformance.sentence import Own, Sentence, say


class NotRegular(OSError):
    """What was named is a folder, a pipe, a device or a socket: it may have no end, or never begin."""


def read_regular(path: Path, most: int) -> bytes:
    """Return a file's content, of one longer than `most` bytes its first `most` + 1: the caller says what is too long.

    For what the operator's files name; what a command line names may be a pipe. Raises OSError, NotRegular for
    whatever is no regular file, and ValueError for a path that cannot be one.
    """
    # Without O_NONBLOCK a named pipe is waited for until somebody writes to it.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(mode):
            raise NotRegular("it is no regular file")
        return file.read(most + 1)


def why_unread(error: Exception) -> Sentence | Own:
    """Say why a file could not be read, or written, after a colon."""
    if isinstance(error, NotRegular):
        return say("it is no regular file")
    return Own(getattr(error, "strerror", None) or error)
