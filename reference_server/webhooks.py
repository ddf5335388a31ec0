"""Webhooks: where the gateway posts what happens, which authority it trusts there, and how it tries again."""

from __future__ import annotations

import http.client
import json
import secrets
import ssl
import threading
from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cryptography import x509

from .answers import document, refusal
from .http import Request, Response

if TYPE_CHECKING:
    from .shared import Shared
    from .web import WebApp

CA = "/v1/certificates/webhooks/ca"
MESSAGES = "/v1/messages"
SETTINGS = "/v1/settings/application"
TIMEOUT = 5.0

_PORTS, _MANY = range(20_000, 32_000), 200

_FIRST, _LONGEST = "callback_backoff_delay_ms", "max_callback_backoff_delay_ms"


class Webhooks:
    """Posts events to `webhooks.url`, over HTTPS that verifies, until 200 comes back.

    What a fault may replace: any attribute set in `__init__`. `ca` is PEM, `stored` how it is looked up.
    """

    def __init__(self, shared: Shared, web: WebApp) -> None:
        """Add the endpoints and settings to the API; nothing is delivered before an address is set."""
        self.shared = shared
        self.web = web
        self.api = web.api
        self.ca: bytes | None = None
        self.address_fits: Callable[[str], bool] = lambda url: not url or url.startswith("https://")
        self.trust: Callable[[], ssl.SSLContext] = self.verifying
        self.post: Callable[[str, bytes], int] = self.posted
        self.aim: Callable[[str], str] = lambda _: self.address
        self.store: Callable[[bytes], None] = self.replace
        self.forget: Callable[[], None] = self.drop
        self.api.settings |= {"webhooks": {"url": ""}, _FIRST: "3000", _LONGEST: "900000"}
        self._change = self.api.endpoints[SETTINGS]["PATCH"]
        self.api.endpoints[SETTINGS]["PATCH"] = self.change
        self.api.endpoints[CA] = {"GET": self.show, "POST": self.upload, "DELETE": self.delete}
        self.api.endpoints[MESSAGES] = {"POST": self.message}
        self.api.administration |= {(CA, "GET"), (CA, "POST"), (CA, "DELETE")}
        self._over = threading.Event()

    @property
    def address(self) -> str:
        """Return where events are posted to; empty where nobody asked for them."""
        found = self.api.settings.get("webhooks")
        return str(found.get("url") or "") if isinstance(found, dict) else ""

    def start(self) -> None:
        """Bind nothing: others listen, and say where."""

    def stop(self) -> None:
        """Try nothing any more."""
        self._over.set()

    def document(self) -> dict[str, Any]:
        """Return this part's tables of a fitting target file; its ports are below those that systems give out."""
        first = _PORTS.start + secrets.randbelow(len(_PORTS) - _MANY)
        table = {
            "listen": "127.0.0.1",
            "ports": [first, first + _MANY],
            "callback_host": "localhost",
            "trigger": f"https://localhost:{self.web.port}{MESSAGES}",
        }
        return {"webhook": table}

    def change(self, request: Request) -> Response:
        """Change settings, unless events would leave the house in the clear."""
        asked = document(request).get("webhooks", {})
        if not isinstance(asked, dict) or not self.address_fits(str(asked.get("url") or "")):
            return refusal(HTTPStatus.BAD_REQUEST, 1009, "Parameter value is not valid", "webhooks.url must be https")
        return self._change(request)

    def show(self, _: Request) -> Response:
        """Return the authority that is trusted at the webhook."""
        if self.ca is None:
            return refusal(HTTPStatus.NOT_FOUND, 1006, "Resource not found", "no certificate is stored")
        return Response(HTTPStatus.OK, [("Content-Type", "text/plain")], self.ca)

    def upload(self, request: Request) -> Response:
        """Trust another authority, in the place of the one before."""
        try:
            x509.load_pem_x509_certificates(request.body)
        except ValueError:
            return refusal(HTTPStatus.BAD_REQUEST, 1009, "Parameter value is not valid", "no certificate in PEM form")
        self.store(request.body)
        return Response.json({})

    def delete(self, _: Request) -> Response:
        """Trust no authority of one's own any more."""
        if self.ca is None:
            return refusal(HTTPStatus.NOT_FOUND, 1006, "Resource not found", "no certificate is stored")
        self.forget()
        return Response.json({})

    def message(self, request: Request) -> Response:
        """Take a message for sending, and tell the webhook what became of it."""
        asked = document(request)
        self.tell({"statuses": [{"id": str(asked.get("id", "")), "status": "sent"}]})
        return Response.json({"messages": [{"id": asked.get("id", "")}]}, HTTPStatus.CREATED)

    def heard(self, payload: bytes) -> None:
        """Tell the webhook what became of a message that came over the channel: neither of a ping nor of no JSON."""
        try:
            asked = json.loads(payload)
        except ValueError:
            return
        if isinstance(asked, dict) and asked.get("type") != "ping":
            self.tell({"statuses": [{"id": str(asked.get("id", "")), "status": "sent"}]})

    def replace(self, pem: bytes) -> None:
        """Keep `pem` as the only authority of one's own."""
        self.ca = pem

    def drop(self) -> None:
        """Keep none."""
        self.ca = None

    def tell(self, event: dict[str, Any]) -> None:
        """Post an event in the background, if there is somebody to post it to."""
        if address := self.address:
            body = json.dumps(event).encode()
            threading.Thread(target=self._deliver, args=(address, body), daemon=True).start()

    def _deliver(self, address: str, body: bytes) -> None:
        """Try until 200 comes back, each time after twice the pause before; at the address as it then is."""
        first, longest = (int(self.api.settings[key]) / 1000 for key in (_FIRST, _LONGEST))
        while address and self.post(address, body) != HTTPStatus.OK and not self._over.wait(first):
            address, first = self.aim(address), min(2 * first, longest)

    def posted(self, address: str, body: bytes) -> int:
        """Post once; return the status, or 0 where none came. A redirect is followed nowhere."""
        return self.sent("POST", address, body, self.trust)[0]

    def sent(self, method: str, address: str, body: bytes, trust: Callable[[], ssl.SSLContext]) -> tuple[int, str]:
        """Send one request; return the status, or 0 where none came, and the Location that came with it."""
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
        connection: http.client.HTTPConnection = (
            http.client.HTTPSConnection(host, port, timeout=TIMEOUT, context=trust())
            if parts.scheme == "https"
            else http.client.HTTPConnection(host, port, timeout=TIMEOUT)
        )
        try:
            connection.request(method, parts.path or "/", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
        except (OSError, http.client.HTTPException):
            return 0, ""
        else:
            return answer.status, answer.headers.get("Location", "")
        finally:
            connection.close()

    def verifying(self) -> ssl.SSLContext:
        """Return a context that trusts the stored authority, or the system's where none is stored."""
        return trusting(self.ca)


@cache
def trusting(ca: bytes | None) -> ssl.SSLContext:
    """Return a client's context that verifies chain and name, against `ca` alone where there is one."""
    return ssl.create_default_context(cadata=ca.decode() if ca else None)
