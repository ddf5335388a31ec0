"""The journal: how to put back what a run changes, written down before the change, for the case that the run is killed.

It lies beside the reports as long as there is something to put back, and only its owner can read it. Credentials stand
in it by reference (`env:NAME`, `file:PATH`), never as they are. How a probe uses it: `conformance.bench.restoring`.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from conformance.model import Inconclusive, UnusableInput
from conformance.secrecy.redact import Redactor
from conformance.secrecy.secret import SecretRef
from conformance.sentence import Own, Sentence, say

NAME = "journal.json"
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Request:
    """One request that puts something back. Any 2xx is success, and any status in `also` (404: gone anyway).

    `section` names the table of the target file whose trust the connection needs: `webapp` or `identity`; `trust` is
    PEM that is trusted besides. `login` names an account of the target file (`webapp.admin`) whose bearer token is
    bought when the request is made. `secret_headers` and `body_from` are references; `body_from` is sent as it stands.
    `served` is the SHA-256 of the certificate that the web app has to present afterwards.
    """

    method: str
    url: str
    section: str = "webapp"
    headers: dict[str, str] = field(default_factory=dict)
    secret_headers: dict[str, SecretRef] = field(default_factory=dict)
    login: str = ""
    body: str = ""
    body_from: SecretRef | None = None
    also: tuple[int, ...] = ()
    trust: str = ""
    served: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A change, and what takes it back, in order; `since` is when it was about to be made."""

    what: Sentence
    requests: tuple[Request, ...]
    since: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """The journal's content; `target` is the path of the file that the entries' references are of."""

    schema: int
    target: str
    entries: tuple[Entry, ...]


_PAGE = TypeAdapter(Page)


class Journal:
    """What one run has changed and not put back yet. Every change of it is on the disk before it returns."""

    def __init__(self, folder: Path, target: Path, redactor: Redactor) -> None:
        """Write into `folder` from the first entry on."""
        self.path = folder / NAME
        self._target = str(target.resolve())
        self._redactor = redactor
        self._lock = threading.Lock()
        self._entries: tuple[Entry, ...] = ()

    def add(self, what: Sentence, requests: tuple[Request, ...]) -> Entry:
        """Note a change that is about to be made; raises Inconclusive where that cannot be, so that it is not made."""
        entry = Entry(what, requests, datetime.now(UTC).isoformat(timespec="seconds"))
        if self._redactor.leaks(_PAGE.dump_json(Page(SCHEMA, "", (entry,))).decode()):
            raise Inconclusive(
                say("{what} was left as it is: what is there now holds a secret, which no file may keep", what=what)
            )
        with self._lock:
            self._keep((*self._entries, entry))
        return entry

    def remove(self, entry: Entry) -> None:
        """Forget a change that was put back; raises Inconclusive where it stays written, to be put back once more."""
        with self._lock:
            self._keep(tuple(kept for kept in self._entries if kept is not entry))

    def _keep(self, entries: tuple[Entry, ...]) -> None:
        try:
            write(self.path, Page(SCHEMA, self._target, entries))
        except OSError as error:
            raise Inconclusive(
                say(
                    "{file}: cannot be written ({error}), so nothing more is changed",
                    file=Own(self.path),
                    error=Own(error.strerror),
                )
            ) from error
        self._entries = entries


def read(path: Path) -> Page | None:
    """Return what is left in a journal, or None where there is none.

    Raises UnusableInput when it cannot be read, or is none.
    """
    try:
        page = _PAGE.validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        why = Own(error.strerror)
        raise UnusableInput(say("{file}: cannot be read: {error}", file=Own(path), error=why)) from error
    except ValidationError as error:
        why = Own(error.errors()[0]["msg"])
        raise UnusableInput(say("{file}: is no journal of changes: {error}", file=Own(path), error=why)) from error
    if page.schema != SCHEMA:
        raise UnusableInput(
            say(
                "{file}: is of edition {edition}, and this Portero reads {number}",
                file=Own(path),
                edition=page.schema,
                number=SCHEMA,
            )
        )
    return page


def write(path: Path, page: Page) -> None:
    """Put `page` in the place of what was there, whole or not at all; a journal without entries is removed."""
    if page.entries:
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(json.dumps(_PAGE.dump_python(page, mode="json"), indent=2).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    else:
        path.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def refuse_unplayed(folder: Path) -> None:
    """Raise UnusableInput where an earlier run has left something changed."""
    if (path := folder / NAME).exists():
        raise UnusableInput(
            say(
                "{file}: an earlier run was stopped before it had put back what it changed; "
                "run `portero restore --reports {folder}` first",
                file=Own(path),
                folder=Own(folder),
            )
        )
