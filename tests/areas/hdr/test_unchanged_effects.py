"""What the headers of a 304 do to a page that a real browser has stored."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from reference_server.http import HttpServer, Request, Response
from tests.chromium import browsing

TAG = '"one"'
Lines = dict[str, tuple[str, str]]

# One lets nothing in; the other everything: script of the page, frames, and what is no script by its type.
STRICT: Lines = {
    "/scripted": ("Content-Security-Policy", "script-src 'none'"),
    "/ancestors": ("Content-Security-Policy", "frame-ancestors 'none'"),
    "/framed": ("X-Frame-Options", "DENY"),
    "/sniffed": ("X-Content-Type-Options", "nosniff"),
}
LOOSE: Lines = {
    "/scripted": ("Content-Security-Policy", "script-src * 'unsafe-inline'"),
    "/ancestors": ("Content-Security-Policy", "frame-ancestors *"),
    "/framed": ("X-Frame-Options", "ALLOWALL"),
    "/sniffed": ("X-Content-Type-Options", "none"),
}
# Every part tells the top window that it ran; no policy keeps `evaluate` from reading what that has heard.
_TOP = """<!doctype html><script>
const seen = new Set();
addEventListener('message', event => seen.add(event.data));
</script><script src="/sniffed"></script>
<iframe src="/scripted"></iframe><iframe src="/ancestors"></iframe><iframe src="/framed"></iframe>
"""


class Stage:
    """Answers each part once with its page, and 304 to whoever asks whether that has changed."""

    def __init__(self, stored: Lines, unchanged: Lines) -> None:
        self.stored = stored
        self.unchanged = unchanged
        self.answered: list[tuple[str, int]] = []

    def answer(self, request: Request) -> Response:
        path = urlsplit(request.path).path
        if path == "/":
            return Response.html(_TOP)
        if path not in self.stored:
            return Response(404)
        told = f"top.postMessage('{path}', '*')"
        if request.header("If-None-Match") == TAG:
            response = Response(304, [self.unchanged[path]] if path in self.unchanged else [])
        else:
            response = Response.html(f"<script>{told}</script>")
            if path == "/sniffed":
                response = Response(200, [("Content-Type", "text/plain")], told.encode())
            response.headers.append(self.stored[path])
        response.headers += [("ETag", TAG), ("Cache-Control", "no-cache")]
        self.answered.append((path, response.status))
        return response


def visits(stored: Lines, unchanged: Lines) -> list[set[str]]:
    """Look twice with one browser, and return what ran at each visit."""
    stage = Stage(stored, unchanged)
    server = HttpServer(stage.answer)
    server.start()
    found = []
    try:
        with browsing() as browser:
            for _ in range(2):
                with browser.page(f"http://localhost:{server.port}/") as page:
                    found.append(set(json.loads(page.evaluate("JSON.stringify([...seen])"))))
    finally:
        server.stop()
    assert sorted(stage.answered) == sorted((path, status) for path in stored for status in (200, 304))
    return found


def test_a_looser_policy_replaces_the_stored_one() -> None:
    assert visits(STRICT, LOOSE) == [set(), {"/scripted", "/ancestors"}]


def test_a_stricter_policy_replaces_the_stored_one() -> None:
    """And Chromium keeps the other two as they were stored, which RFC 9111 does not say."""
    assert visits(LOOSE, STRICT) == [{*LOOSE}, {"/framed", "/sniffed"}]


def test_what_a_304_leaves_out_stays_in_force() -> None:
    assert visits(STRICT, {}) == [set(), set()]
