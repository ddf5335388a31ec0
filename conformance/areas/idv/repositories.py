"""Searches git checkouts, and all that git remembers of them, for the organisation's secret.

The secret is searched for in this process: git is only asked for what it stores, so no command line shows it.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from conformance.areas.idv.record import RepositoriesObservation, Repository
from conformance.bench import Bench
from conformance.engine.observatory import Probe
from conformance.inputs.target import Identity
from conformance.model import Inconclusive
from conformance.secrecy.spellings import encodings
from conformance.sentence import NOTHING, Own, Sentence, say

PIECE = 1 << 20
MOST_FOUND = 20
MOST_UNTRACKED = 2000
DEADLINE = 120.0
_LATIN_1 = 256

Search = Callable[[bytes], Sentence]


class _Trouble(Exception):
    """Git could not be asked, and what it said."""

    def __init__(self, reason: Sentence) -> None:
        super().__init__(reason)
        self.reason = reason


def _look(bench: Bench) -> RepositoriesObservation:
    identity = bench.target.declared(Identity)
    if identity.secret is None:
        raise Inconclusive(say("the target file lacks identity.secret"))
    known = _spellings(bench.vault[identity.secret].reveal())

    def search(text: bytes) -> Sentence:
        folded = text.lower()
        return next((how for how, forms in known.items() if any(form in folded for form in forms)), NOTHING)

    overlap = max(len(form) for forms in known.values() for form in forms)
    return RepositoriesObservation(
        tuple(
            _Checkout(name, bench.file(name), search, overlap, bench.left).searched() for name in identity.repositories
        )
    )


def _spellings(secret: str) -> dict[Sentence, tuple[bytes, ...]]:
    """Return the bytes in which a file may hold the secret, with ASCII letters in lower case."""
    known = {say("as it stands"): {secret}, say("encoded"): encodings(secret) - {secret}}
    spelt = {how: {form.encode("utf-8", "surrogateescape") for form in forms} for how, forms in known.items()}
    spelt[say("in UTF-16")] = {secret.encode(name, "surrogatepass") for name in ("utf-16-le", "utf-16-be")}
    if all(ord(character) < _LATIN_1 for character in secret):
        spelt[say("in Latin-1")] = {secret.encode("latin-1")}
    return {how: tuple(form.lower() for form in forms) for how, forms in spelt.items()}


class _Checkout:
    """One checkout."""

    def __init__(self, name: str, folder: Path, search: Search, overlap: int, left: Callable[[], float]) -> None:
        self.name = name
        self.folder = folder
        self.search = search
        self.overlap = overlap
        self._ends = time.monotonic() + min(left() / 2, DEADLINE)
        self.objects = 0

    def searched(self) -> Repository:
        try:
            root = Path(self._git("rev-parse", "--show-toplevel").strip())
            incomplete = self._incomplete()
            tracked = self._names("ls-files", "-z")
            unknown = self._names("ls-files", "-z", "--others")[:MOST_UNTRACKED]
            found = [*self._history(), *self._files(root, tracked)]
            untracked = tuple(self._files(self.folder, unknown))
        except _Trouble as trouble:
            return Repository(self.name, trouble.reason)
        return Repository(
            self.name, NOTHING, incomplete, self.objects, len(tracked), tuple(found[:MOST_FOUND]), untracked
        )

    def _incomplete(self) -> Sentence:
        if self._git("rev-parse", "--is-shallow-repository").strip() == "true":
            return say("it is a shallow clone, without its whole history")
        if self._git("config", "--get-regexp", r"^(extensions\.partialclone|remote\..*\.promisor)$", fails=True):
            return say("it is a partial clone, without all of its objects")
        return NOTHING

    def _names(self, *command: str) -> list[str]:
        root = () if "--others" in command else ("--full-name",)
        place = [] if "--others" in command else [":/"]
        return [name for name in self._git(*command, *root, "--", *place).split("\0") if name]

    def _files(self, root: Path, names: list[str]) -> Iterator[Sentence]:
        for name in dict.fromkeys(names):
            path = root / name
            if path.is_symlink() or not path.is_file():
                continue
            try:
                with path.open("rb") as stream:
                    how = self._in_stream(stream, path.stat().st_size)
            except OSError as error:
                why = say("{file} cannot be read: {why}", file=Own(name), why=Own(error.strerror))
                raise _Trouble(why) from error
            if how := how or self.search(name.encode("utf-8", "surrogateescape")):
                yield say("file {name}: {how}", name=Own(name), how=how)

    def _history(self) -> Iterator[Sentence]:
        """Search every object that a branch, tag, stash or other reference leads to."""
        listed = self._git("rev-list", "--objects", "--all", "--missing=allow-any").splitlines()
        paths = dict(line.partition(" ")[::2] for line in listed)
        paths |= dict.fromkeys(self._git("for-each-ref", "--format=%(objectname)").splitlines(), "")
        command = self._command("cat-file", "--batch")
        with subprocess.Popen(  # noqa: S603 - a fixed command
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_environment()
        ) as git:
            assert git.stdin is not None  # noqa: S101 - asked for above
            assert git.stdout is not None  # noqa: S101 - asked for above
            try:
                for oid, path in paths.items():
                    git.stdin.write(oid.encode() + b"\n")
                    git.stdin.flush()
                    yield from self._object(git.stdout, oid, path)
            finally:
                git.kill()

    def _object(self, stream: IO[bytes], oid: str, path: str) -> Iterator[Sentence]:
        head = stream.readline().split()
        if len(head) != 3:
            raise _Trouble(say("git has no object {object}", object=Own(oid[:12])))
        how = self._in_stream(stream, int(head[2])) or self.search(path.encode("utf-8", "surrogateescape"))
        stream.read(1)
        self.objects += 1
        if how:
            place = Own(f"{head[1].decode()} {oid[:12]}{f' ({path})' if path else ''}")
            yield say("{place}: {how}", place=place, how=how)

    def _in_stream(self, stream: IO[bytes], size: int) -> Sentence:
        """Search `size` bytes in pieces that overlap."""
        how, rest = NOTHING, b""
        while size > 0:
            if time.monotonic() > self._ends:
                raise _Trouble(say("the search took too long"))
            piece = stream.read(min(size, PIECE))
            if not piece:
                break
            size -= len(piece)
            how = how or self.search(rest + piece)
            rest = (rest + piece)[-self.overlap :]
        return how

    def _command(self, *arguments: str) -> list[str]:
        return ["git", "-c", "core.fsmonitor=false", "-C", str(self.folder), *arguments]

    def _git(self, *arguments: str, fails: bool = False) -> str:
        """Return what git says; raises _Trouble where it fails, unless it may."""
        try:
            done = subprocess.run(  # noqa: S603 - a fixed command, asked about a folder that the operator names
                self._command(*arguments),
                capture_output=True,
                check=False,
                timeout=max(0.1, self._ends - time.monotonic()),
                env=_environment(),
                stdin=subprocess.DEVNULL,
            )
        except FileNotFoundError as error:
            raise _Trouble(say("git is not installed here")) from error
        except subprocess.TimeoutExpired as error:
            raise _Trouble(say("git took too long")) from error
        if done.returncode and not fails:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            told = (
                say("{git}", git=Own(said[0])) if said else say("{command} failed", command=Own(f"git {arguments[0]}"))
            )
            raise _Trouble(told)
        return "" if done.returncode else done.stdout.decode("utf-8", "surrogateescape")


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {**kept, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1"}


repositories = Probe("repositories", RepositoriesObservation, _look, deadline=DEADLINE)
