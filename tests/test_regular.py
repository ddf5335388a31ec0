"""What the operator's files name is read within its bounds, and never waited for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from conformance.areas.dep.files import read_pem
from conformance.inputs import target_file
from conformance.model import UnusableInput
from conformance.regular import NotRegular, read_regular
from conformance.secrecy.secret import SecretRef, open_vault

HEAD = 'schema = 1\nname = "x"\n[webapp]\nurl = "https://gw.example"\n'


def refusal(folder: Path, text: str) -> str:
    (folder / "t.toml").write_text(text)
    with pytest.raises(UnusableInput) as refused:
        target_file.read(folder / "t.toml")
    return str(refused.value)


def named(folder: Path, what: str) -> str:
    if what == "pipe":
        os.mkfifo(folder / "pipe")
    elif what == "folder":
        (folder / "folder").mkdir()
    return what


ODD = [
    ("pipe", "no regular file"),
    ("/dev/zero", "no regular file"),
    ("folder", "Is a directory"),
    ("a\\u0000b", "null"),
]


@pytest.mark.parametrize(("what", "said"), ODD)
@pytest.mark.parametrize("key", ["compose_files", "env_files"])
def test_a_deployment_file_that_is_no_file_is_refused(tmp_path: Path, key: str, what: str, said: str) -> None:
    text = f'{HEAD}[deployment]\ncompose_files = ["t.toml"]\n{key} = ["{named(tmp_path, what)}"]\n'
    told = refusal(tmp_path, text.replace('compose_files = ["t.toml"]\n', "") if key == "compose_files" else text)
    assert said in told
    assert f"deployment.{key}" in told


@pytest.mark.parametrize(("what", "said"), ODD)
def test_an_authority_that_is_no_file_is_refused(tmp_path: Path, what: str, said: str) -> None:
    assert said in refusal(tmp_path, f'{HEAD}ca_file = "{named(tmp_path, what)}"\n')


@pytest.mark.parametrize(("what", "said"), ODD[:3])
def test_a_secret_that_is_no_file_is_refused(tmp_path: Path, what: str, said: str) -> None:
    with pytest.raises(UnusableInput, match=said):
        open_vault([SecretRef(f"file:{named(tmp_path, what)}")], {}, tmp_path)


def test_a_secret_of_a_path_with_a_zero_in_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match="null"):
        open_vault([SecretRef("file:a\0b")], {}, tmp_path)


def test_a_large_secret_is_none(tmp_path: Path) -> None:
    (tmp_path / "large").write_text("k" * 70_000)
    with pytest.raises(UnusableInput, match="larger than 64 KiB"):
        open_vault([SecretRef("file:large")], {}, tmp_path)


def test_a_target_file_that_is_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnusableInput, match="no regular file"):
        target_file.read(tmp_path / "pipe")


@pytest.mark.parametrize("line", [".".join("a" * 200_000) + " = 1", f"[{'.'.join('a' * 200_000)}]"])
def test_a_key_without_end_is_refused_at_its_line(tmp_path: Path, line: str) -> None:
    assert ":5:1: has more than 5000 dots" in refusal(tmp_path, f"{HEAD}{line}\n")


def test_a_number_without_end_is_refused(tmp_path: Path) -> None:
    assert "a number that is too long" in refusal(tmp_path, f"{HEAD}x = {'1' * 50_000}\n")


def test_a_link_to_a_file_is_that_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"text")
    (tmp_path / "link").symlink_to("file")
    assert read_regular(tmp_path / "link", 10) == b"text"
    assert read_regular(tmp_path / "file", 2) == b"tex"
    with pytest.raises(NotRegular):
        read_regular(Path("/dev/null"), 1)


@pytest.mark.parametrize(
    "raw",
    [
        b"-----BEGIN CERTIFICATE-----\n" * 30_000,
        b"".join(b"-----BEGIN K%d PRIVATE KEY-----\n" % n for n in range(30_000)),
        b"-----BEGIN A-----" * 30_000 + b"-----END B-----",
    ],
    ids=["one-kind", "every-kind-another", "another-end"],
)
def test_pem_that_never_ends_is_read_in_one_pass(raw: bytes) -> None:
    assert not read_pem(raw).certificates
