from __future__ import annotations

import gzip
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from conformance.areas.idv.client import IdentityClient
from conformance.areas.idv.forgery import client_hash
from conformance.areas.idv.pages import look_at_pages
from conformance.model import Outcome
from reference_server import Gateway
from reference_server.http import Request, Response
from tests.arena import Outcomes, SteppingClock, assess

Serve = Callable[[Request], Response]


def look(change: Callable[[Gateway], object], **declared: Any) -> tuple[Outcomes, list[dict[str, Any]]]:
    """Look at the pages only, of a site that `change` has changed."""
    gateway = Gateway()
    change(gateway)
    with gateway:
        document = gateway.document()
        document["consent"] = "read"
        document["identity"].update(declared)
        outcomes = assess(document, gateway.environ, areas=["idv"], clock=SteppingClock())
    return outcomes, outcomes.observations["identity/0"]["pages"]


def serving(answer: Callable[[Request, Serve, str], Response]) -> Callable[[Gateway], None]:
    """Let the site answer with `answer(request, as it would, the organisation's secret)`."""

    def change(gateway: Gateway) -> None:
        usual, secret = gateway.site.serve, gateway.environ["PORTERO_IDENTITY_SECRET"]
        gateway.site.serve = lambda request: answer(request, usual, secret)

    return change


def test_nobody_gets_no_hash_and_the_client_the_right_one() -> None:
    outcomes, (nobody, client) = look(lambda _: None)
    assert (nobody["hash"], client["hash"]) == ("none", "right")
    assert client["scripts"][0].endswith("/assets/widget.js")
    assert client["foreign_scripts"] == ["https://widget.example/loader.js"]
    assert outcomes.verdicts["IDV-07"].outcome is Outcome.PASS


@pytest.mark.parametrize("packed", [False, True])
def test_long_scripts_are_read_to_their_end_packed_or_not(packed: bool) -> None:
    def long(request: Request, usual: Serve, secret: str) -> Response:
        if request.path != "/assets/widget.js":
            return usual(request)
        body = b"//" + b" " * (1 << 20) + secret.encode()
        return Response(200, [("Content-Encoding", "gzip")], gzip.compress(body)) if packed else Response(200, [], body)

    outcomes, pages = look(serving(long))
    assert outcomes.verdicts["IDV-06/pages"].outcome is Outcome.FAIL
    assert not pages[0]["unread"]


def test_a_script_without_end_is_not_free_of_the_secret() -> None:
    def endless(request: Request, usual: Serve, _: str) -> Response:
        return Response(200, [], b" " * (9 << 20)) if request.path == "/assets/widget.js" else usual(request)

    assert "KiB were read" in look(serving(endless))[0].inconclusive["IDV-06/pages"]


def test_what_there_is_no_room_for_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.areas.idv.pages.MOST_TEXT", 256 << 10)

    def large(request: Request, usual: Serve, _: str) -> Response:
        if request.path == "/":
            return Response.html("".join(f"<script src='/{name}.js'></script>" for name in "abc"))
        return Response(200, [], b" " * (100 << 10)) if request.path.endswith(".js") else usual(request)

    outcomes, pages = look(serving(large))
    assert "c.js: only its first 55 KiB were read" in pages[0]["unread"][0]
    assert len(pages[0]["unread"]) == 1
    for case in ("IDV-06/pages", "IDV-09/site-page/page-1"):
        assert "only its first" in outcomes.inconclusive[case]
    assert outcomes.verdicts["IDV-09/signed-in/page-1"].outcome is Outcome.PASS


@pytest.mark.parametrize("script", ["<script>a()</script>", "<script src='//other.example/a.js'></script>"])
def test_scripts_beyond_number_are_named(script: str) -> None:
    outcomes, pages = look(serving(lambda *_: Response.html(script * 1003)), signed_in_pages=[])
    assert pages[0]["unread"] == ["3 more scripts"]
    assert "3 more scripts" in outcomes.inconclusive["IDV-06/pages"]


@pytest.mark.parametrize("charset", ["punycode", "IDNA", "unicode_escape", "utf7"])
def test_a_charset_that_no_browser_knows_is_not_read(charset: str) -> None:
    def coded(request: Request, usual: Serve, _: str) -> Response:
        if request.path != "/":
            return usual(request)
        return Response(200, [("Content-Type", f"text/html; charset={charset}")], b"<p>a-b</p>")

    outcomes, _ = look(serving(coded))
    assert "its charset is unknown to browsers" in outcomes.inconclusive["IDV-06/pages"]
    assert outcomes.verdicts["IDV-09/signed-in/page-1"].outcome is Outcome.PASS


