from __future__ import annotations

import base64
import hashlib
import subprocess
from pathlib import Path
from typing import Any

import pytest

from conformance.areas.idv import repositories
from conformance.areas.idv.record import Repository
from conformance.bench import Bench
from conformance.bench.budget import Budget
from conformance.inputs import target
from conformance.secrecy.redact import Redactor
from conformance.secrecy.secret import open_vault
from reference_server.site import commit
from tests.webservers import installed

SECRET = "s3creto-de-organizacion-Kx9"
ACCENTED = "S3creto-de-OrganizaciÓn-Ñ9"
SAFE = {"README.md": "nothing here\n"}


@pytest.fixture(autouse=True)
def needs_git() -> str:
    return installed("git")


def search(folder: Path, name: str = "site", secret: str = SECRET) -> Repository:
    (found,) = search_all(folder, name, secret=secret)
    return found


def search_all(folder: Path, *names: str, secret: str = SECRET) -> tuple[Repository, ...]:
    document: dict[str, Any] = {
        "schema": 1,
        "name": "t",
        "identity": {"url": "https://x.example/", "secret": "env:S", "repositories": list(names)},
    }
    aim = target.parse(document)
    vault = open_vault(aim.secret_refs(), {"S": secret}, folder)
    return repositories.repositories.look(Bench(aim, vault, Budget(aim.limits), Redactor(vault), folder)).repositories


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True)


def test_a_clean_repository_is_searched_whole(tmp_path: Path) -> None:
    commit(tmp_path / "site", [SAFE, {"README.md": "other\n"}])
    found = search(tmp_path)
    assert (found.found, found.trouble, found.incomplete) == ((), "", "")
    assert (found.files, found.objects) == (1, 6)  # two commits, two trees, two blobs


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        base64.b64encode(f"user:{SECRET}:x".encode()).decode(),
        SECRET.encode().hex(),
        "x" * (repositories.PIECE - 5) + SECRET,
    ],
)
def test_the_history_is_searched_in_every_spelling(tmp_path: Path, text: str) -> None:
    commit(tmp_path / "site", [{"config/old.yml": text}, SAFE])
    (place,) = search(tmp_path).found
    assert "config/old.yml" in place
    assert SECRET not in place


@pytest.mark.parametrize(("encoding", "how"), [("utf-16", "in UTF-16"), ("latin-1", "in Latin-1")])
def test_files_in_other_character_sets_are_searched(tmp_path: Path, encoding: str, how: str) -> None:
    commit(tmp_path / "site", [SAFE])
    (tmp_path / "site" / "README.md").write_bytes(f"k = {ACCENTED}\r\n".encode(encoding))
    assert search(tmp_path, secret=ACCENTED).found == (f"file README.md: {how}",)


def test_changes_that_were_not_committed_are_searched(tmp_path: Path) -> None:
    commit(tmp_path / "site", [SAFE])
    (tmp_path / "site" / "README.md").write_text(SECRET)
    assert search(tmp_path).found == ("file README.md: as it stands",)


def test_messages_tags_other_branches_and_stashes_are_searched(tmp_path: Path) -> None:
    site = tmp_path / "site"
    commit(site, [SAFE])
    git(site, "commit", "--allow-empty", "-m", f"use {SECRET}")
    git(site, "branch", "aside")
    git(site, "reset", "--hard", "HEAD~1")
    git(site, "tag", "-a", "v1", "-m", SECRET)
    (site / "README.md").write_text(SECRET)
    git(site, "stash")
    kinds = {place.split()[0] for place in search(tmp_path).found}
    assert kinds == {"commit", "tag", "blob"}


def test_a_stash_below_another_is_searched(tmp_path: Path) -> None:
    site = tmp_path / "site"
    commit(site, [SAFE])
    for text in (SECRET, "nothing"):
        (site / "README.md").write_text(text)
        git(site, "stash")
    assert search(tmp_path).found


def test_packed_objects_are_searched(tmp_path: Path) -> None:
    commit(tmp_path / "site", [{"a": SECRET}, SAFE])
    git(tmp_path / "site", "gc", "-q")
    assert search(tmp_path).found


