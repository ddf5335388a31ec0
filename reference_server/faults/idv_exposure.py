"""Faults of the identity service and the site: what is told, where the secret stands, how values arrive."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ..http import Request, Response
from ..identity import Initialisation
from ..identity_edits import refuses, speaks_both
from ..pki import Authority, LeafSpec
from ..site import git
from . import fault

if TYPE_CHECKING:
    from ..gateway import Gateway


@fault("IDV-06")
def secret_in_the_page(gateway: Gateway) -> None:
    """Breaks IDV-06: the settings in the page hold the organisation's secret."""
    settings, secret = gateway.site.settings, gateway.environ["PORTERO_IDENTITY_SECRET"]
    gateway.site.settings = lambda signed_in: {**settings(signed_in), "secret": secret}


@fault("IDV-06")
def secret_in_a_script_as_base64(gateway: Gateway) -> None:
    """Breaks IDV-06: a script holds the secret in base64."""
    coded = base64.b64encode(gateway.environ["PORTERO_IDENTITY_SECRET"].encode()).decode()
    gateway.site.scripts["/assets/widget.js"] = lambda: f"const k = atob('{coded}');"


@fault("IDV-06")
def secret_in_a_cookie(gateway: Gateway) -> None:
    """Breaks IDV-06: the page sets a cookie that holds the secret in base64."""
    serve = gateway.site.serve
    cookie = f"k={base64.urlsafe_b64encode(gateway.environ['PORTERO_IDENTITY_SECRET'].encode()).decode()}"

    def with_cookie(request: Request) -> Response:
        response = serve(request)
        response.headers.append(("Set-Cookie", cookie))
        return response

    gateway.site.serve = with_cookie


@fault("IDV-06")
def secret_in_the_answer(gateway: Gateway) -> None:
    """Breaks IDV-06: the widget is answered with the organisation's settings, secret included."""
    bind = gateway.identity.bind

    def told(asked: Initialisation, verified: bool) -> Response:  # noqa: FBT001 - a Callable has no names
        answer = json.loads(bind(asked, verified).body)
        return Response.json({**answer, "organisation": {"secret": asked.organisation.secret}}, 201)

    gateway.identity.bind = told


def _without_hash(gateway: Gateway) -> None:
    settings = gateway.site.settings
    gateway.site.settings = lambda signed_in: {
        key: value for key, value in settings(signed_in).items() if key != "client_hash"
    }


@fault("IDV-06", "IDV-07")
def hash_made_in_the_browser(gateway: Gateway) -> None:
    """Breaks IDV-06 and IDV-07: a script computes the hash with the secret."""
    _without_hash(gateway)
    secret = gateway.environ["PORTERO_IDENTITY_SECRET"]
    gateway.site.scripts["/assets/widget.js"] = lambda: (
        f"settings.client_hash = CryptoJS.HmacSHA256(settings.visitor.email, '{secret}').toString();"
    )


@fault("IDV-07")
def hash_made_in_the_browser_with_a_hidden_key(gateway: Gateway) -> None:
    """Breaks IDV-07: a script puts the key together from pieces and signs with it."""
    _without_hash(gateway)
    secret = gateway.environ["PORTERO_IDENTITY_SECRET"]
    pieces = [secret[start : start + 5] for start in range(0, len(secret), 5)]
    gateway.site.scripts["/assets/widget.js"] = lambda: (
        f"const parts = {json.dumps(pieces)};\nconst material = parts.join('');\n"
        "async function make(uid) {\n  const bytes = new TextEncoder();\n"
        "  const key = await crypto.subtle.importKey('raw', bytes.encode(parts.join('')),\n"
        "    {name: 'HMAC', hash: 'SHA-256'}, false, ['sign']);\n"
        "  return crypto.subtle.sign('HMAC', key, bytes.encode(uid));\n}\n"
    )


@fault("IDV-08")
def secret_in_the_repository(gateway: Gateway) -> None:
    """Breaks IDV-08: a tracked file holds the secret."""
    gateway.site.commits.append({"config.yml": f"secret: {gateway.environ['PORTERO_IDENTITY_SECRET']}\n"})


@fault("IDV-08")
def secret_in_the_history(gateway: Gateway) -> None:
    """Breaks IDV-08: the secret was committed once and taken out again."""
    secret = gateway.environ["PORTERO_IDENTITY_SECRET"]
    gateway.site.commits[:] = [{"config.yml": f"secret: {secret}\n"}, {"config.yml": "secret: <from environment>\n"}]


@fault("IDV-08")
def secret_in_the_history_as_base64(gateway: Gateway) -> None:
    """Breaks IDV-08: an earlier version holds the secret inside a longer text in base64."""
    text = f"user:{gateway.environ['PORTERO_IDENTITY_SECRET']}:x"
    coded = base64.b64encode(text.encode()).decode()
    gateway.site.commits[:] = [{"secret.yaml": f"data: {coded}\n"}, *gateway.site.commits]


@fault("IDV-08")
def secret_behind_a_replacement(gateway: Gateway) -> None:
    """Breaks IDV-08: the history holds the secret, and git shows another object in its place."""
    secret_in_the_history(gateway)

    def replace(repository: Path) -> None:
        held = git(repository, "rev-parse", "HEAD~1:config.yml")
        git(repository, "replace", held, git(repository, "hash-object", "-w", "--stdin", given=b"secret: none\n"))

    gateway.site.changes.append(replace)


