"""How much of what HTTPS serves comes back in the clear is measured by what a reader would see."""

from __future__ import annotations

import time

import pytest

from conformance.areas.acc.plain import SHOWN, compare, shared
from conformance.web.answer import MAX_BODY
from conformance.web.exchange import Exchange

HEAD = '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Acme Gateway</title></head><body>'
PAGE = HEAD + "<h1>Sign in</h1><p>Use the account that your administrator gave you.</p><script>var a = 1;</script>"


@pytest.mark.parametrize(
    ("served", "seen", "least", "most"),
    [
        (PAGE, PAGE, 1.0, 1.0),
        (PAGE, PAGE.replace("var a = 1", "var a = 2"), 1.0, 1.0),
        (PAGE, HEAD + "<h1>Not found</h1><p>There is no such page.</p>", 0.0, 0.0),
        (PAGE, HEAD + "<h1>Error</h1><p>Use https. Your administrator gave you the address.</p>", 0.0, 0.4),
        (PAGE, "<h1>403</h1>" + PAGE.removeprefix(HEAD), 1.0, 1.0),
        ("ok", "ok\n", 1.0, 1.0),
        ("ok", "that is not ok", 0.0, 0.0),
        ("", "", 0.0, 0.0),
        ('{"health": {"status": "up", "since": 7}}', '{"health":{"status":"up","since":7}}', 1.0, 1.0),
        ('{"health": {"status": "up", "since": 7}}', '{"errors": [{"title": "Use HTTPS"}]}', 0.0, 0.0),
    ],
    ids=[
        "same",
        "other-script",
        "brand",
        "some-words",
        "other-status",
        "short",
        "within",
        "none",
        "json",
        "other-json",
    ],
)
def test_shared(served: str, seen: str, least: float, most: float) -> None:
    assert least <= shared(served, seen) <= most


@pytest.mark.parametrize("bait", ["word ", "<script ", "<!--", "<", "<input ", "a b c d "])
def test_hostile_pages_are_measured_in_good_time(bait: str) -> None:
    body = bait * (MAX_BODY // len(bait))
    begun = time.monotonic()
    compare(Exchange("GET", "http://a/", 403, body=body), Exchange("GET", "https://a/", 200, body=body + "x"))
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("body", "asks"),
    [
        ('<INPUT id=a TYPE = "Password">', True),
        ("<input type=password>", True),
        ("<p>forgot your password? <input type=text></p>", False),
    ],
)
def test_password_fields_are_found(body: str, asks: bool) -> None:
    plain, https = Exchange("GET", "http://a/", 403, body=body), Exchange("GET", "https://a/", 200)
    assert compare(plain, https).password_field is asks


def test_the_record_keeps_the_beginning_only() -> None:
    long = Exchange("GET", "http://a/", 200, body="x y z " * 2000)
    look = compare(long, long)
    assert (len(look.exchange.body), look.shared, look.same_body) == (SHOWN, 1.0, True)
