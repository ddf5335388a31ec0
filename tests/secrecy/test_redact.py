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
from conformance.secrecy.spellings import is_ordinary, views
from conformance.sentence import Own, say
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


ESCAPES: dict[str, Callable[[str], str]] = {
    "as-it-is": lambda char: char,
    "json": lambda char: f"\\u{ord(char):04x}",
    "json-capitals": lambda char: f"\\u{ord(char):04X}",
    "dotnet-in-json-in-json": lambda char: f"\\\\u{ord(char):04X}",
    "javascript": lambda char: f"\\x{ord(char):02x}" if ord(char) < 128 else char,
    "rust": lambda char: f"\\u{{{ord(char):04x}}}",
    "html": lambda char: f"&#{ord(char)};",
    "html-hex": lambda char: f"&#x{ord(char):X};",
    "html-padded": lambda char: f"&#{ord(char):05};",
    "html-in-html": lambda char: f"&amp;#{ord(char)};",
    "percent": lambda char: "".join(f"%{byte:02X}" for byte in char.encode()),
    "percent-twice": lambda char: "".join(f"%25{byte:02x}" for byte in char.encode()),
    "backslash": lambda char: f"\\{char}" if char in "/\\\"'" else char,
}
KEY = "h7+Kp/Zq9v=Lm&2R\"t8<Wx'4Y\\ñ"


@pytest.mark.parametrize("how", ESCAPES)
def test_every_escape_of_every_character_is_undone(how: str) -> None:
    redactor = Redactor([Secret("CANARY", KEY)])
    escape = ESCAPES[how]
    for spelt in ("".join(map(escape, KEY)), "".join(c if c.isalnum() else escape(c) for c in KEY)):
        assert redactor.leaks(f'{{"echo": "{spelt}"}}')
        assert redactor.text(f'{{"echo": "{spelt}"}}') == '{"echo": "«secret:CANARY»"}'


@given(st.lists(st.sampled_from(sorted(ESCAPES)), min_size=len(KEY), max_size=len(KEY)))
def test_any_mixture_of_escapes_is_undone(ways: list[str]) -> None:
    spelt = "".join(ESCAPES[how](char) for how, char in zip(ways, KEY, strict=True))
    redactor = Redactor([Secret("CANARY", KEY)])
    assert redactor.leaks(spelt)
    shown = redactor.text(f"a {spelt} b")
    assert not any(KEY[at : at + 9] in view.text for view in views(shown) for at in range(len(KEY) - 8))


@given(st.text(max_size=200))
def test_what_holds_no_secret_stays_as_it_is(text: str) -> None:
    redactor = Redactor([Secret("CANARY", KEY)])
    assert redactor.text(text) == text


@pytest.mark.parametrize(
    "spelt",
    [
        base64.b64encode(base64.b64encode(KEY.encode())).decode(),
        base64.b64encode(b"x: " + base64.b64encode(KEY.encode()) + b"\n").decode(),
        base64.b64encode(base64.urlsafe_b64encode((KEY + "\xff\xff").encode())).decode(),
        KEY.encode().hex("-"),
        KEY.encode().hex(" ").upper(),
        ", ".join(f"0x{byte:02X}" for byte in KEY.encode()),
    ],
)
def test_codings_of_codings_are_found(spelt: str) -> None:
    redactor = Redactor([Secret("CANARY", KEY)])
    assert redactor.leaks(f"<{spelt}>")
    assert "«secret:CANARY»" in redactor.text(f"<{spelt}>")


def test_escapes_without_end_are_undone_in_one_pass() -> None:
    redactor = Redactor([Secret("CANARY", KEY)])
    for text in ("\\u0041" * 20_000, "%25" * 40_000, "&" * 100_000, "\\" * 100_000, "&amp;" * 20_000, "&#" * 50_000):
        assert redactor.text(text) == text


@pytest.mark.parametrize("token", ["inconclusive", "not-applicable", "conformant", "Administrator", "PASS"])
def test_words_are_ordinary(token: str) -> None:
    assert is_ordinary(token)


@pytest.mark.parametrize(
    "token", ["eyJhbGciOiJub25lIn0", "4f1a9c", "a" * 32, "tok_live_8f3k2j", "good-token", "administrators-token"]
)
def test_tokens_are_not(token: str) -> None:
    assert not is_ordinary(token)


def test_a_template_keeps_its_words_where_the_secret_is_one() -> None:
    redactor = Redactor([Secret("CANARY", "inconclusive")])
    said = say("the case is inconclusive: {words}", words=Own("it echoes inconclusive"))
    assert redactor.sentence(said) == "the case is inconclusive: it echoes «secret:CANARY»"
    assert redactor.tree({"verdict": "inconclusive"}, words=False) == {"verdict": "inconclusive"}


@pytest.mark.parametrize("half", [chr(0xD800), chr(0xDFFF), chr(0xDC80)])
def test_a_secret_with_half_a_character_is_one(half: str) -> None:
    redactor = Redactor([Secret("CANARY", f"kX7qpZ{half}w2n9Rb4v8Lm0s")])
    assert redactor.text(f"<kX7qpZ{half}w2n9Rb4v8Lm0s>") == "<«secret:CANARY»>"


@pytest.mark.parametrize("at", [0, 65_530, 65_536, 73_700, 131_060, 200_000])
def test_a_leak_is_found_wherever_it_stands_in_a_long_file(at: int) -> None:
    redactor = Redactor([Secret("CANARY", KEY)])
    spelt = "".join(ESCAPES["percent-twice"](char) for char in KEY)
    text = "x" * at + spelt + "y" * 70_000
    assert redactor.leaks(text)
    assert not redactor.leaks(text.replace(spelt, ""))