def test_files_that_git_does_not_know_are_noted_apart(tmp_path: Path) -> None:
    commit(tmp_path / "site", [{".gitignore": ".env\n"}])
    (tmp_path / "site" / ".env").write_text(f"KEY={SECRET}")
    found = search(tmp_path)
    assert found.found == ()
    assert found.untracked == ("file .env: as it stands",)


def test_a_shallow_clone_is_incomplete(tmp_path: Path) -> None:
    commit(tmp_path / "whole", [SAFE, {"README.md": "other\n"}])
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{tmp_path / 'whole'}", str(tmp_path / "site"))
    found = search(tmp_path)
    assert "shallow" in found.incomplete
    assert not found.trouble


@pytest.mark.parametrize("kind", ["nothing", "folder", "file"])
def test_what_is_no_checkout_is_trouble(tmp_path: Path, kind: str) -> None:
    if kind == "folder":
        (tmp_path / "site").mkdir()
    if kind == "file":
        (tmp_path / "site").touch()
    assert search(tmp_path).trouble


def test_no_command_line_shows_the_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(tmp_path / "site", [{"a": SECRET}])
    commands: list[Any] = []
    run = subprocess.run

    def noted(command: Any, *rest: Any, **options: Any) -> Any:
        commands.append((command, options.get("env")))
        return run(command, *rest, **options)

    class Noted(subprocess.Popen[bytes]):
        def __init__(self, command: Any, *rest: Any, **options: Any) -> None:
            commands.append((command, options.get("env")))
            super().__init__(command, *rest, **options)

    monkeypatch.setattr(subprocess, "run", noted)
    monkeypatch.setattr(subprocess, "Popen", Noted)
    assert search(tmp_path).found
    assert len(commands) > 3
    assert SECRET not in str(commands)


def piped(folder: Path, *arguments: str, given: str = "") -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], input=given, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def test_what_a_replacement_hides_is_searched_and_the_replacement_too(tmp_path: Path) -> None:
    site = tmp_path / "site"
    commit(site, [{"a": SECRET}, SAFE])
    held = piped(site, "rev-parse", "HEAD~1:a")
    git(site, "replace", held, piped(site, "hash-object", "-w", "--stdin", given="clean"))
    assert [place.split()[0] for place in search(tmp_path).found] == ["blob"]
    git(site, "replace", "-d", held)
    clean = piped(site, "rev-parse", "HEAD:README.md")
    commit(tmp_path / "other", [SAFE])
    other = tmp_path / "other"
    git(other, "replace", clean, piped(other, "hash-object", "-w", "--stdin", given=SECRET))
    assert search(tmp_path, "other").found


@pytest.mark.parametrize("by", ["a graft", "a replacement of the commit"])
def test_history_that_is_cut_off_is_searched(tmp_path: Path, by: str) -> None:
    site = tmp_path / "site"
    commit(site, [{"a": SECRET}, SAFE])
    head = piped(site, "rev-parse", "HEAD")
    if by == "a graft":
        (site / ".git" / "info").mkdir(exist_ok=True)
        (site / ".git" / "info" / "grafts").write_text(head + "\n")
    else:
        git(site, "replace", "--graft", head)
    assert search(tmp_path).found


def test_what_is_staged_is_searched(tmp_path: Path) -> None:
    site = tmp_path / "site"
    commit(site, [SAFE])
    (site / "README.md").write_text(SECRET)
    git(site, "add", "README.md")
    (site / "README.md").write_text("nothing here\n")
    assert search(tmp_path).found


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--single-branch"], "without some branches of origin"),
        (["--single-branch", "--branch", "v1"], "without some branches of origin"),
        (["--no-tags"], "without the tags of origin"),
        ([], ""),
        (["--bare"], "without some branches of origin"),  # nothing records which
        (["--mirror"], ""),
    ],
)
def test_a_clone_is_whole_or_says_what_it_lacks(tmp_path: Path, options: list[str], said: str) -> None:
    commit(tmp_path / "whole", [SAFE, {"README.md": "other\n"}])
    git(tmp_path / "whole", "tag", "v1")
    git(tmp_path, "clone", "-q", *options, f"file://{tmp_path / 'whole'}", str(tmp_path / "site"))
    found = search(tmp_path)
    assert not found.trouble
    assert (said in found.incomplete) if said else not found.incomplete


