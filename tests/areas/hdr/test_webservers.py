"""Real web servers, set up well and with the slips that administrators make: exactly the slip is found."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from reference_server.pki import Authority, LeafSpec
from tests.arena import Outcomes, assess
from tests.webservers import apache_hosts, free_port, haproxy_sections, nginx_servers

LINES = {
    "X-Content-Security-Policy": "default-src 'self'; script-src 'self'",
    "Content-Security-Policy": "default-src 'self'; script-src 'self'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "X-XSS-Protection": "1; mode=block",
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=63072000",
}
TOKEN = "a-token-of-the-administrator-7f3c91d2"
SIGNED_IN = f'{{"users": [{{"token": "{TOKEN}"}}]}}'
VISITOR = "visitor:let-me-in"
SECRETS = {"ADMIN": "correct horse battery", "PAGES": f"Basic {b64encode(VISITOR.encode()).decode()}"}
ON_PAGES = {"HDR-01", "HDR-02", "HDR-03", "HDR-04", "HDR-05", "HDR-08"}
OF_PAGES = {f"HDR-{n:02}" for n in range(1, 13)} - {"HDR-06"}


class Site:
    """A folder with pages and a certificate, and ports to serve them on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.https, self.plain, self.backend = free_port(), free_port(), free_port()
        (folder / "www" / "sub").mkdir(parents=True)
        for name in ("index", "login"):
            (folder / "www" / f"{name}.html").write_text(
                f"<title>{name}</title><p>Page {name} of the administration.</p>"
            )
        for path in (folder, folder / "www", folder / "www" / "sub"):
            path.chmod(0o755)
        authority = Authority()
        leaf = authority.issue(LeafSpec())
        (folder / "ca.pem").write_bytes(authority.pem)
        (folder / "leaf.pem").write_bytes(leaf.chain_pem + leaf.key_pem)

    def assess(self, **more: Any) -> Outcomes:
        webapp = more | {
            "url": f"https://localhost:{self.https}",
            "http_ports": [self.plain],
            "ca_file": "ca.pem",
            "admin_paths": ["/", "/login", "/sub"],
            "api_paths": ["/v1/health"],
            "admin": {"username": "admin", "password": "env:ADMIN"},
        }
        excluded = [{"requirement": row, "reason": "a web server by itself"} for row in ("ACC-05", "ACC-06", "ACC-07")]
        document = {
            "schema": 1,
            "name": "t",
            "scope": {"exclude": excluded},
            "webapp": webapp,
            "limits": {"requests_per_second": 1000},
        }
        return assess(document, SECRETS, areas=["acc", "hdr"], folder=self.folder)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    tmp_path.chmod(0o755)
    return Site(tmp_path)


def add_headers(always: str = " always", **changed: str) -> str:
    lines = LINES | {name.replace("_", "-"): value for name, value in changed.items()}
    return "".join(f'add_header {name} "{value}"{always};\n' for name, value in lines.items())


API = (
    f"location = /v1/users/login {{ return 200 '{SIGNED_IN}'; }}"
    "location /v1/ { default_type application/json;"
    f' if ($http_authorization = "Bearer {TOKEN}") {{ return 200 "{{}}"; }}'
    """ return 401 '{"errors": [{"title": "Access denied"}]}'; }"""
)
FILES = "index index.html; try_files $uri $uri.html $uri/ =404;"


def nginx(
    site: Site,
    pages: str = f"location / {{ {add_headers()} {FILES} }}",
    api: str = API,
    plain: str = "",
    more: str = "",
    listen: str = "",
) -> AbstractContextManager[None]:
    certificate = f"ssl_certificate {site.folder}/leaf.pem; ssl_certificate_key {site.folder}/leaf.pem;"
    redirect = plain or f"return 301 https://localhost:{site.https}$request_uri;"
    plain_server = "" if listen else f"server {{ listen 127.0.0.1:{site.plain}; {redirect} }}\n"
    servers = (
        f"server {{ listen 127.0.0.1:{site.https} ssl; {listen} {certificate}\n"
        f"root {site.folder}/www;\n{pages}\n{api} }}\n"
        f"{plain_server}{more}"
    )
    return nginx_servers(site.folder, site.https, servers)


