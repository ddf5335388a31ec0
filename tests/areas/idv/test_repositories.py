from __future__ import annotations

import base64
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
    document: dict[str, Any] = {
        "schema": 1,
        "name": "t",
        "identity": {"url": "https://x.example/", "secret": "env:S", "repositories": [name]},
    }
    aim = target.parse(document)
    vault = open_vault(aim.secret_refs(), {"S": secret}, folder)
    (found,) = repositories.repositories.look(
        Bench(aim, vault, Budget(aim.limits), Redactor(vault), folder)
    ).repositories
    return found


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
