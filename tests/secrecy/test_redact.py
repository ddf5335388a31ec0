"""No form of a secret survives the redactor, and no ordinary text is mistaken for one."""

from __future__ import annotations

import base64
import html
import json
import random
import string
import urllib.parse
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.secrecy.redact import Redactor
from conformance.secrecy.secret import Secret
from reference_server.pki import Authority, LeafSpec

TOKEN = "kX7-qp/Z+w2'T\"&n<9é Rb4_v8Lm0s"
PLAIN = "q7VwX2Lk9ZtR4bNmP1cD8sFgH3jY6uAe"
BASIC = base64.b64encode(b"admin:" + PLAIN.encode()).decode()

ENCODINGS: dict[str, Callable[[str], str]] = {
    "raw": str,
    "percent": lambda s: urllib.parse.quote(s, safe=""),
    "percent, lower case": lambda s: urllib.parse.quote(s, safe="").lower(),
    "percent, slashes kept": urllib.parse.quote,
    "plus": urllib.parse.quote_plus,
    "percent, every byte": lambda s: "".join(f"%{b:02X}" for b in s.encode()),
    "hex": lambda s: s.encode().hex(),
    "HEX": lambda s: s.encode().hex().upper(),
    "hex, colons": lambda s: s.encode().hex(":"),
    "json": json.dumps,
    "json, unicode kept": lambda s: json.dumps(s, ensure_ascii=False),
    "json twice": lambda s: json.dumps(json.dumps(s)),
    "repr": repr,
    "repr of bytes": lambda s: repr(s.encode()),
    "repr inside quotes": lambda s: repr("\"'" + s),
    "html": html.escape,
    "html, numeric": lambda s: html.escape(s).replace("&quot;", "&#34;").replace("&#x27;", "&#39;"),
    "html of json": lambda s: html.escape(json.dumps(s)),
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64, off by one": lambda s: base64.b64encode(b"x" + s.encode() + b"yz").decode(),
    "base64, off by two": lambda s: base64.b64encode(b"xy" + s.encode() + b"z").decode(),
    "base64url": lambda s: base64.urlsafe_b64encode(b"x" + s.encode()).decode(),
}


def longest_run(text: str, spelt: str) -> int:
    """Return the length of the longest piece of `spelt` that is left in `text`."""
    sizes = range(len(spelt), 0, -1)
    return next((n for n in sizes if any(spelt[i : i + n] in text for i in range(len(spelt) - n + 1))), 0)


