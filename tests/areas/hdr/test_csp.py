"""Policies are read as browsers read them, however long they are."""

from __future__ import annotations

import time

import pytest

from conformance.areas.hdr import csp

PAGE = "https://gateway.example:9090/"


@pytest.mark.parametrize(
    ("policy", "kinds"),
    [
        ("script-src", ""),
        ("script-src 'none'", ""),
        ("script-src 'none' 'self'", "self"),
        ("script-src https://gateway.example:9090/js/", "self"),
        ("script-src-elem 'self'; script-src *", "self"),
        ("script-src 'self'; script-src-attr 'unsafe-inline'", "handler self"),
        ("default-src *; script-src 'self'", "self"),
        ("default-src 'self' data:", "data self"),
        ("script-src 'nonce-abc' 'strict-dynamic' https: 'unsafe-inline'", ""),
        ("script-src 'self' 'SHA256-abc' 'unsafe-inline'", "self"),
        ("script-src blob: 'self'", "self"),
        ("script-src wss://gateway.example:9090", ""),
        ("script-src http://gateway.example:9090", "self"),
        ("script-src gateway.example", ""),
        ("script-src *.example", "third"),
        ("sandbox allow-scripts; script-src 'self'", "self"),
        ("sandbox ALLOW-SCRIPTS; script-src 'self'", "self"),
        (
            "script-src 'unsafe-inline' 'sha-256-abcd'",
            "handler inline",
        ),  # Chromium takes it for a hash, Firefox does not
        ("script-src 'self' https://127.0.0.1/?x", "self third"),  # so it is in Firefox
        ("img-src é; script-src 'self'", "self"),
        ("default-src 'self'; script-src é; script-src *", "self"),  # so it is in Chromium
        ("script-src 'unsafe-inline' 'sha256-abcd'", ""),
        ("script-src 'unsafe-inline' 'sha256-abc'", ""),
        ("script-src 'unsafe-inline' 'sha256-ab=='", ""),
        ("script-src 'unsafe-inline' 'sha256-abcde'", "handler inline"),  # no base64, so no hash to Chromium
        ("script-src 'unsafe-inline' 'sha256-abcd='", "handler inline"),
        ("script-src 'unsafe-inline' 'sha384-ab='", "handler inline"),
        (";;, ,script-src 'self';", "self"),
        ("script-src\t'self'\x0c'unsafe-eval'", "eval self"),
    ],
)
def test_what_a_policy_lets_run(policy: str, kinds: str) -> None:
    assert csp.scripts([policy], PAGE).kinds == set(kinds.split())


@pytest.mark.parametrize(
    ("policies", "foreign"),
    [
        (["script-src https:", "script-src cdn.example"], ("cdn.example",)),
        (["script-src http:", "script-src http://cdn.example"], ("http://cdn.example",)),
        (["script-src https:", "script-src http:"], ("https:",)),
        (["script-src *.cdn.example:*", "script-src https://a.cdn.example:8443"], ("https://a.cdn.example:8443",)),
        (["script-src *.cdn.example", "script-src https://a.cdn.example:8443"], ()),
        (["script-src http://cdn.example:443", "script-src https://cdn.example"], ("https://cdn.example",)),
        (["script-src https:", "script-src http://cdn.example/js/"], ("https://cdn.example/js/",)),
        (["script-src cdn.example/js/", "script-src cdn.example/js/a.js"], ("cdn.example/js/a.js",)),
        (["script-src cdn.example/js", "script-src cdn.example/js/a.js"], ()),
        (["script-src cdn.example:80", "script-src https://cdn.example"], ("https://cdn.example",)),  # so in Firefox
        (["script-src cdn.example:080", "script-src https://cdn.example"], ()),
        (["script-src a.example", "script-src b.example"], ()),
        (["script-src *", "script-src data:"], ()),
        (["script-src *", "img-src 'none'"], ("*",)),
    ],
)
def test_what_several_policies_let_run(policies: list[str], foreign: tuple[str, ...]) -> None:
    assert csp.scripts(policies, PAGE).foreign == foreign
    assert csp.scripts([", ".join(policies)], PAGE).foreign == foreign


def test_a_host_of_another_script_is_known_by_its_ascii_name() -> None:
    assert csp.scripts(["script-src xn--mnchen-3ya.example"], "https://München.example/").foreign == ()


def test_old_words_count_in_the_old_header_only() -> None:
    lines = ["allow 'self'; options inline-script eval-script"]
    assert csp.scripts(lines, PAGE, old=True).kinds == {"self", "inline", "handler", "eval"}
    assert not csp.scripts(lines, PAGE).restricted


@pytest.mark.parametrize(
    ("policies", "ancestors"),
    [
        ([], None),
        (["script-src 'self'"], None),
        (["frame-ancestors"], ()),
        (["frame-ancestors 'none'"], ()),
        (["frame-ancestors 'none' 'self'"], ("'self'",)),
        (["frame-ancestors *", "FRAME-ANCESTORS 'NONE'"], ()),
        (["frame-ancestors ''"], ()),
        (["frame-ancestors wss: data: blob: foo:"], ()),
        (["frame-ancestors https://a.example", "frame-ancestors https://b.example"], ()),
        (["frame-ancestors https://*.a.example", "frame-ancestors *"], ("https://*.a.example",)),
        (["frame-ancestors 'self'", "frame-ancestors https://gateway.example:9090"], ("'self'",)),
        (["frame-ancestors 'self'", "frame-ancestors https://gateway.example"], ()),
        (["frame-ancestors https://a.example/x", "frame-ancestors https://a.example/y"], ("https://a.example/x",)),
    ],
)
def test_frame_ancestors(policies: list[str], ancestors: tuple[str, ...] | None) -> None:
    found = csp.frame_ancestors(policies, PAGE)
    assert (found if found is None else tuple(source.text for source in found)) == ancestors


@pytest.mark.parametrize("bait", ["script-src a{n},", "a{n} ", "*.a{n}.b ", ";", ",", "'"])
def test_hostile_policies_are_read_in_good_time(bait: str) -> None:
    text = "script-src " + "".join(bait.format(n=n) for n in range(20_000))
    begun = time.monotonic()
    csp.scripts([text, text], PAGE)
    assert time.monotonic() - begun < 5
