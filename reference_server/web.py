"""The web app: administration pages and the part of the API that the suite needs, over HTTPS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .http import HttpServer, Request, Response
from .tls import TlsServer

if TYPE_CHECKING:
    from .gateway import Gateway


class WebApp:
    """Administration and API on one HTTPS port, and a plain port that only redirects."""

    def __init__(self, gateway: Gateway) -> None:
        """Bind nothing yet."""
        self.gateway = gateway
        self.tls = TlsServer(gateway)

    def start(self) -> None:
        """Serve in the background."""
        self.tls.prepare()
        self._https = HttpServer(self.answer, self.tls.wrap, clock=self.gateway.clock)
        self._plain = HttpServer(self.redirect)
        for server in (self._https, self._plain):
            server.start()

    def stop(self) -> None:
        """Release the ports."""
        self._https.stop()
        self._plain.stop()

    def document(self) -> dict[str, Any]:
        """Return this part's tables of a fitting target file."""
        return {
            "webapp": {
                "url": f"https://localhost:{self._https.port}",
                "http_ports": [self._plain.port],
                "ca_file": str(self.gateway.folder / "ca.pem"),
                "security_level": self.gateway.security_level,
                "admin_paths": ["/", "/login"],
                "api_paths": ["/v1/health", "/v1/settings/application"],
            }
        }

    def redirect(self, request: Request) -> Response:
        """Send plain HTTP on to HTTPS, and serve nothing."""
        return Response(301, [("Location", f"https://localhost:{self._https.port}{request.path}")])

    def answer(self, request: Request) -> Response:
        """Serve administration and API."""
        return Response.html(f"<title>Administration</title><p>{request.method}</p>")
