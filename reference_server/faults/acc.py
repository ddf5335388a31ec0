"""Faults and near misses of access: plain HTTP, the certificate, several nodes behind one name."""

from __future__ import annotations

import contextlib
import secrets
import socket
import ssl
from collections.abc import Callable
from http import HTTPStatus
from itertools import count
from typing import TYPE_CHECKING

from ..answers import refusal
from ..http import Request, Response
from ..pki import Authority, LeafSpec, make_key
from ..tls import TLS12, TlsServer, TlsSettings
from ..web import Administration, OtherNode, page, redirect
from . import fault, near_miss

if TYPE_CHECKING:
    from ..gateway import Gateway

OTHER_ADDRESS = "127.0.0.2"
"""All of 127.0.0.0/8 is loopback on Linux."""

UNUSED_PORT = 1
"""Below 1024, and of a service (tcpmux) that nobody runs."""

_TLS_RECORD = b"\x16"


@fault("ACC-01")
def serves_plain_http(gateway: Gateway) -> None:
    """Breaks ACC-01: the plain port serves what the HTTPS port serves."""
    gateway.web.plain = gateway.web.answer


@fault("ACC-01")
def serves_plain_http_on_the_tls_port(gateway: Gateway) -> None:
    """Breaks ACC-01: the HTTPS port serves a client that does not start with TLS."""
    _answer_plain_clients(gateway, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")


@fault("ACC-01")
def serves_the_api_over_plain_http(gateway: Gateway) -> None:
    """Breaks ACC-01: administration is redirected, but the API takes tokens in the clear."""

    def answer(request: Request) -> Response:
        if request.path.startswith("/v1/"):
            return gateway.web.api.answer(request)
        return redirect(f"https://localhost:{gateway.web.port}{request.path}")

    gateway.web.plain = answer


@fault("ACC-01")
def proxies_the_api_in_the_clear(gateway: Gateway) -> None:
    """Breaks ACC-01: what is posted to the API's paths reaches it in the clear; each answer has an id of its own."""

    def answer(request: Request) -> Response:
        if request.method != "POST" or not request.path.startswith("/v1/"):
            return redirect(f"https://localhost:{gateway.web.port}{request.path}")
        response = gateway.web.api.answer(request)
        response.headers.append(("X-Request-Id", secrets.token_hex(8)))
        response.body = response.body.replace(b"{", b'{"request": "' + secrets.token_hex(8).encode() + b'", ', 1)
        return response

    gateway.web.plain = answer


@fault("ACC-01")
def redirects_to_plain_http(gateway: Gateway) -> None:
    """Breaks ACC-01: the plain port redirects to itself."""
    gateway.web.plain = lambda request: redirect(f"http://localhost:{gateway.web.plain_port}{request.path}?again")


@fault("ACC-01")
def redirects_relatively(gateway: Gateway) -> None:
    """Breaks ACC-01: the redirect names a path only, so the browser stays where it is."""
    gateway.web.plain = lambda _: redirect("/login")


@fault("ACC-01")
def sets_a_cookie_over_plain_http(gateway: Gateway) -> None:
    """Breaks ACC-01: the redirect to https carries a session cookie in the clear."""

    def answer(request: Request) -> Response:
        response = redirect(f"https://localhost:{gateway.web.port}{request.path}")
        response.headers.append(("Set-Cookie", "session=0"))
        return response

    gateway.web.plain = answer


@fault("ACC-01")
def refuses_with_the_page_itself(gateway: Gateway) -> None:
    """Breaks ACC-01: the plain port says 403 and sends the page along."""

    def answer(request: Request) -> Response:
        response = gateway.web.answer(request)
        response.status = HTTPStatus.FORBIDDEN
        return response

    gateway.web.plain = answer


@fault("ACC-01")
def asks_for_a_password_over_plain_http(gateway: Gateway) -> None:
    """Breaks ACC-01: the plain port says 401 with a login form of its own."""
    form = '<form method="post"><input name="key" type="password"></form>'
    gateway.web.plain = lambda _: page("Identify yourself", form, HTTPStatus.UNAUTHORIZED)


@fault("ACC-08")
def proxy_forgets_that_it_spoke_https(gateway: Gateway) -> None:
    """Breaks ACC-08: what lies behind the proxy builds its redirects as it was asked itself, in plain HTTP."""
    gateway.web.admin.pages["/"] = lambda _: redirect(f"http://localhost:{gateway.web.plain_port}/login")


@fault("ACC-08")
def adds_a_slash_in_the_clear(gateway: Gateway) -> None:
    """Breaks ACC-08: the page is served, but its name without the slash is redirected by http."""
    gateway.web.admin.pages["/login/"] = lambda _: redirect("http://localhost/login")


@fault("ACC-08")
def redirects_whoever_is_logged_in_in_the_clear(gateway: Gateway) -> None:
    """Breaks ACC-08: the API answers a good token with a redirect to another port, by http."""
    gateway.web.api.endpoints["/v1/health"]["GET"] = lambda _: redirect(f"http://localhost:{UNUSED_PORT}/v1/health")


@fault("ACC-08")
def form_that_is_sent_in_the_clear(gateway: Gateway) -> None:
    """Breaks ACC-08: the login form's target is an http address."""
    _holds(gateway, '<form method="post" action="HTTP://gw.example/login"><input name="a"></form>')


@fault("ACC-08")
def base_in_the_clear(gateway: Gateway) -> None:
    """Breaks ACC-08: the page's base is an http address, and its form's target relative."""
    _holds(gateway, '<base href="http://gw.example/"><form action="login"></form>')


@fault("ACC-08")
def script_in_the_clear(gateway: Gateway) -> None:
    """Breaks ACC-08: a page loads a script over http, which browsers block, and others do not."""
    _holds(gateway, "<script src=http://cdn.example/a.js></script>")


@fault("ACC-08")
def refreshes_to_plain_http(gateway: Gateway) -> None:
    """Breaks ACC-08: a meta tag sends the browser to http after a second."""
    _holds(gateway, '<meta http-equiv="Refresh" content="1; URL=http://gw.example/">')


@near_miss()
def links_in_the_clear(gateway: Gateway) -> None:
    """Is right: a link that somebody has to follow, a namespace, and an address in a text or comment lead nobody."""
    _holds(
        gateway,
        '<a href="http://www.vendor.example/">vendor</a><svg xmlns="http://www.w3.org/2000/svg"></svg>'
        '<!-- <form action="http://old.example/"> --><p>http://gw.example/</p>'
        '<form action="https://gw.example/"></form><form></form>',
    )


@near_miss()
def upgrades_what_is_in_the_clear(gateway: Gateway) -> None:
    """Is right: the page has the browser ask for everything by https."""
    gateway.web.admin.headers = [
        (name, f"{value}; upgrade-insecure-requests" if "security-policy" in name.lower() else value)
        for name, value in gateway.web.admin.headers
    ]
    _holds(gateway, '<form action="http://gw.example/login"></form>')


def _holds(gateway: Gateway, markup: str) -> None:
    """Let the login page hold `markup`."""
    usual = gateway.web.admin.pages["/login"]

    def login(request: Request) -> Response:
        response = usual(request)
        response.body = response.body.replace(b"<body>", b"<body>" + markup.encode(), 1)
        return response

    gateway.web.admin.pages["/login"] = login


@fault("ACC-02")
def certificate_of_another_name(gateway: Gateway) -> None:
    """Breaks ACC-02: the certificate names another host."""
    gateway.web.tls.leaf = LeafSpec(names=("elsewhere.example",))


@fault("ACC-02")
def certificate_has_expired(gateway: Gateway) -> None:
    """Breaks ACC-02: the certificate ended yesterday."""
    gateway.web.tls.leaf = LeafSpec(starts_in_days=-61)


@fault("ACC-02")
def certificate_is_not_valid_yet(gateway: Gateway) -> None:
    """Breaks ACC-02: the certificate begins tomorrow."""
    gateway.web.tls.leaf = LeafSpec(starts_in_days=1)


@fault("ACC-02")
def certificate_of_an_unknown_issuer(gateway: Gateway) -> None:
    """Breaks ACC-02: an authority that nobody declared issued the certificate."""
    gateway.web.tls.authority = Authority("Somebody else's CA")


@fault("ACC-02", "ACC-04")
def certificate_signed_by_itself(gateway: Gateway) -> None:
    """Breaks ACC-02 and ACC-04: the certificate is its own issuer."""
    gateway.web.tls.leaf = LeafSpec(self_signed=True)


@fault("ACC-02")
def chain_without_its_intermediate(gateway: Gateway) -> None:
    """Breaks ACC-02: the intermediate certificate is not sent."""
    gateway.web.tls.authority = Authority("Portero intermediate", parent=gateway.authority, withheld=True)


@fault("ACC-02")
def a_key_of_192_bits_above_the_certificate(gateway: Gateway) -> None:
    """Breaks ACC-02: the intermediate's key is on P-192, which current clients refuse."""
    weak = make_key("secp192r1")
    gateway.web.tls.authority = Authority("Portero intermediate", parent=gateway.authority, key=weak)
    gateway.web.tls.settings.weak = True


@fault("ACC-02", level="intermediate")
def a_short_rsa_key_above_the_certificate(gateway: Gateway) -> None:
    """Breaks ACC-02: the intermediate's key is RSA with 1024 bits."""
    weak = make_key("rsa-1024")
    gateway.web.tls.authority = Authority("Portero intermediate", parent=gateway.authority, key=weak)
    gateway.web.tls.settings.weak = True


@fault("ACC-02")
def named_in_the_subject_only(gateway: Gateway) -> None:
    """Breaks ACC-02: the name stands in the common name, and the certificate has no alternative names."""
    gateway.web.tls.leaf = LeafSpec(named_in_subject_only=True)


@fault("ACC-02", level="intermediate")
def a_second_certificate_without_its_intermediate(gateway: Gateway) -> None:
    """Breaks ACC-02: clients that ask for RSA get a certificate whose intermediate is not sent."""
    withheld = Authority("Portero intermediate", parent=gateway.authority, withheld=True)
    gateway.web.tls.settings.leaves.append(LeafSpec(key="rsa-2048", issuer=withheld))


@fault("ACC-02")
def an_old_process_with_an_expired_certificate(gateway: Gateway) -> None:
    """Breaks ACC-02: every third connection is taken by a process of before the certificate was renewed."""
    gateway.web.tls.special = [(_every_third(), TlsSettings(leaves=[LeafSpec(starts_in_days=-61)]))]


@fault("ACC-03")
def a_node_without_a_header(gateway: Gateway) -> None:
    """Breaks ACC-03: one of two nodes lacks X-Frame-Options."""
    administration = Administration()
    administration.replace("X-Frame-Options")
    _second_node(gateway).handler = administration.answer


@fault("ACC-02", "ACC-03")
def a_node_with_an_expired_certificate(gateway: Gateway) -> None:
    """Breaks ACC-02 and ACC-03: one of two nodes was left out when certificates were renewed."""
    _second_node(gateway).tls.leaf = LeafSpec(starts_in_days=-61)


@fault("ACC-03")
def a_node_with_an_older_protocol(gateway: Gateway) -> None:
    """Breaks ACC-03: one of two nodes offers TLS 1.2 as well."""
    _second_node(gateway).tls.settings.minimum = TLS12


@fault("ACC-03")
def a_node_with_an_rsa_certificate(gateway: Gateway) -> None:
    """Breaks ACC-03: one of two nodes still has the RSA certificate of before MODERN."""
    _second_node(gateway).tls.leaf.key = "rsa-2048"


@near_miss(level="intermediate")
def two_nodes_with_keys_of_different_kinds(gateway: Gateway) -> None:
    """Is right: one node has an ECDSA certificate, the other an RSA one, and INTERMEDIATE takes both."""
    _second_node(gateway).tls.leaf.key = "rsa-2048"


@near_miss()
def two_nodes_alike(gateway: Gateway) -> None:
    """Is right: two nodes, each with a certificate of its own, behave alike."""
    _second_node(gateway)


@near_miss()
def no_plain_port(gateway: Gateway) -> None:
    """Is right: no plain port is declared, because there is none."""
    gateway.web.has_plain_port = False


@near_miss()
def plain_port_is_closed(gateway: Gateway) -> None:
    """Is right: a plain port is declared, and nobody listens there."""
    gateway.web.has_plain_port = False
    gateway.declared.setdefault("webapp", {})["http_ports"] = [UNUSED_PORT]


@near_miss()
def bad_request_on_the_tls_port(gateway: Gateway) -> None:
    """Is right: plain HTTP to the HTTPS port is told so, with a small page, as nginx does."""
    body = b"<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>\r\n"
    head = f"HTTP/1.1 400 Bad Request\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    _answer_plain_clients(gateway, head.encode() + body)


@near_miss()
def redirects_with_302_and_no_body(gateway: Gateway) -> None:
    """Is right: 302, no body and a closed connection, as HAProxy redirects; scheme and host in capitals."""

    def answer(request: Request) -> Response:
        away = redirect(f"HTTPS://LOCALHOST:{gateway.web.port}{request.path}")
        away.headers += [("Cache-Control", "no-cache"), ("Connection", "close")]
        return away

    gateway.web.plain = answer


@near_miss()
def redirects_to_https_with_a_page(gateway: Gateway) -> None:
    """Is right: the permanent redirect has a body that names the gateway, and a life for HTTPS that browsers ignore."""

    def answer(request: Request) -> Response:
        away = page("Gateway administration", "<p>has moved to https.</p>", HTTPStatus.PERMANENT_REDIRECT)
        away.headers.append(("Location", f"https://localhost:{gateway.web.port}{request.path}"))
        away.headers.append(("Strict-Transport-Security", "max-age=63072000"))
        return away

    gateway.web.plain = answer


@near_miss()
def asks_to_upgrade(gateway: Gateway) -> None:
    """Is right: 426, and a body that says what to do."""

    def answer(_: Request) -> Response:
        upgrade = Response.json({"errors": [{"code": 426, "title": "Use HTTPS"}]}, HTTPStatus.UPGRADE_REQUIRED)
        upgrade.headers += [("Upgrade", "TLS/1.3, HTTP/1.1"), ("Connection", "Upgrade, close")]
        return upgrade

    gateway.web.plain = answer


@near_miss()
def refuses_all_in_the_clear_in_json(gateway: Gateway) -> None:
    """Is right: the plain port says 403 to everything, in JSON as the API speaks it."""
    gateway.web.plain = lambda _: refusal(HTTPStatus.FORBIDDEN, 1005, "Access denied")


@near_miss()
def the_same_error_page_everywhere(gateway: Gateway) -> None:
    """Is right: the plain port answers 404 to everything, with the error page that HTTPS has as well."""
    gateway.web.plain = lambda _: page("Not found", "<p>There is no such page.</p>", HTTPStatus.NOT_FOUND)


@near_miss()
def chain_with_its_intermediate(gateway: Gateway) -> None:
    """Is right: an intermediate issued the certificate, and is sent with it."""
    gateway.web.tls.authority = Authority("Portero intermediate", parent=gateway.authority)


@near_miss(level="intermediate")
def certificates_of_two_kinds(gateway: Gateway) -> None:
    """Is right: an ECDSA and an RSA certificate, each with a chain of its own."""
    other = Authority("Portero intermediate", parent=gateway.authority)
    gateway.web.tls.settings.leaves.append(LeafSpec(key="rsa-2048", issuer=other))


@near_miss()
def two_processes_with_certificates_of_their_own(gateway: Gateway) -> None:
    """Is right: every third connection is taken by another process, whose certificate is good as well."""
    gateway.web.tls.special = [(_every_third(), TlsSettings())]


def _every_third() -> Callable[[object], bool]:
    taken = count()
    return lambda _: next(taken) % 3 == 2


def _second_node(gateway: Gateway) -> OtherNode:
    node = OtherNode(gateway.web.answer, TlsServer(gateway))
    gateway.web.other_nodes[OTHER_ADDRESS] = node
    return node


def _answer_plain_clients(gateway: Gateway, answer: bytes) -> None:
    """Answer whoever does not start with a TLS record on the HTTPS port, and hang up."""

    def accept(sock: socket.socket) -> ssl.SSLSocket:
        if sock.recv(1, socket.MSG_PEEK) in (_TLS_RECORD, b""):
            return gateway.web.tls.wrap(sock)
        with contextlib.suppress(OSError):
            sock.recv(1 << 16)
            sock.sendall(answer)
        raise ConnectionAbortedError("a plain client was answered")

    gateway.web.accept = accept
