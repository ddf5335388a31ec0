"""The customer's site: pages that start the widget, for a signed-in client and for nobody."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .http import HttpServer, Request, Response
from .identity import UIDS, sign
from .pki import LeafSpec

if TYPE_CHECKING:
    from .identity import IdentityService
    from .shared import Shared

PAGE = """<!doctype html><title>Acme</title><p>{greeting}</p>
<script>window.widgetSettings = {settings};</script>
<script src="/assets/widget.js"></script>
<script src="https://widget.example/loader.js"></script>
"""
SCRIPT = """window.addEventListener('load', function () {
  window.$LT(function (messenger) { messenger.settings(window.widgetSettings); });
});
"""
SOURCES = {
    "config/identity.yml": "# the secret comes from the environment\nsecret: <%= ENV['IDENTITY_SECRET'] %>\n",
    "README.md": "Acme's site\n",
}


class Site:
    """The customer's site and the repository that it is deployed from."""

    def __init__(self, shared: Shared, identity: IdentityService) -> None:
        """Bind nothing yet."""
        self.shared = shared
        self.identity = identity
        self.uid = UIDS[0]
        shared.environ["PORTERO_SITE_COOKIE"] = "sid=" + secrets.token_urlsafe(16)
        self.scripts: dict[str, Callable[[], str]] = {"/assets/widget.js": lambda: SCRIPT}
        self.serve: Callable[[Request], Response] = self.answer
        self.settings: Callable[[bool], dict[str, Any]] = self.widget_settings
        self.commits: list[dict[str, str]] = [SOURCES]
        self.beside: dict[str, str] = {}
        self.changes: list[Callable[[Path], object]] = []
        self.repository: Path | None = None

    def start(self) -> None:
        """Serve in the background."""
        self._server = HttpServer(self.serve, self._wrapper(), clock=self.shared.clock)
        self._server.start()
        if shutil.which("git"):
            self.repository = self.shared.folder / "site"
            commit(self.repository, self.commits)
            for name, text in self.beside.items():
                (self.repository / name).write_text(text, encoding="utf-8")
            for change in self.changes:
                change(self.repository)

    def _wrapper(self) -> Callable[[socket.socket], ssl.SSLSocket]:
        context = self.shared.authority.issue(LeafSpec()).context()
        return lambda sock: context.wrap_socket(sock, server_side=True)

    def stop(self) -> None:
        """Release the port, remove the repository."""
        self._server.stop()
        if self.repository:
            shutil.rmtree(self.repository)

    def document(self) -> dict[str, Any]:
        """Return this part's tables of a fitting target file."""
        url = f"https://localhost:{self._server.port}"
        signed_in = {"url": f"{url}/account", "cookie": "env:PORTERO_SITE_COOKIE", "uid": self.uid}
        table: dict[str, Any] = {"site_pages": [f"{url}/"], "signed_in_pages": [signed_in]}
        if self.repository:
            table["repositories"] = [str(self.repository)]
        return {"identity": table}

    def answer(self, request: Request) -> Response:
        """Serve pages and scripts."""
        if request.path in self.scripts:
            return Response(200, [("Content-Type", "text/javascript")], self.scripts[request.path]().encode())
        signed_in = request.header("Cookie") == self.shared.environ["PORTERO_SITE_COOKIE"]
        if request.path == "/account" and not signed_in:
            return Response(302, [("Location", "/")])
        if request.path not in ("/", "/account"):
            return Response.html("<title>Not found</title>", 404)
        settings = json.dumps(self.settings(signed_in)).replace("<", "\\u003c")
        greeting = self.uid if signed_in else "Welcome"
        return Response.html(PAGE.format(greeting=greeting, settings=settings))

    def widget_settings(self, signed_in: bool) -> dict[str, Any]:  # noqa: FBT001 - a Callable has no names
        """Return what starts the widget; for nobody, no client."""
        acme = self.identity.organisations["acme"]
        settings: dict[str, Any] = {"organization_subdomain": acme.subdomain, "consumer": acme.consumer}
        if signed_in:
            settings["visitor"] = {"name": "Clienta", "email": self.uid}
            settings["client_hash"] = sign(acme.secret, self.uid)
        return settings


def commit(folder: Path, commits: list[dict[str, str]]) -> None:
    """Make a git repository; each commit holds exactly the files named in it."""
    lines = [b"reset refs/heads/main\n"]
    for number, files in enumerate(commits):
        lines.append(
            b"commit refs/heads/main\ncommitter Acme <site@acme.example> %d +0000\n" % (1_700_000_000 + number)
        )
        lines.append(b"data 6\nchange\ndeleteall\n")
        for name, text in files.items():
            data = text.encode()
            lines.append(b"M 100644 inline %s\ndata %d\n%s\n" % (name.encode(), len(data), data))
    git(folder.parent, "init", "-q", "-b", "main", str(folder))
    git(folder, "fast-import", "--quiet", given=b"".join(lines))
    git(folder, "reset", "-q", "--hard")


def git(folder: Path, *arguments: str, given: bytes = b"") -> str:
    """Run git in a folder, without the user's own settings, and return what it says."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment = {**kept, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    command = ["git", "-C", str(folder), *arguments]
    done = subprocess.run(command, input=given, check=True, env=environment, stdout=subprocess.PIPE)  # noqa: S603
    return done.stdout.decode().strip()
