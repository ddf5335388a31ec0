"""The web app: administration pages and the API over HTTPS, and a plain port that only redirects."""

from __future__ import annotations

import hashlib
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .api import Api
from .http import Handler, HttpServer, Request, Response
from .tls import TlsServer
from .users import Users

if TYPE_CHECKING:
    from .shared import Shared

ADMINISTRATOR = "admin"

_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title>
<link rel="stylesheet" href="/assets/app.css"><script src="/assets/app.js"></script></head>
<body><main><h1>{title}</h1>{content}</main></body>
</html>
"""
_LOGIN = """<form method="post" action="/login"><label>User <input name="username"></label>
<label>Password <input name="password" type="password"></label><button>Sign in</button></form>"""


class Administration:
    """The administration's pages. `headers` go on everything that it answers, errors and redirects included."""

    def __init__(self) -> None:
        """Know the pages; a fault may change any of them."""
        self.headers: list[tuple[str, str]] = [
            ("X-Content-Security-Policy", "default-src 'self'; script-src 'self'"),
            ("Content-Security-Policy", "default-src 'self'; script-src 'self'; frame-ancestors 'none'"),
            ("X-Frame-Options", "DENY"),
            ("X-XSS-Protection", "1; mode=block"),
            ("X-Content-Type-Options", "nosniff"),
            ("Strict-Transport-Security", "max-age=63072000; includeSubDomains"),
        ]
        self.headers_for: Callable[[Request, Response], list[tuple[str, str]]] = lambda *_: self.headers
        self.validator: Callable[[Response], str] = _tag
        self.pages: dict[str, Callable[[Request], Response]] = {
            "/": lambda _: page("Gateway administration", "<p>Messages delivered today: 1204</p>"),
            "/login": lambda _: page("Sign in", _LOGIN),
            "/login/": lambda _: redirect("/login"),
            "/settings": lambda _: page("Sign in first", _LOGIN, HTTPStatus.UNAUTHORIZED),
            "/assets/app.css": lambda _: _asset("text/css", b"main { max-width: 60rem }\n"),
            "/assets/app.js": lambda _: _asset("text/javascript", b"document.body.dataset.ready = 'yes';\n"),
        }

    def answer(self, request: Request) -> Response:
        """Serve one request that is not the API's."""
        response = self.unless_unchanged(request, self.route(request))
        response.headers += self.headers_for(request, response)
        return response

    def unless_unchanged(self, request: Request, response: Response) -> Response:
        """Put an ETag on what is found; answer 304 in its place to a browser that has it already."""
        tag = self.validator(response) if response.status == HTTPStatus.OK else ""
        if not tag:
            return response
        if tag in (known.strip() for known in request.header("If-None-Match").split(",")):
            return Response(HTTPStatus.NOT_MODIFIED, [("ETag", tag)])
        response.headers.append(("ETag", tag))
        return response

    def route(self, request: Request) -> Response:
        """Return a page, or an error."""
        found = self.pages.get(urlsplit(request.path).path)
        if found is None:
            return page("Not found", "<p>There is no such page.</p>", HTTPStatus.NOT_FOUND)
        if request.method not in ("GET", "HEAD"):
            refused = page("Method not allowed", "<p>Try GET.</p>", HTTPStatus.METHOD_NOT_ALLOWED)
            refused.headers.append(("Allow", "GET, HEAD"))
            return refused
        return found(request)

    def replace(self, name: str, *values: str) -> None:
        """Send `name` once for each of `values`, in its present place; not at all without values."""
        at = next((n for n, (known, _) in enumerate(self.headers) if known == name), len(self.headers))
        kept = [line for line in self.headers if line[0] != name]
        self.headers = kept[:at] + [(name, value) for value in values] + kept[at:]


@dataclass(slots=True)
class OtherNode:
    """Another node behind the same name, on an address of its own."""

    handler: Handler
    tls: TlsServer


class WebApp:
    """Administration and API on one HTTPS port, and a plain port that only redirects."""

    def __init__(self, shared: Shared) -> None:
        """Bind nothing yet."""
        self.shared = shared
        self.tls = TlsServer(shared)
        self.admin = Administration()
        self.api = Api(shared, ADMINISTRATOR)
        self.users = Users(self.api)
        self.accept: Callable[[socket.socket], ssl.SSLSocket] = lambda sock: self.tls.wrap(sock)
        self.plain: Handler = self.to_https
        self.has_plain_port = True
        self.other_nodes: dict[str, OtherNode] = {}
        self.servers: list[HttpServer] = []

    def start(self) -> None:
        """Serve in the background."""
        self.api.start()
        self.tls.prepare()
        clock = self.shared.clock
        https = HttpServer(lambda request: self.answer(request), lambda sock: self.accept(sock), clock=clock)
        self.port = https.port
        self.servers = [https]
        for address, node in self.other_nodes.items():
            node.tls.prepare()
            self.servers.append(HttpServer(node.handler, node.tls.wrap, address, clock, self.port))
        if self.has_plain_port:
            plain = HttpServer(lambda request: self.plain(request))
            self.plain_port = plain.port
            self.servers.append(plain)
        for server in self.servers:
            server.start()

    def stop(self) -> None:
        """Release the ports."""
        for server in self.servers:
            server.stop()

    def document(self) -> dict[str, Any]:
        """Return this part's tables of a fitting target file."""
        table: dict[str, Any] = {
            "url": f"https://localhost:{self.port}",
            "http_ports": [self.plain_port] if self.has_plain_port else [],
            "ca_file": str(self.shared.folder / "ca.pem"),
            "security_level": self.shared.security_level,
            "admin_paths": ["/", "/login"],
            "api_paths": ["/v1/health", "/v1/settings/application"],
            "probe_throttling": True,
            "admin": {"username": ADMINISTRATOR, "password": "env:PORTERO_ADMIN_PASSWORD"},
        }
        if self.other_nodes:
            table["addresses"] = ["127.0.0.1", *self.other_nodes]
        return {"webapp": table}

    def to_https(self, request: Request) -> Response:
        """Send plain HTTP on to HTTPS, and serve nothing."""
        return redirect(f"https://localhost:{self.port}{request.path}", HTTPStatus.MOVED_PERMANENTLY)

    def answer(self, request: Request) -> Response:
        """Serve administration and API."""
        if request.path.startswith("/v1/"):
            return self.api.answer(request)
        return self.admin.answer(request)


def page(title: str, content: str, status: int = HTTPStatus.OK) -> Response:
    """Return a page of the administration."""
    return Response.html(_PAGE.format(title=title, content=content), status)


def redirect(location: str, status: int = HTTPStatus.FOUND) -> Response:
    """Send the browser elsewhere."""
    return Response(status, [("Location", location)])


def _tag(response: Response) -> str:
    return f'"{hashlib.sha256(response.body).hexdigest()[:16]}"'


def _asset(kind: str, content: bytes) -> Response:
    return Response(HTTPStatus.OK, [("Content-Type", kind)], content)
