"""Searches git checkouts, and all that git remembers of them, for the organisation's secret.

The secret is searched for in this process: git is only asked for what it stores, so no command line shows it.
"""

from __future__ import annotations

import io
import os
import re
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
from conformance.sentence import NOTHING, Own, Sentence, clauses, counted, own_list, say

PIECE = 1 << 20  # bytes of an object that are held at once
LARGEST_TREE = 1 << 26  # bytes of a folder's list of files: what is larger is not read into memory
MOST_FOUND = 20  # a history full of finds proves no more than these
MOST_UNTRACKED = 2000
MOST_NAMED = 3
DEADLINE = 120.0  # seconds, for all of them
_LATIN_1 = 256  # below it a character is one byte in Latin-1, where it is two in UTF-8
_GITLINK = b"160000"
_LARGEST_POINTER = 1024  # bytes: pointers of Git LFS are smaller by their specification
_LFS = re.compile(
    rb"version (?:https://git-lfs\.github\.com|https://hawser\.github\.com|http://git-media\.io)/[^\n]*\n"
    rb"(?:[^\n]*\n){0,12}?oid (?:sha256:)?([0-9a-f]{64})\s"
)
_ANNEX = re.compile(rb"(?:\.\./)*(?:\.git/annex|/annex)/objects/\S+\s*")
_ALL_BRANCHES = re.compile(r"\+?refs/(?:heads/)?\*:")

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
    folders = {name: bench.file(name) for name in identity.repositories}
    declared = frozenset(folder.resolve() for folder in folders.values())
    return RepositoriesObservation(
        tuple(
            _Checkout(name, folder, search, overlap, bench.left, declared).searched()
            for name, folder in folders.items()
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
    """One checkout. `declared` are the folders of all that are searched, as one can be a submodule of another."""

    def __init__(
        self,
        name: str,
        folder: Path,
        search: Search,
        overlap: int,
        left: Callable[[], float],
        declared: frozenset[Path] = frozenset(),
    ) -> None:
        self.name = name
        self.folder = folder
        self.search = search
        self.overlap = overlap
        self.declared = declared
        self._ends = time.monotonic() + min(left() / 2, DEADLINE)
        self.objects = 0
        self.commits = 0
        self.missing = 0
        self.submodules: dict[str, None] = {}
        self.large: dict[str, str] = {}
        self.annexed = 0

    def searched(self) -> Repository:
        try:
            bare = self._git("rev-parse", "--is-bare-repository").strip() == "true"
            root = self.folder if bare else Path(self._git("rev-parse", "--show-toplevel").strip())
            tracked = [] if bare else self._names("ls-files", "-z")
            unknown = [] if bare else self._names("ls-files", "-z", "--others")[:MOST_UNTRACKED]
            found = [*self._history(), *self._large_files(), *self._files(root, tracked)]
            untracked = tuple(self._files(self.folder, unknown))
            incomplete = clauses(*self._incomplete(root))
        except _Trouble as trouble:
            return Repository(self.name, trouble.reason)
        return Repository(
            self.name, NOTHING, incomplete, self.objects, len(tracked), tuple(found[:MOST_FOUND]), untracked
        )

    def _incomplete(self, root: Path) -> Iterator[Sentence]:
        """Say what of the repository is not here, once its history has been searched."""
        if self._git("rev-parse", "--is-shallow-repository").strip() == "true":
            yield say("it is a shallow clone, without its whole history")
        if self._git("config", "--get-regexp", r"^(extensions\.partialclone|remote\..*\.promisor)$", fails=True):
            yield say("it is a partial clone, without all of its objects")
        elif self.missing:
            yield counted(
                "{n} object of the history is missing", "{n} objects of the history are missing", self.missing
            )
        if not self.commits:
            yield say("it holds no commit")
        yield from self._left_at_remotes()
        apart = [path for path in self.submodules if (root / path).resolve() not in self.declared]
        if apart:
            yield counted(
                "its submodule {paths} is a repository of its own: declare it in identity.repositories too",
                "its submodules {paths} are repositories of their own: declare them in identity.repositories too",
                len(apart),
                paths=own_list(apart[:MOST_NAMED]),
            )
        if self.large:
            yield counted(
                "the content of {n} file that git LFS keeps is not here, as of {files}: git lfs fetch --all brings it",
                "the content of {n} files that git LFS keeps is not here, as of {files}: git lfs fetch --all brings it",
                len(self.large),
                files=own_list(list(dict.fromkeys(self.large.values()))[:MOST_NAMED]),
            )
        if self.annexed:
            yield counted(
                "the content of {n} file is kept by git-annex, which is not looked into",
                "the content of {n} files is kept by git-annex, which is not looked into",
                self.annexed,
            )

    def _left_at_remotes(self) -> Iterator[Sentence]:
        """Say of each remote what was never fetched of it."""
        for remote in self._git("remote").split():
            refspecs = self._git("config", "--get-all", f"remote.{remote}.fetch", fails=True).split()
            aims = [refspec.rpartition(":")[2].removesuffix("*") for refspec in refspecs if ":" in refspec]
            if not any(map(_ALL_BRANCHES.match, refspecs)) or any(refspec.startswith("^") for refspec in refspecs):
                yield say("it may be without some branches of {remote}, as not all are fetched", remote=Own(remote))
            elif not any(self._git("for-each-ref", "--count=1", aim).strip() for aim in aims):
                yield say("nothing was fetched of {remote}", remote=Own(remote))
            if self._git("config", "--get", f"remote.{remote}.tagOpt", fails=True).strip() == "--no-tags":
                yield say("it is a clone without the tags of {remote}", remote=Own(remote))

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
        """Search every object that a branch, tag, stash or other reference, or the index, leads to."""
        listed = self._git("rev-list", "--objects", "--all", "--indexed-objects", "--missing=print").splitlines()
        self.missing = sum(line.startswith("?") for line in listed)
        paths = dict(line.partition(" ")[::2] for line in listed if not line.startswith("?"))
        paths = {**dict.fromkeys(self._git("for-each-ref", "--format=%(objectname)").splitlines(), ""), **paths}
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
        kind, size = head[1].decode(), int(head[2])
        content: IO[bytes] = stream
        if size <= (LARGEST_TREE if kind == "tree" else _LARGEST_POINTER):
            whole = stream.read(size)
            self._note_what_is_elsewhere(kind, whole, path, len(oid) // 2)
            content = io.BytesIO(whole)
        how = self._in_stream(content, size) or self.search(path.encode("utf-8", "surrogateescape"))
        stream.read(1)
        self.objects += 1
        self.commits += kind == "commit"
        if how:
            place = Own(f"{kind} {oid[:12]}{f' ({path})' if path else ''}")
            yield say("{place}: {how}", place=place, how=how)

    def _note_what_is_elsewhere(self, kind: str, content: bytes, path: str, width: int) -> None:
        """Note submodules, and what stands for a file that is kept outside git."""
        if kind == "tree":
            names = (name.decode("utf-8", "surrogateescape") for name in _gitlinks(content, width))
            self.submodules |= dict.fromkeys(f"{path}/{name}" if path else name for name in names)
        elif kind == "blob" and (pointer := _LFS.match(content)):
            self.large.setdefault(pointer[1].decode(), path)
        elif kind == "blob" and _ANNEX.fullmatch(content):
            self.annexed += 1

    def _large_files(self) -> Iterator[Sentence]:
        """Search what git LFS keeps here of every version, and leave in `large` what it does not."""
        if not self.large:
            return
        kept = self._git("rev-parse", "--git-common-dir").strip()
        storage = self._git("config", "--get", "lfs.storage", fails=True).strip() or "lfs"
        folder = self.folder / kept / storage / "objects"
        for oid, path in list(self.large.items()):
            try:
                with (folder / oid[:2] / oid[2:4] / oid).open("rb") as stream:
                    how = self._in_stream(stream, os.fstat(stream.fileno()).st_size)
            except OSError:
                continue
            del self.large[oid]
            if how:
                yield say("{place}: {how}", place=Own(f"LFS {oid[:12]} ({path})"), how=how)

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
    quiet = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1"}
    # What was committed, and not what replacements and grafts show in its place.
    return {**kept, **quiet, "GIT_NO_REPLACE_OBJECTS": "1", "GIT_GRAFT_FILE": os.devnull}


def _gitlinks(tree: bytes, width: int) -> Iterator[bytes]:
    """Go through the names of the submodules in a tree, whose hashes have `width` bytes."""
    at = 0
    while (end := tree.find(b"\0", at)) >= 0:
        mode, _, name = tree[at:end].partition(b" ")
        if mode == _GITLINK:
            yield name
        at = end + 1 + width


repositories = Probe("repositories", RepositoriesObservation, _look, deadline=DEADLINE)