def test_a_remote_of_which_nothing_was_fetched_is_told(tmp_path: Path) -> None:
    commit(tmp_path / "site", [SAFE])
    git(tmp_path / "site", "remote", "add", "origin", "https://git.example/x")
    assert search(tmp_path).incomplete == "nothing was fetched of origin"


@pytest.mark.parametrize("staged", [False, True])
def test_a_repository_without_a_commit_is_incomplete(tmp_path: Path, staged: bool) -> None:
    git(tmp_path, "init", "-q", str(tmp_path / "site"))
    if staged:
        (tmp_path / "site" / "a").write_text("nothing\n")
        git(tmp_path / "site", "add", "a")
    found = search(tmp_path)
    assert found.incomplete == "it holds no commit"
    assert not found.trouble


def test_an_object_that_is_lost_is_told(tmp_path: Path) -> None:
    site = tmp_path / "site"
    commit(site, [{"a": "old\n"}, SAFE])
    git(site, "repack", "-adq")
    packs = site / ".git" / "objects" / "pack"
    (pack,) = packs.glob("*.pack")
    moved = pack.rename(tmp_path / pack.name)
    for index in packs.iterdir():
        index.unlink()
    subprocess.run(["git", "-C", str(site), "unpack-objects", "-q"], input=moved.read_bytes(), check=True)
    held = piped(site, "rev-parse", "HEAD~1:a")
    (site / ".git" / "objects" / held[:2] / held[2:]).unlink()
    assert search(tmp_path).incomplete == "1 object of the history is missing"


@pytest.mark.parametrize("place", ["widget", "lib/widget"])
@pytest.mark.parametrize("removed", [False, True])
def test_a_submodule_is_told_unless_it_is_declared(tmp_path: Path, place: str, removed: bool) -> None:
    site = tmp_path / "site"
    commit(tmp_path / "part", [SAFE])
    commit(site, [SAFE])
    git(site, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(tmp_path / "part"), place)
    git(site, "commit", "-qm", "with a part")
    if removed:
        git(site, "rm", "-qf", place)
        git(site, "commit", "-qm", "without it")
    found = search(tmp_path)
    assert f"its submodule {place} is a repository of its own" in found.incomplete
    assert not found.trouble
    if not removed:
        assert not search_all(tmp_path, "site", f"site/{place}")[0].incomplete


LFS = ("https://git-lfs.github.com/spec/v1", "https://hawser.github.com/spec/v1", "http://git-media.io/v/2")


@pytest.mark.parametrize("version", LFS)
@pytest.mark.parametrize("kept", ["", "nothing of it", f"k = {SECRET}\n"])
def test_every_version_that_lfs_keeps_is_searched_or_told(tmp_path: Path, version: str, kept: str) -> None:
    content = kept or "what is not here"
    oid = hashlib.sha256(content.encode()).hexdigest()
    pointer = f"version {version}\noid sha256:{oid}\nsize {len(content)}\n"
    site = tmp_path / "site"
    commit(site, [{"keys.bin": pointer}, SAFE])
    if kept:
        held = site / ".git" / "lfs" / "objects" / oid[:2] / oid[2:4] / oid
        held.parent.mkdir(parents=True)
        held.write_text(kept)
    found = search(tmp_path)
    assert bool(found.found) is (SECRET in kept)
    assert ("git lfs fetch --all" in found.incomplete) is (not kept)
    assert not found.trouble


def test_what_the_annex_keeps_is_told(tmp_path: Path) -> None:
    commit(tmp_path / "site", [{"a": "/annex/objects/SHA256E-s3--abc.bin\n"}, SAFE])
    assert "git-annex" in search(tmp_path).incomplete
