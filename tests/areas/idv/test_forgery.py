"""Forged hashes are what their table says, and none of them is right."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from conformance import catalogue
from conformance.areas.idv import length_extension, uid_variants
from conformance.areas.idv.forgery import Ground, client_hash, extended, flipped, forgeries
from conformance.locale import tongue

KEY = "secreto-de-organizacion"
GROUND = Ground(KEY, "client.demo@letsta.lk", ("acme",), ("the secret before",), ("another organisation's",))


@pytest.mark.parametrize(
    ("uid", "right"),
    [
        ("client.demo@letsta.lk", "ba0ec6ed5a8e6d24ff81fc13a5fbb41969878fcebbc9a77e7d67d58758055590"),
        ("CLIENT.DEMO@LETSTA.LK", "081fa3133e2979925dd7d435c68a0b347167aeb04932e08be36b5fa42ca69ce3"),
        ("", "529ffddc42e4e53b7c6497531d8c2083fccff368d9621ee0cbe23a587b4b47d6"),
        ("12.345.678-5", "2e8a973212f712bd0295cff93ef4363f85f996f1154a3423428d14c08d46edc1"),
        ("12345678-5", "479d7b65a5c29b07fca0149d90f4ea8c4db1756e83af682954ef1cf8cf72965b"),
        ("jos\u00e9@example.cl", "bc305dbcb74221b07f097c70dc99b0418670d5fc07e8aef5adb47a5131f75d54"),
        ("620", "d6ff53a2b7f6f0baaf1c49473df3368f8ae5a6fd53f2d349fd1dc93bc8136f4d"),
        ("current_user.email", "ad86bb13364e8b9ffbdd16f7091ee9d68ff87557cdba48f6423e64aed5da8c11"),
    ],
)
def test_the_right_hash_is_the_documented_one(uid: str, right: str) -> None:
    assert client_hash(KEY, uid) == right


def test_catalogue_and_table_name_the_same_forgeries() -> None:
    special = {"length-extension", "twice-in-json", "fresh-uid", "known-uid", "flipped"}
    cases = {case.name: case for case in catalogue.load()["IDV-03"].cases}
    assert cases.keys() - special == forgeries().keys()
    shown = {name for name, case in cases.items() if case.level == "may"}
    assert shown == {name for name, row in forgeries().items() if row.kind == "shown"}


@pytest.mark.parametrize("name", forgeries())
def test_every_forgery_can_be_built_and_is_not_right(name: str) -> None:
    values = forgeries()[name].forged(GROUND)
    assert values
    assert GROUND.right not in values


def test_what_equals_the_right_hash_is_no_forgery() -> None:
    assert forgeries()["key-undefined"].forged(Ground("undefined", "620")) == []
    assert forgeries()["sample"].forged(Ground(KEY, "current_user.email")) == []
    assert forgeries()["key-empty"].forged(Ground("\0" * 9, "620")) == []  # HMAC pads a key with NULs


@pytest.mark.parametrize("bit", [0, 1, 7, 8, 31, 255])
def test_a_flipped_bit_is_one_bit_away(bit: int) -> None:
    difference = int(flipped(GROUND.right, (bit,)), 16) ^ int(GROUND.right, 16)
    assert difference == 1 << (255 - bit)


def test_macs_are_those_of_the_standard_library() -> None:
    def mac(key: str, message: str, algorithm: str) -> str:
        return hmac.new(key.encode(), message.encode(), algorithm).hexdigest()

    assert forgeries()["sha1"].forged(GROUND) == [mac(KEY, GROUND.uid, "sha1")]
    assert forgeries()["sha512-cut"].forged(GROUND) == [mac(KEY, GROUND.uid, "sha512")[:64]]
    assert forgeries()["swapped"].forged(GROUND) == [mac(GROUND.uid, KEY, "sha256")]
    assert forgeries()["previous-secret"].forged(GROUND) == [mac("the secret before", GROUND.uid, "sha256")]


@pytest.mark.parametrize("length", [0, 1, 54, 55, 56, 63, 64, 119, 120, 200])
def test_sha256_is_continued_without_its_message(length: int) -> None:
    message = bytes(n % 251 for n in range(length))
    digest = hashlib.sha256(message).digest()
    whole = message + length_extension.padding(length) + b"more" * 30
    assert length_extension.extend(digest, length, b"more" * 30) == hashlib.sha256(whole).digest()


def test_an_extended_uid_fits_its_hash() -> None:
    uid, signature = extended(GROUND)
    assert hashlib.sha256(KEY.encode() + uid.encode("latin-1")).hexdigest() == signature
    assert uid.startswith(GROUND.uid)


@pytest.mark.parametrize(
    ("name", "uid", "changed"),
    [
        ("case", "a@example.org", "A@EXAMPLE.ORG"),
        ("case", "620", None),
        ("unicode-form", "jos\u00e9", "jose\u0301"),
        ("unicode-form", "jose\u0301", "jos\u00e9"),
        ("unicode-form", "jose", None),
        ("full-width", "620", "\uff16\uff12\uff10"),
        ("mail-tag", "a@example.org", "a+b@example.org"),
        ("mail-tag", "a+c@example.org", None),
        ("mail-tag", "620", None),
        ("rut-form", "12.345.678-5", "12345678-5"),
        ("rut-form", "12345678-5", "12.345.678-5"),
        ("rut-form", "1.234.567-K", "1234567-K"),
        ("rut-form", "620", None),
        ("rut-form", "620-5", None),
        ("decimal", "620", "620.0"),
        ("decimal", "0620", None),
        ("decimal-number", "620", "620.0"),
        ("leading-zero", "620", "0620"),
        ("nul", "620", "620\0b"),
    ],
)
def test_spellings_differ_only_where_they_can(name: str, uid: str, changed: str | None) -> None:
    variant = next(variant for variant in uid_variants.VARIANTS if variant.name == name)
    assert variant.make(uid) == changed


def test_a_fresh_uid_looks_like_a_declared_one() -> None:
    assert uid_variants.fresh("a@example.org", "0f") == "a.0f@example.org"
    assert uid_variants.fresh("620", "0f") == "62015"


def test_braces_in_a_row_s_text_are_shown_in_every_language() -> None:
    text = forgeries()["type-object"].text
    assert text == '{"a": "<the right hash>"} in place of a hash'
    assert text.within(tongue("es")) == '{"a": "<el hash correcto>"} en lugar de un hash'
