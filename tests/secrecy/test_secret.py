"""A secret shows its name and never its text."""

from __future__ import annotations

import copy
import json
import pickle
import traceback
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from conformance.locale import tongue
from conformance.model import UnusableInput
from conformance.secrecy.secret import Secret, SecretRef, open_vault

TEXT = "q7VwX2Lk9ZtR4bNm"


@pytest.fixture
def secret() -> Secret:
    return Secret("CANARY", TEXT)


def test_every_way_to_show_it_shows_the_marker(secret: Secret) -> None:
    shown = [repr(secret), str(secret), f"{secret}", f"{secret!r}", f"{secret:>40}", "%s" % secret, f"{[secret]}"]  # noqa: UP031
    assert all("«secret:CANARY»" in text and TEXT not in text for text in shown)
    assert not hasattr(secret, "__dict__")


def test_it_does_not_leave_its_process(secret: Secret) -> None:
    with pytest.raises(TypeError, match="«secret:CANARY» does not leave its process"):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        json.dumps(secret)


def test_copies_are_itself(secret: Secret) -> None:
    assert copy.copy(secret) is secret
    assert copy.deepcopy({"k": [secret]})["k"][0] is secret


def test_equality_is_between_secrets_only(secret: Secret) -> None:
    assert secret == Secret("OTHER", TEXT)
    assert hash(secret) == hash(Secret("OTHER", TEXT))
    assert secret != Secret("CANARY", TEXT + "x")
    assert secret != TEXT


def test_traceback_of_a_refused_literal_does_not_hold_it() -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(SecretRef).validate_python(TEXT)
    (error,) = caught.value.errors(include_input=False)
    assert TEXT not in error["msg"]
    assert 'write "env:NAME" or "file:PATH"' in error["msg"]


@pytest.mark.parametrize("reference", ["env:", "file:", "env:my secret", "env:1A", "ENV:NAME", "", "name"])
def test_what_is_no_reference_is_refused(reference: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(SecretRef).validate_python(reference)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "environment variable A is not set"),
        ("", "environment variable A is empty"),
        ("1234567", "environment variable A holds fewer than 8 characters"),
    ],
)
def test_unusable_variable_is_named(value: str | None, words: str) -> None:
    with pytest.raises(UnusableInput, match=words) as caught:
        open_vault([SecretRef("env:A")], {} if value is None else {"A": value}, Path())
    assert "refers to it as env:A" in str(caught.value)
    assert not value or value not in str(caught.value)


def test_every_trouble_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"\xff\xfe\xfd" * 5)
    references = [SecretRef(r) for r in ("env:A", "file:none.key", "file:latin", "file:.")]
    with pytest.raises(UnusableInput) as caught:
        open_vault(references, {}, tmp_path)
    lines = str(caught.value).splitlines()
    assert [line.partition(" (")[0].replace(str(tmp_path), "") for line in lines] == [
        "environment variable A is not set",
        "secret file /none.key cannot be read: No such file or directory",
        "secret file /latin cannot be read: it is not UTF-8 text",
        "secret file  cannot be read: Is a directory",
    ]
    told = caught.value.told(tongue("es")).replace(str(tmp_path), "").splitlines()
    assert [line.partition(" (")[0].removeprefix("portero: ") for line in told] == [
        "la variable de entorno A no está definida",
        "el archivo de secreto /none.key no se puede leer: No such file or directory",
        "el archivo de secreto /latin no se puede leer: no es texto UTF-8",
        "el archivo de secreto  no se puede leer: Is a directory",
    ]
    assert told[0].endswith(" (en el archivo de objetivo figura como env:A)")


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_file_is_read_without_its_last_line_end(tmp_path: Path, ending: str) -> None:
    (tmp_path / "a.key").write_bytes(TEXT.encode() + ending.encode())
    vault = open_vault([SecretRef("file:a.key")], {}, tmp_path)
    assert vault[SecretRef("file:a.key")].reveal() == TEXT
    assert [str(s) for s in vault] == ["«secret:a.key»"]


def test_refused_value_is_not_in_a_printed_traceback() -> None:
    with pytest.raises(UnusableInput) as caught:
        open_vault([SecretRef("env:A")], {"A": TEXT[:7]}, Path())
    assert TEXT[:7] not in "".join(traceback.format_exception(caught.value))