@pytest.mark.parametrize("secret", [TOKEN, PLAIN, "s3cr3t!!"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_goes(encoding: str, secret: str) -> None:
    redactor = Redactor([Secret("CANARY", secret)])
    page = f"before {ENCODINGS[encoding](secret)} after"
    clean = redactor.text(page)
    assert redactor.leaks(page)
    assert clean.startswith("before ")
    assert clean.endswith(" after")
    assert "«secret:CANARY»" in clean
    assert longest_run(clean, ENCODINGS[encoding](secret)) < 8


def test_base64_wrapped_in_the_middle_of_the_secret_goes() -> None:
    wrapped = base64.encodebytes(b"." * 40 + PLAIN.encode()).decode()
    clean = Redactor([Secret("CANARY", PLAIN)]).text(wrapped)
    assert clean.count("«secret:CANARY»") == 2
    assert base64.b64decode(clean.partition("«")[0] + "==") == b"." * 40


@given(st.text(min_size=8, max_size=40).filter(lambda s: len(set(s)) >= 8 and len(s.split()) == 1))
def test_whole_secret_never_stays(secret: str) -> None:
    redactor = Redactor([Secret("CANARY", secret)])
    for encode in (str, json.dumps, repr, html.escape, lambda s: s.encode().hex()):
        assert encode(secret) not in redactor.text(f"<{encode(secret)}>")


@pytest.mark.parametrize("kept", [8, 11, 20, 31])
def test_cut_forms_go_whole(kept: int) -> None:
    redactor = Redactor([Secret("CANARY", PLAIN)])
    shortened = f"assert '{PLAIN[:kept]}...{PLAIN[-kept:]}' == 'x'"
    assert redactor.text(shortened) == "assert '«secret:CANARY»...«secret:CANARY»' == 'x'"


@pytest.mark.parametrize("secret", ["supersecretpassword", "correct horse battery staple", "administrator-1"])
def test_cut_forms_of_words_count_beside_an_ellipsis_only(secret: str) -> None:
    redactor = Redactor([Secret("CANARY", secret)])
    prose = "the password of the administrator is correct; supersede it"
    assert redactor.text(prose) == prose
    assert not redactor.leaks(prose)
    assert secret[:9] not in redactor.text(f"'{secret[:9]}...'")
    assert redactor.text(f"<{secret}>") == "<«secret:CANARY»>"


def test_ordinary_word_goes_where_it_stands_alone_and_is_not_held_against_prose() -> None:
    redactor = Redactor([Secret("CANARY", "administrator")])
    assert redactor.text('user="Administrator", for administrators') == 'user="«secret:CANARY»", for administrators'
    assert redactor.tree({"administrator": "administrator"}) == {"administrator": "«secret:CANARY»"}
    assert not redactor.leaks("only an administrator may do so")


def test_private_key_goes_line_by_line_and_certificates_stay() -> None:
    authority = Authority()
    leaf = authority.issue(LeafSpec(key="rsa-2048"))
    redactor = Redactor([Secret("client.pem", (leaf.chain_pem + leaf.key_pem).decode())])
    key = leaf.key_pem.decode()
    assert redactor.text(authority.pem.decode()) == authority.pem.decode()
    assert leaf.chain_pem.decode().splitlines()[1] in redactor.text(leaf.chain_pem.decode())
    assert redactor.text("-----BEGIN PRIVATE KEY-----") == "-----BEGIN PRIVATE KEY-----"
    for shown in (key, repr(key), json.dumps(key), key.splitlines()[3], base64.b64encode(key.encode()).decode()):
        clean = redactor.text(shown)
        assert "«secret:client.pem»" in clean
        assert all(line not in clean for line in shown.splitlines()[1:-1])
    assert all(line not in redactor.text(key.replace("\n", "")) for line in key.splitlines()[1:-2])


def test_scheme_is_told_from_the_token() -> None:
    redactor = Redactor([Secret("API", "Bearer " + PLAIN)])
    assert redactor.text(f"Authorization: Bearer {PLAIN}") == "Authorization: Bearer «secret:API»"
    assert redactor.text("the bearer authenticates") == "the bearer authenticates"


def test_cookie_values_go_without_their_names() -> None:
    redactor = Redactor([Secret("COOKIE", f"sid={PLAIN}; theme=darkblue")])
    assert redactor.text(f"<i>{PLAIN}</i> darkblue") == "<i>«secret:COOKIE»</i> darkblue"


def test_password_goes_inside_basic_authentication() -> None:
    redactor = Redactor([Secret("CANARY", PLAIN)])
    assert redactor.leaks(f"Authorization: Basic {BASIC}")
    assert BASIC[12:-4] not in redactor.text(BASIC)


def test_random_text_is_left_alone() -> None:
    letters = random.Random(7)
    text = "".join(letters.choices(string.printable, k=50_000))
    redactor = Redactor([Secret("A", TOKEN), Secret("B", PLAIN)])
    assert redactor.text(text) == text


def test_letters_that_grow_in_lower_case_shift_nothing() -> None:
    redactor = Redactor([Secret("CANARY", PLAIN)])
    assert redactor.text(f"İİİ {PLAIN.upper()} İ") == "İİİ «secret:CANARY» İ"


def test_redacting_twice_changes_nothing() -> None:
    redactor = Redactor([Secret("PORTERO_SECRET_1", "PORTERO_SECRET_1")])
    once = redactor.text("x PORTERO_SECRET_1 y")
    assert once == "x «secret:PORTERO_SECRET_1» y"
    assert redactor.text(once) == once
    assert not redactor.leaks(once)


def test_tree_reaches_keys_and_depths() -> None:
    redactor = Redactor([Secret("CANARY", PLAIN)])
    assert redactor.tree({PLAIN: [1, None, (PLAIN, {"k": True})]}) == {
        "«secret:CANARY»": [1, None, ["«secret:CANARY»", {"k": True}]]
    }


def test_learnt_later_counts_from_then_on() -> None:
    redactor = Redactor()
    assert redactor.text(PLAIN) == PLAIN
    redactor.learn(Secret("session", PLAIN))
    assert redactor.text(PLAIN) == "«secret:session»"