@contextmanager
def haproxy(site: Site) -> Iterator[None]:
    set_lines = "".join(
        f'  http-after-response set-header {name} "{value}" unless {{ var(txn.api) -m bool }}\n'
        for name, value in LINES.items()
    )
    page = 'content-type text/html string "<p>A page of the administration.</p>"'
    sections = (
        f"frontend web\n  bind 127.0.0.1:{site.https} ssl crt {site.folder}/leaf.pem\n"
        "  http-request set-var(txn.api) bool(true) if { path_beg /v1/ }\n"
        f"{set_lines}"
        f"  http-request return status 200 content-type application/json string '{SIGNED_IN}'"
        " if { path /v1/users/login }\n"
        '  http-request return status 200 content-type application/json string "{}" if { path_beg /v1/ }'
        f' {{ req.hdr(Authorization) -m str "Bearer {TOKEN}" }}\n'
        '  http-request return status 401 content-type application/json string "{}" if { path_beg /v1/ }\n'
        "  http-request deny deny_status 405 unless METH_GET\n"
        "  http-request redirect location /sub/ if { path /sub }\n"
        f"  http-request return status 200 {page} if {{ path / /login /sub/ }}\n"
        "  http-request deny deny_status 404\n"
        f"frontend plain\n  bind 127.0.0.1:{site.plain}\n  http-request redirect scheme https code 302\n"
    )
    with haproxy_sections(site.folder, site.https, sections):
        yield


@contextmanager
def apache(site: Site) -> Iterator[None]:
    set_lines = "".join(f'Header always set {name} "{value}"\n' for name, value in LINES.items())
    unset = "".join(f"Header always unset {name}\n" for name in LINES)
    hosts = (
        f"Listen 127.0.0.1:{site.https}\nListen 127.0.0.1:{site.plain}\n"
        f"<VirtualHost 127.0.0.1:{site.https}>\nSSLEngine on\nSSLCertificateFile {site.folder}/leaf.pem\n"
        f"DocumentRoot {site.folder}/www\nDirectoryIndex index.html\nAliasMatch ^/login$ {site.folder}/www/login.html\n"
        f"{set_lines}<Location /v1/>\n{unset}Require expr %{{HTTP:Authorization}} == 'Bearer {TOKEN}'\n</Location>\n"
        "<Location /v1/users/login>\nRequire all granted\n</Location>\n</VirtualHost>\n"
        f"<VirtualHost 127.0.0.1:{site.plain}>\nRedirect permanent / https://localhost:{site.https}/\n</VirtualHost>\n"
    )
    (site.folder / "www" / "sub" / "index.html").write_text("<p>A page of the administration.</p>")
    (site.folder / "www" / "v1" / "users").mkdir(parents=True)
    (site.folder / "www" / "v1" / "users" / "login").write_text(SIGNED_IN)
    (site.folder / "www" / "v1" / "health").write_text("{}")
    with apache_hosts(site.folder, site.https, hosts, "headers", "dir", "alias"):
        yield


@contextmanager
def nginx_well(site: Site) -> Iterator[None]:
    (site.folder / "www" / "sub" / "index.html").write_text("<p>A page of the administration.</p>")
    with nginx(site):
        yield


@pytest.mark.parametrize("start", [nginx_well, haproxy, apache])
def test_set_up_well(site: Site, start: Callable[[Site], AbstractContextManager[None]]) -> None:
    with start(site):
        outcomes = site.assess()
    assert outcomes.failures() == {}
    assert outcomes.inconclusive == {}


@pytest.fixture
def behind_a_login(site: Site) -> Iterator[Site]:
    """A proxy that asks for a password and sets the headers on its refusals; the application switches a filter off."""
    user, _, password = VISITOR.partition(":")
    (site.folder / "users").write_text(f"{user}:{{PLAIN}}{password}\n")
    (site.folder / "www" / "sub" / "index.html").write_text("<p>A page of the administration.</p>")
    application = (
        f"server {{ listen 127.0.0.1:{site.backend}; root {site.folder}/www; absolute_redirect off;"
        f" add_header X-XSS-Protection 0 always; {FILES} }}"
    )
    ask = f'auth_basic "administration"; auth_basic_user_file {site.folder}/users;'
    behind = f"proxy_pass http://127.0.0.1:{site.backend}; proxy_set_header Authorization '';"
    with nginx(site, pages=f"location / {{ {ask} {add_headers()} {behind} }}", more=application):
        yield site


