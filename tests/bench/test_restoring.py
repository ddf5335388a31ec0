from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from conformance.bench.journal import NAME, Journal, Request, read, refuse_unplayed
from conformance.bench.restoring import Restorer
from conformance.model import Inconclusive, UnusableInput
from conformance.secrecy.redact import Redactor
from conformance.secrecy.secret import Secret, SecretRef
from conformance.sentence import say

BACK = Request(
    "PUT",
    "https://gw.example/setting",
    secret_headers={"Authorization": SecretRef.checked("env:ADMIN")},
    body='{"on": true}',
)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path, tmp_path / "target.toml", Redactor([Secret("ADMIN", "kept-out-of-files-9X")]))


def entries(journal: Journal) -> list[str]:
    page = read(journal.path)
    return [entry.what for entry in page.entries] if page else []


def test_a_change_is_restored_once_by_whoever_comes_first() -> None:
    restorer, put_back = Restorer(), []

    def restore() -> bool:
        put_back.append("setting")
        return True

    with restorer.changing(say("a setting"), restore) as change:
        assert restorer.settle() == []
        assert put_back == ["setting"]
        with pytest.raises(Inconclusive, match="the run is over"):
            change.make(lambda: put_back.append("changed anew"))
    assert change.restored
    assert restorer.settle() == []
    assert put_back == ["setting"]


def test_a_probe_that_breaks_off_restores_its_change() -> None:
    restorer, put_back = Restorer(), []
    with (
        pytest.raises(ValueError, match="broke off"),
        restorer.changing(say("a setting"), lambda: put_back.append("setting") or True),  # type: ignore[func-returns-value]
    ):
        raise ValueError("broke off")
    assert put_back == ["setting"]


def test_what_cannot_be_put_back_is_tried_again_at_the_end_last_change_first_and_named() -> None:
    restorer, tried = Restorer(), []

    def cannot() -> bool:
        tried.append("one")
        raise Inconclusive(say("nobody there"))

    with (
        restorer.changing(say("one"), cannot) as one,
        restorer.changing(say("other"), lambda: bool(tried.append("other"))),  # type: ignore[func-returns-value]
    ):
        pass
    assert not one.restored
    assert restorer.settle() == ["other", "one"]
    assert tried == ["other", "one", "other", "one"]
    assert restorer.settle() == []


def test_a_change_stands_in_the_journal_until_it_is_put_back(journal: Journal) -> None:
    restorer = Restorer(journal)
    with restorer.changing(say("one"), lambda: True, BACK), restorer.changing(say("other"), lambda: False, BACK):
        assert entries(journal) == ["one", "other"]
        assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600
        with pytest.raises(UnusableInput, match="run `portero restore --reports"):
            refuse_unplayed(journal.path.parent)
    assert entries(journal) == ["other"]
    with restorer.changing(say("third"), lambda: True, BACK):
        assert entries(journal) == ["other", "third"]
    assert [path.name for path in journal.path.parent.iterdir()] == [NAME]


def test_a_journal_without_entries_is_gone(journal: Journal) -> None:
    with Restorer(journal).changing(say("one"), lambda: True, BACK):
        assert journal.path.exists()
    assert not journal.path.exists()
    assert read(journal.path) is None


def test_references_survive_and_secrets_never_get_in(journal: Journal) -> None:
    journal.add(say("one"), (BACK,))
    page = read(journal.path)
    assert page is not None
    assert page.entries[0].requests == (BACK,)
    with pytest.raises(Inconclusive, match="holds a secret"):
        journal.add(say("other"), (Request("PUT", "https://gw.example/x", body="kept-out-of-files-9X"),))
    assert entries(journal) == ["one"]


def test_nothing_is_changed_where_the_journal_cannot_be_written(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "absent", tmp_path / "target.toml", Redactor())
    with (
        pytest.raises(Inconclusive, match=r"cannot be written .*nothing more is changed"),
        Restorer(journal).changing(say("one"), lambda: True, BACK),
    ):
        pytest.fail("the block must not begin")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is no journal of changes"),
        (b'{"schema": 1}', "is no journal of changes"),
        (b"\xff\x00", "is no journal of changes"),
        (json.dumps({"schema": 2, "target": "x", "entries": []}).encode(), "is of edition 2"),
    ],
)
def test_what_is_no_journal_is_refused_in_words(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / NAME).write_bytes(content)
    with pytest.raises(UnusableInput, match=said):
        read(tmp_path / NAME)
