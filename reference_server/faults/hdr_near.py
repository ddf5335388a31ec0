"""Near misses of the protective headers: odd spellings and set-ups that are right."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING

from ..http import Request, Response
from ..web import page, redirect
from . import near_miss
from .hdr import FRAMES, OLD, SNIFFING, STANDARD, TRANSPORT, XSS, on_304

if TYPE_CHECKING:
    from ..gateway import Gateway


@near_miss()
def headers_in_another_case(gateway: Gateway) -> None:
    """Is right: names and words compare without case."""
    gateway.web.admin.headers = [(name.upper(), value.upper()) for name, value in gateway.web.admin.headers]


@near_miss()
def a_folded_line(gateway: Gateway) -> None:
    """Is right: a value goes on in the next line, as HTTP once allowed."""
    gateway.web.admin.replace(OLD, "default-src 'self';\r\n script-src 'self'")


@near_miss()
def more_headers_than_asked_for(gateway: Gateway) -> None:
    """Is right: other headers of the kind do no harm, nor does the short name beside the real one."""
    gateway.web.admin.headers += [
        ("Referrer-Policy", "no-referrer"),
        ("Permissions-Policy", "camera=()"),
        ("X-XSS", "1"),
        ("X-Permitted-Cross-Domain-Policies", "none"),
        (f"{STANDARD}-Report-Only", "script-src 'none'"),
    ]


@near_miss()
def strict_transport_with_quotes(gateway: Gateway) -> None:
    """Is right: a quoted number, spaces, a stray semicolon and words that browsers do not know."""
    gateway.web.admin.replace(TRANSPORT, 'includeSubDomains ; max-age = "63072000"; preload; x=y;')


@near_miss()
def xss_protection_without_mode(gateway: Gateway) -> None:
    """Is right: 1 alone switches the filter on."""
    gateway.web.admin.replace(XSS, "1")


@near_miss()
def the_same_line_twice(gateway: Gateway) -> None:
    """Is right: application and proxy say the same, in their own spelling."""
    gateway.web.admin.replace(FRAMES, "DENY", "deny")
    gateway.web.admin.replace(SNIFFING, "nosniff", "nosniff")
    gateway.web.admin.replace(XSS, "1; mode=block", "1;mode=block")
    gateway.web.admin.replace(TRANSPORT, "max-age=63072000; includeSubDomains", "includeSubDomains;max-age=63072000")


@near_miss()
def policy_split_over_lines(gateway: Gateway) -> None:
    """Is right: each line is a policy of its own, and what all of them allow is what runs."""
    for name in (OLD, STANDARD):
        gateway.web.admin.replace(name, "script-src *, script-src 'self'", "default-src 'self' 'unsafe-inline'")


@near_miss()
def policy_that_starts_from_nothing(gateway: Gateway) -> None:
    """Is right: nothing is allowed but what is named, and the host stands by its name."""
    for name in (OLD, STANDARD):
        gateway.web.admin.replace(name, "default-src 'none'; script-src https://localhost:8443 'self'")


@near_miss()
def policy_of_the_first_drafts(gateway: Gateway) -> None:
    """Is right: the documented header speaks the language of its time."""
    gateway.web.admin.replace(OLD, "allow 'self'")


@near_miss()
def inline_scripts_with_nonces(gateway: Gateway) -> None:
    """Is right: a nonce names each inline script, and cancels 'unsafe-inline' for browsers that know nonces."""
    for name in (OLD, STANDARD):
        gateway.web.admin.replace(name, "script-src 'self' 'unsafe-inline' 'nonce-c29tZXRoaW5n'")


@near_miss()
def no_script_at_all(gateway: Gateway) -> None:
    """Is right: a page without script needs none to be let through."""
    for name in (OLD, STANDARD):
        gateway.web.admin.replace(name, "default-src 'none'; frame-ancestors 'none'")


@near_miss()
def home_redirects_to_the_login(gateway: Gateway) -> None:
    """Is right: the first page sends visitors to the login, which is the page to judge."""
    gateway.web.admin.pages["/"] = lambda _: redirect("/login")


@near_miss()
def a_proxy_asks_for_a_login(gateway: Gateway) -> None:
    """Is right: the proxy before the administration refuses strangers in its own words; the page behind is declared."""
    login = "Basic cG9ydGVybzpub3QtdGhlLXJlYWwtb25l"
    gateway.environ["PORTERO_PAGES_LOGIN"] = login
    gateway.declared.setdefault("webapp", {})["page_headers"] = {"Authorization": "env:PORTERO_PAGES_LOGIN"}
    serve = gateway.web.admin.answer

    def answer(request: Request) -> Response:
        if request.header("Authorization") == login:
            return serve(request)
        return Response(HTTPStatus.UNAUTHORIZED, [("WWW-Authenticate", 'Basic realm="administration"'), (XSS, "0")])

    gateway.web.admin.answer = answer  # type: ignore[method-assign]


@near_miss()
def head_is_answered_without_the_headers(gateway: Gateway) -> None:
    """Is right: HEAD is answered by another handler, and no browser shows what it brings."""
    gateway.web.admin.headers_for = lambda request, _: [] if request.method == "HEAD" else gateway.web.admin.headers


@near_miss()
def sources_that_let_no_script_in(gateway: Gateway) -> None:
    """Is right: sockets, and schemes that no script comes by, are nobody's domain."""
    for name in (OLD, STANDARD):
        gateway.web.admin.replace(name, "default-src 'self' wss: blob: mailto: custom:; frame-ancestors 'none'")


