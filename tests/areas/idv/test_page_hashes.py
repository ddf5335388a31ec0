from __future__ import annotations

import base64
import html
import json

import pytest

from conformance.areas.idv.forgery import client_hash
from conformance.areas.idv.page_hashes import OTHERS, OWN, UNKNOWN, calls, carried, hands_over, readings, shows

KEY, UID, OTHER = "organisation", "josé@example.org", "12.345.678-5"
RIGHT = {uid: client_hash(KEY, uid) for uid in (UID, OTHER)}
FOREIGN = client_hash("another key", UID)
SETTINGS = json.dumps({"visitor": {"email": UID}, "client_hash": RIGHT[UID]})


def found(page: str, uid: str = UID, pointer: str = "/client_hash") -> tuple[str, ...]:
    return carried(readings(page), uid, RIGHT, pointer)


@pytest.mark.parametrize(
    "page",
    [
        f"<script>start({SETTINGS})</script>",
        f'<div data-settings="{html.escape(SETTINGS)}">',
        "".join(f"&#{ord(c)};" for c in SETTINGS),
        "".join(f"\\u{ord(c):04x}" for c in SETTINGS),
        "".join(f"\\x{byte:02x}" for byte in SETTINGS.encode("latin-1")),
        f"start(atob('{base64.b64encode(SETTINGS.encode()).decode()}'))",
        f"<iframe src='https://widget.example/?email=jos%C3%A9%40example.org&amp;client_hash={RIGHT[UID]}'>",
        f'<chat-widget data-email="{UID}" data-client-hash="{RIGHT[UID].upper()}">',
        f'<input type=hidden name="email" value="{UID}"><input name="client_hash" value="{RIGHT[UID]}">',
    ],
)
def test_client_and_hash_are_seen_however_they_are_spelt(page: str) -> None:
    assert found(page) == (OWN,)
    assert found(page, OTHER) == (OTHERS,)
    assert found(page, "") == (OTHERS,)
    assert hands_over(readings(page), UID, "/visitor/email")
    assert shows(readings(page), UID)


@pytest.mark.parametrize(
    ("page", "pointer", "whose"),
    [
        (f'{{"client_hash": "{FOREIGN}"}}', "/client_hash", (UNKNOWN,)),
        (f'{{"userHash": "{FOREIGN}"}}', "/user_hash", (UNKNOWN,)),
        (f'{{"user_hash": "{FOREIGN}"}}', "/visitor/userHash", (UNKNOWN,)),
        (
            f"client_hash: '{base64.b64encode(bytes.fromhex(RIGHT[UID])).decode()}'",
            "/client_hash",
            (UNKNOWN,),
        ),
        (f"client_hash: '{RIGHT[UID]}', other: {{client_hash: '{FOREIGN}'}}", "/client_hash", (OWN, UNKNOWN)),
        (f'{{"build_hash": "{FOREIGN}", "client_hash": null}}', "/client_hash", ()),
        ("messenger.settings({client_hash: window.clientHashOfTheCustomerWhoIsSignedInNow})", "/client_hash", ()),
        ("client_hash: '', visitor: {}", "/client_hash", ()),
    ],
)
def test_only_a_digest_under_the_name_is_an_unknown_hash(page: str, pointer: str, whose: tuple[str, ...]) -> None:
    assert found(page, pointer=pointer) == whose


def test_a_short_uid_is_told_from_other_numbers_by_its_name_only() -> None:
    assert not shows("<p style='width: 620px'>620 results</p>", "620")
    assert hands_over('{"email": "620"}', "620", "/visitor/email")
    assert not hands_over('{"email": "6201"}', "620", "/visitor/email")


@pytest.mark.parametrize(
    ("script", "read", "more"),
    [
        ("fetch('/api/chat').then(use)", ("/api/chat",), False),
        ('fetch("/api/chat", {credentials: "same-origin", method: "GET"})', ("/api/chat",), False),
        ("const r = new XMLHttpRequest(); r.open('GET', '/me'); r.send()", ("/me",), False),
        ("axios.get('/a'); $.getJSON('/b', f)", ("/a", "/b"), False),
        ("fetch('/session', {method: 'DELETE'})", (), True),
        ("fetch('/logout')", (), True),
        ("fetch(`/u/${id}`)", (), True),
        ("fetch(url)", (), True),
        ("start(settings)", (), False),
    ],
)
def test_plain_reads_are_followed_and_nothing_else(script: str, read: tuple[str, ...], more: bool) -> None:
    assert calls(script) == (read, more)