def test_a_refusal_is_not_the_page_whatever_it_sends(behind_a_login: Site) -> None:
    outcomes = behind_a_login.assess()
    assert outcomes.failures() == {}
    assert {case.partition("/")[0] for case in outcomes.inconclusive} == OF_PAGES | {"ACC-08"}
    assert "answers 401, and what refuses is not the page" in outcomes.inconclusive["HDR-03/get/login"]
    assert "webapp.page_headers" in outcomes.inconclusive["HDR-03/get/login"]


def test_pages_behind_a_login_are_judged_by_themselves(behind_a_login: Site) -> None:
    outcomes = behind_a_login.assess(page_headers={"Authorization": "env:PAGES"})
    assert outcomes.failed() == {"HDR-03", "HDR-11"}, outcomes.failures()
    assert outcomes.inconclusive == {}


def without_always(site: Site) -> AbstractContextManager[None]:
    return nginx(site, pages=f"location / {{ {add_headers('')} {FILES} }}")


def inheritance_lost(site: Site) -> AbstractContextManager[None]:
    own = f"location /login {{ add_header Cache-Control no-store always; {FILES} }}"
    api = API.replace("{ default_type", "{ add_header Cache-Control no-store always; default_type", 1)
    return nginx(site, pages=f"{add_headers()} {FILES} {own}", api=api)


def error_page_of_its_own(site: Site) -> AbstractContextManager[None]:
    (site.folder / "www" / "oops.html").write_text("<p>No such page.</p>")
    errors = "error_page 404 /oops.html; location = /oops.html { add_header Cache-Control no-store always; }"
    return nginx(site, pages=f"{errors} location / {{ {add_headers()} {FILES} }}")


def proxy_adds_a_line(site: Site) -> AbstractContextManager[None]:
    application = (
        f"server {{ listen 127.0.0.1:{site.backend}; root {site.folder}/www; absolute_redirect off;"
        f" add_header X-Frame-Options SAMEORIGIN always; {FILES} }}"
    )
    return nginx(
        site, pages=f"location / {{ {add_headers()} proxy_pass http://127.0.0.1:{site.backend}; }}", more=application
    )


def headers_on_what_the_api_is_glad_to_answer(site: Site) -> AbstractContextManager[None]:
    return nginx(site, api=API.replace("{ default_type", f"{{ {add_headers('')} default_type", 1))


def headers_for_the_whole_host(site: Site) -> AbstractContextManager[None]:
    return nginx(site, pages=f"{add_headers()} location / {{ {FILES} }}")


def both_ports_in_one_server(site: Site) -> AbstractContextManager[None]:
    return nginx(site, listen=f"listen 127.0.0.1:{site.plain};")


def redirect_that_stays_in_the_clear(site: Site) -> AbstractContextManager[None]:
    return nginx(site, plain="return 301 http://localhost$request_uri;")


def policy_with_a_foreign_host(site: Site) -> AbstractContextManager[None]:
    policy = "script-src 'self' https://cdn.example.net"
    changed = {"X-Content-Security-Policy": policy, "Content-Security-Policy": policy}
    return nginx(site, pages=f"location / {{ {add_headers(**changed)} {FILES} }}")


def framed_once_unchanged(site: Site) -> AbstractContextManager[None]:
    frames = "map $status $frames { default DENY; 304 SAMEORIGIN; }"
    pages = f"location / {{ {add_headers(**{'X-Frame-Options': '$frames'})} {FILES} }}"
    return nginx(site, pages=pages, more=frames)


@pytest.mark.parametrize(
    ("slip", "broken"),
    [
        (without_always, {"HDR-07"}),
        (inheritance_lost, ON_PAGES),
        (error_page_of_its_own, {"HDR-07"}),
        (proxy_adds_a_line, {"HDR-11"}),
        (headers_for_the_whole_host, {"HDR-06"}),
        (headers_on_what_the_api_is_glad_to_answer, {"HDR-06"}),
        (both_ports_in_one_server, {"ACC-01"}),
        (redirect_that_stays_in_the_clear, {"ACC-01"}),
        (policy_with_a_foreign_host, {"HDR-01"}),
        (framed_once_unchanged, {"HDR-12"}),
    ],
)
def test_slips_are_found(site: Site, slip: Callable[[Site], AbstractContextManager[None]], broken: set[str]) -> None:
    (site.folder / "www" / "sub" / "index.html").write_text("<p>A page of the administration.</p>")
    with slip(site):
        outcomes = site.assess()
    assert outcomes.failed() == broken, outcomes.failures()
    assert outcomes.inconclusive == {}