@near_miss()
def frame_ancestors_that_nobody_is(gateway: Gateway) -> None:
    """Is right: who may frame the page has to be let in by each of two policies, and nobody is."""
    policies = (f"script-src 'self'; frame-ancestors https://{name}.example" for name in ("a", "b"))
    gateway.web.admin.replace(STANDARD, *policies, "frame-ancestors '' https://c.example")


@near_miss()
def strict_transport_with_a_semicolon_in_quotes(gateway: Gateway) -> None:
    """Is right: a directive that nobody knows, its value in quotes."""
    gateway.web.admin.replace(TRANSPORT, 'max-age=63072000; note="a;b"; includeSubDomains')


@near_miss()
def strict_transport_with_what_browsers_overlook(gateway: Gateway) -> None:
    """Is right: zeros before max-age, and a word twice that is not one of the two that count."""
    gateway.web.admin.replace(TRANSPORT, "max-age=0000000000000000063072000; preload; preload")


@near_miss()
def unknown_paths_show_the_application(gateway: Gateway) -> None:
    """Is right: a single-page application answers 200 to every path below the administration."""
    route = gateway.web.admin.route

    def answer(request: Request) -> Response:
        found = route(request)
        return page("Gateway administration", "") if found.status == HTTPStatus.NOT_FOUND else found

    gateway.web.admin.route = answer  # type: ignore[method-assign]


@near_miss()
def head_is_not_served(gateway: Gateway) -> None:
    """Is right: HEAD is refused; what browsers get carries the headers."""
    route = gateway.web.admin.route

    def answer(request: Request) -> Response:
        return page("Not here", "", HTTPStatus.METHOD_NOT_ALLOWED) if request.method == "HEAD" else route(request)

    gateway.web.admin.route = answer  # type: ignore[method-assign]


@near_miss()
def unchanged_pages_without_headers(gateway: Gateway) -> None:
    """Is right: a 304 that leaves the headers out leaves those that are stored in force."""
    on_304(gateway)


@near_miss()
def unchanged_pages_with_headers_of_another_spelling(gateway: Gateway) -> None:
    """Is right: the 304 says the same in other words, in another order, and on more lines."""
    on_304(
        gateway,
        (OLD, "script-src 'self'; default-src 'self'"),
        (STANDARD.lower(), "frame-ancestors 'none'"),
        (STANDARD, "SCRIPT-SRC 'self';;default-src  'self'"),
        (FRAMES, "deny"),
        (XSS, "1;mode=block"),
        (SNIFFING, "NoSniff"),
        (TRANSPORT, 'includeSubdomains; max-age="63072000"'),
    )


@near_miss()
def unchanged_pages_with_stricter_headers(gateway: Gateway) -> None:
    """Is right: the 304 comes from a proxy whose headers allow less than the application's."""
    on_304(
        gateway,
        (STANDARD, "default-src 'none'; script-src 'self' 'nonce-c29tZXRoaW5n'; frame-ancestors 'none'"),
        (TRANSPORT, "max-age=94608000; includeSubDomains; preload"),
    )


@near_miss()
def unchanged_pages_leave_framing_to_the_older_header(gateway: Gateway) -> None:
    """Is right: the 304's policy names no ancestors, and the stored X-Frame-Options lets nobody in."""
    on_304(gateway, (STANDARD, "script-src 'self'"))


@near_miss()
def a_nonce_that_is_new_each_time(gateway: Gateway) -> None:
    """Is right: the 304 names another nonce than the page did, and lets in nobody else."""
    gateway.web.admin.replace(STANDARD, "script-src 'self' 'nonce-Zmlyc3Q='; frame-ancestors 'none'")
    on_304(gateway, (STANDARD, "script-src 'self' 'nonce-c2Vjb25k'; frame-ancestors 'none'"))


@near_miss()
def pages_without_a_validator(gateway: Gateway) -> None:
    """Is right: nobody can ask whether a page has changed."""
    gateway.web.admin.validator = lambda _: ""


@near_miss()
def pages_that_always_change(gateway: Gateway) -> None:
    """Is right: each answer has an ETag of its own, and none is ever unchanged."""
    gateway.web.admin.validator = lambda _: f'"{secrets.token_hex(8)}"'
