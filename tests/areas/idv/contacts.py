"""An identity service of another make: other names and places, lenient where that does no harm, 401 on refusal."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from reference_server.pki import Authority, LeafSpec

KEY = "canary-of-the-inbox-1f9c2b"
TOKEN = "canary-of-the-agent-77d0aa"
ENVIRON = {"INBOX_HMAC": KEY, "AGENT": TOKEN}


class Inbox:
    """What the service keeps."""

    def __init__(self) -> None:
        self.contacts: dict[str, dict[str, Any]] = {}
        self.mandatory = True
        self.sent = 0
        self.bodies: list[bytes] = []

    def initialise(self, document: Any) -> tuple[int, Any]:
        identifier = document.get("identifier") if isinstance(document, dict) else None
        if isinstance(identifier, int | float) and not isinstance(identifier, bool):
            identifier = f"{identifier:g}"
        if not isinstance(identifier, str) or not identifier.strip() or "\0" in identifier or len(identifier) > 200:
            return 422, {"message": "identifier is invalid", "request": uuid.uuid4().hex}
        identifier = identifier.strip().lower()
        given = document.get("identifier_hash")
        right = hmac.new(KEY.encode(), identifier.encode(), hashlib.sha256).hexdigest()
        if given in (None, "") and not self.mandatory:
            return 200, self._store(identifier, document, verified=False)
        if not isinstance(given, str) or not given.isascii() or not hmac.compare_digest(given.strip().lower(), right):
            return 401, {"error": "HMAC failed: Invalid Identifier Hash Provided", "at": time.time()}
        return 200, self._store(identifier, document, verified=True)

    def update(self, identifier: str, document: dict[str, Any]) -> tuple[int, Any]:
        if identifier.strip().lower() not in self.contacts:
            return 404, {"error": "Resource could not be found"}
        if unknown := document.keys() - {"name", "identifier_hash"}:
            return 422, {"message": f"unexpected {', '.join(sorted(unknown))}"}
        return self.initialise({**document, "identifier": identifier})

    def _store(self, identifier: str, document: dict[str, Any], *, verified: bool) -> dict[str, Any]:
        attributes = document.get("custom_attributes", {})
        self.contacts[identifier] = {
            "identifier": identifier,
            "name": document.get("name"),
            "custom_attributes": [{"key": key, "value": value} for key, value in attributes.items()],
            "last_activity_at": time.time(),
        }
        return {"source_id": uuid.uuid4().hex, "contact": {"hmac_verified": int(verified)}}


class _Handler(BaseHTTPRequestHandler):
    inbox: Inbox

    def do_POST(self) -> None:
        inbox = self.inbox
        body = self.rfile.read(int(self.headers["Content-Length"]))
        inbox.sent += 1
        inbox.bodies.append(body[:500])
        try:
            status, answer = inbox.initialise(json.loads(body))
        except (ValueError, RecursionError):
            status, answer = 400, {"error": "malformed"}
        self._answer(status, answer)

    def do_GET(self) -> None:
        if self.headers["Authorization"] != TOKEN:
            self._answer(401, {})
        elif self.path == "/settings":
            self._answer(200, {"hmac": {"mandatory": self.inbox.mandatory}, "locale": "es"})
        else:
            found = self.inbox.contacts.get(unquote(self.path.rpartition("/")[2]).strip().lower())
            self._answer(200 if found else 410, {"payload": found, "now": time.time()})

    def do_PATCH(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/settings":
            self.inbox.mandatory = body["hmac"]["mandatory"]
            self._answer(204, None)
        else:
            self._answer(*self.inbox.update(unquote(self.path.rpartition("/")[2]), body))

    def _answer(self, status: int, document: Any) -> None:
        body = b"" if document is None else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("X-Request-Id", uuid.uuid4().hex)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@contextmanager
def another_make(folder: Path) -> Iterator[tuple[Inbox, dict[str, Any]]]:
    """Serve an inbox on loopback; yields it and a target file's content that fits."""
    inbox, authority = Inbox(), Authority("Inbox CA")
    (folder / "ca.pem").write_bytes(authority.pem)
    context = authority.issue(LeafSpec()).context()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"inbox": inbox}))
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    url = f"https://localhost:{server.server_port}"
    identity = {
        "url": f"{url}/public/api/v1/inboxes/x/contacts",
        "ca_file": "ca.pem",
        "secret": "env:INBOX_HMAC",
        "uid_pointer": "/identifier",
        "hash_pointer": "/identifier_hash",
        "uids": ["agent.test@example.org", "620", "jos\u00e9@example.org"],
        "body": {"name": "\u00d1andú", "custom_attributes": {"plan": "gold"}},
        "accepted": {"status": [200], "pointer": "/contact/hmac_verified", "equals": 1},
        "state": {"url": f"{url}/contacts/{{uid}}", "authorization": "env:AGENT", "absent_status": [404, 410]},
        "other_paths": [{"url": f"{url}/contacts/{{uid}}"}],
        "switch": {"url": f"{url}/settings", "method": "PATCH", "pointer": "/hmac/mandatory"},
    }
    try:
        yield (
            inbox,
            {
                "schema": 1,
                "name": "inbox",
                "consent": "destructive",
                "limits": {"requests_per_second": 5000, "connections": 32},
                "scope": {"exclude": [{"requirement": f"IDV-0{n}", "reason": "no site here"} for n in (8, 9)]},
                "identity": identity,
            },
        )
    finally:
        server.shutdown()
        server.server_close()