def test_pages_leave_half_of_the_time_to_what_comes_after_them() -> None:
    identity = SimpleNamespace(site_pages=["https://site.example/"], signed_in_pages=[])
    late = SimpleNamespace(identity=identity, bench=SimpleNamespace(vault={}, left=lambda: -2.0))
    (page,) = look_at_pages(cast("IdentityClient", late))
    assert page.trouble == "the pages before it took too long"


def test_redirects_are_followed_within_the_site() -> None:
    def moved(request: Request, usual: Serve, _: str) -> Response:
        return Response(302, [("Location", "/home")]) if request.path == "/" else Response.html(f"at {request.path}")

    outcomes, pages = look(serving(moved))
    assert pages[0]["status"] == 200
    assert outcomes.verdicts["IDV-06/pages"].outcome is Outcome.PASS


@pytest.mark.parametrize("location", ["https://login.example/", "/"])
def test_a_page_that_leads_elsewhere_or_nowhere_was_not_read(location: str) -> None:
    outcomes, pages = look(serving(lambda *_: Response(302, [("Location", location)])))
    assert pages[0]["status"] == 302
    assert "could not be read" in outcomes.inconclusive["IDV-06/pages"]


def test_a_script_that_cannot_be_read_is_not_free_of_the_secret() -> None:
    def failing(status: int) -> Callable[[Gateway], None]:
        return serving(lambda request, usual, _: Response(status) if request.path.endswith(".js") else usual(request))

    assert look(failing(404))[0].verdicts["IDV-06/pages"].outcome is Outcome.PASS
    assert "status 403" in look(failing(403))[0].inconclusive["IDV-06/pages"]


@pytest.mark.parametrize(
    "page",
    [
        "<div data-settings='{{&quot;client_hash&quot;:&quot;{hash}&quot;}}'></div>",
        '<chat-widget data-client-hash="{hash}"></chat-widget>',
        "<script>settings({{clientHash: '{hash}'}})</script>",
    ],
)
def test_a_hash_is_seen_however_the_page_hands_it_over(page: str) -> None:
    html = page.format(hash=client_hash("some key", "x"))
    outcomes, pages = look(serving(lambda *_: Response.html(html)), signed_in_pages=[])
    assert [page["hash"] for page in pages] == ["some"]
    assert outcomes.verdicts["IDV-07"].outcome is Outcome.PASS


def test_the_secret_is_seen_in_headers_and_in_character_references() -> None:
    def told(_request: Request, _usual: Serve, secret: str) -> Response:
        coded = "".join(f"&#{ord(character)};" for character in secret)
        return Response(200, [("Content-Type", "text/html"), ("X-Key", secret)], f"<!-- {coded} -->".encode())

    _, pages = look(serving(told), signed_in_pages=[])
    assert [place.rpartition("/")[2] for place in pages[0]["secret_in"]] == [
        ": as it stands",
        " (headers): as it stands",
    ]


def test_a_hash_in_a_page_for_nobody_is_seen_but_not_taken_for_right() -> None:
    html = f"<script>settings({{client_hash: '{client_hash('some other key', 'x')}'}})</script>"
    _, pages = look(serving(lambda *_: Response.html(html)), signed_in_pages=[])
    assert [page["hash"] for page in pages] == ["some"]


def test_the_cookie_of_an_ended_session_settles_nothing() -> None:
    def ended(request: Request, usual: Serve, _: str) -> Response:
        return usual(Request(request.method, request.path, (), request.body, secure=request.secure))

    outcomes, pages = look(serving(ended))
    assert pages[1]["landed"].endswith("/")
    assert "the session seems to have ended; renew" in outcomes.inconclusive["IDV-09/signed-in/page-1"]
    assert not {case for case, v in outcomes.verdicts.items() if case.startswith("IDV-09")}


def test_the_page_may_be_the_call_that_answers_with_the_hash() -> None:
    def call(request: Request, usual: Serve, secret: str) -> Response:
        if request.path != "/account":
            return usual(request)
        signed = {"client_hash": client_hash(secret, "portero.test@example.org")}
        return Response.json(signed if request.header("Cookie") else {})

    outcomes, pages = look(serving(call))
    assert [pages[1]["carries"], pages[1]["nobody"]["carries"]] == [["own"], []]
    assert outcomes.verdicts["IDV-09/nobody/page-1"].outcome is Outcome.PASS
