"""The TLS side of the web app: a context for each security level."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING

from .pki import LeafSpec

if TYPE_CHECKING:
    from .gateway import Gateway


class TlsServer:
    """Wraps accepted connections as the declared security level asks for."""

    def __init__(self, gateway: Gateway) -> None:
        """Make nothing yet: a fault may change `leaf` first."""
        self.gateway = gateway
        self.leaf = LeafSpec()

    def prepare(self) -> None:
        """Issue the certificate and build the context."""
        leaf = self.gateway.authority.issue(self.leaf)
        path = self.gateway.folder / "web.pem"
        path.write_bytes(leaf.chain_pem + leaf.key_pem)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_3
        self.context.set_ecdh_curve("X25519")
        self.context.load_cert_chain(path)

    def wrap(self, sock: socket.socket) -> ssl.SSLSocket:
        """Do the handshake; raises OSError when it fails."""
        return self.context.wrap_socket(sock, server_side=True)