@fault("IDV-08")
def secret_before_a_graft(gateway: Gateway) -> None:
    """Breaks IDV-08: a graft hides the commit that holds the secret."""
    secret_in_the_history(gateway)

    def graft(repository: Path) -> None:
        (repository / ".git" / "info").mkdir(exist_ok=True)
        (repository / ".git" / "info" / "grafts").write_text(git(repository, "rev-parse", "HEAD") + "\n")

    gateway.site.changes.append(graft)


@fault("IDV-08")
def secret_in_an_older_large_file(gateway: Gateway) -> None:
    """Breaks IDV-08: git LFS keeps an earlier version of a file, with the secret in it."""
    keep_by_lfs(gateway, f"secret: {gateway.environ['PORTERO_IDENTITY_SECRET']}\n")


def keep_by_lfs(gateway: Gateway, text: str) -> None:
    """Let git LFS have kept a text in an earlier version of a file."""
    oid = hashlib.sha256(text.encode()).hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(text)}\n"
    gateway.site.commits[:] = [{"data.bin": pointer}, *gateway.site.commits]

    def keep(repository: Path) -> None:
        folder = repository / ".git" / "lfs" / "objects" / oid[:2] / oid[2:4]
        folder.mkdir(parents=True)
        (folder / oid).write_text(text)

    gateway.site.changes.append(keep)


def _alike(right: str, given: str) -> int:
    return next((n for n, (a, b) in enumerate(zip(right, given, strict=False)) if a != b), len(right))


@fault("IDV-13")
def tells_the_right_hash(gateway: Gateway) -> None:
    """Breaks IDV-13: the error message names the hash that was expected."""
    refuses(gateway, lambda right, given: Response.json({"error": f"expected {right}, got {given}"}, 403))


@fault("IDV-13")
def tells_the_right_hash_in_a_header(gateway: Gateway) -> None:
    """Breaks IDV-13: a debug header holds the raw hash that was expected, in base64."""
    refuses(
        gateway,
        lambda right, _: Response(403, [("X-Debug", base64.b64encode(bytes.fromhex(right)).decode())]),
    )


@fault("IDV-13")
def tells_where_the_hash_is_wrong(gateway: Gateway) -> None:
    """Breaks IDV-13: the error message says whether the beginning was right."""
    refuses(gateway, lambda right, given: Response.json({"prefix_ok": _alike(right, given) >= 8}, 403))


@fault("IDV-13")
def status_depends_on_where_the_hash_is_wrong(gateway: Gateway) -> None:
    """Breaks IDV-13: a hash whose first half is right is refused with another status."""
    refuses(gateway, lambda right, given: Response(401 if _alike(right, given) >= 32 else 403))


@fault("IDV-14")
def identity_over_plain_http(gateway: Gateway) -> None:
    """Breaks IDV-14: the service is there over plain HTTP only."""
    gateway.identity.secure = False


@fault("IDV-14")
def identity_certificate_of_an_unknown_authority(gateway: Gateway) -> None:
    """Breaks IDV-14: the certificate is signed by an authority that nobody declared."""
    gateway.identity.issue = Authority("Somebody else").issue


@fault("IDV-14")
def identity_certificate_for_another_name(gateway: Gateway) -> None:
    """Breaks IDV-14: the certificate is for another host."""
    gateway.identity.leaf = LeafSpec(names=("other.example",))


@fault("IDV-14")
def identity_certificate_expired(gateway: Gateway) -> None:
    """Breaks IDV-14: the certificate has expired."""
    gateway.identity.leaf = LeafSpec(starts_in_days=-90, days=60)


@fault("IDV-14")
def takes_initialisations_in_the_clear_too(gateway: Gateway) -> None:
    """Breaks IDV-14: the HTTPS port deals with plain HTTP as well."""
    speaks_both(gateway.identity)


def _storing(gateway: Gateway, change: Callable[[str], str]) -> None:
    """Let names and attributes pass through `change` before they are stored."""
    check = gateway.identity.check

    def changing(asked: Initialisation) -> bool | None:
        asked.name = change(asked.name)
        asked.attrs = {key: change(value) for key, value in asked.attrs.items()}
        return check(asked)

    gateway.identity.check = changing


@fault("IDV-15")
def escapes_values(gateway: Gateway) -> None:
    """Breaks IDV-15: values are stored as HTML."""
    _storing(gateway, html.escape)


@fault("IDV-15")
def loses_attributes(gateway: Gateway) -> None:
    """Breaks IDV-15: attributes are taken and not stored."""
    shown = gateway.identity.shown
    gateway.identity.shown = lambda contact: {**shown(contact), "attrs": {}}


@fault("IDV-15")
def garbles_accents(gateway: Gateway) -> None:
    """Breaks IDV-15: UTF-8 is read as Latin-1."""
    _storing(gateway, lambda value: value.encode().decode("latin-1"))


@fault("IDV-15")
def cuts_values(gateway: Gateway) -> None:
    """Breaks IDV-15: values are cut to 10 characters."""
    _storing(gateway, lambda value: value[:10])
