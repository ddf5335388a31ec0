"""The TLS side of the web app: each security level really served, and seams where one attribute can be spoilt."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .clienthello import ClientHello, peek
from .pki import Authority, Key, LeafSpec
from .wiretap import Tap, tapped

if TYPE_CHECKING:
    from .shared import Shared

TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3

INTERMEDIATE_SUITES = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
)
OLD_SUITES = (
    f"{INTERMEDIATE_SUITES}:"
    "ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:"
    "ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384:ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA:"
    "AES128-GCM-SHA256:AES256-GCM-SHA384:AES128-SHA256:AES256-SHA256:AES128-SHA:AES256-SHA"
)

# What a script makes of a hello: bytes to answer with before hanging up, or None to let the server speak.
Script = Callable[[ClientHello], bytes | None]


@dataclass(slots=True)
class TlsSettings:
    """What one SSL context is made of.

    `suites` is OpenSSL's list for TLS 1.2 and before; those of TLS 1.3 are its defaults, which are every level's.
    `group` is the only key-exchange group, None leaves all that OpenSSL has. `options` are switched on besides;
    `weak` lets OpenSSL 3 do what it holds to be too weak, such as TLS 1.0. `dh_params` is PEM.
    """

    minimum: ssl.TLSVersion = TLS13
    maximum: ssl.TLSVersion = TLS13
    suites: str = INTERMEDIATE_SUITES
    group: str | None = "prime256v1"
    server_order: bool = False
    weak: bool = False
    options: int = 0
    dh_params: bytes = b""
    leaves: list[LeafSpec] = field(default_factory=lambda: [LeafSpec()])


def settings(level: str) -> TlsSettings:
    """Return what a security level is served with: `modern`, `intermediate` or `old`.

    3DES and SSL 3.0 are left out of OLD: OpenSSL 3 has neither, and no level asks that all its list be offered.
    """
    if level == "modern":
        return TlsSettings()
    if level == "intermediate":
        return TlsSettings(minimum=TLS12)
    return TlsSettings(
        minimum=ssl.TLSVersion.MINIMUM_SUPPORTED,
        suites=OLD_SUITES,
        server_order=True,
        weak=True,
        leaves=[LeafSpec(key="rsa-2048")],
    )


class TlsServer:
    """Wraps accepted connections as the declared security level asks for."""

    def __init__(self, shared: Shared) -> None:
        """Make nothing yet: a fault may change the settings first.

        `special` are settings for some clients only: the first whose condition the hello meets. `scripts` may answer
        a hello in the server's place. `tap` makes a listener for a connection, which may answer its records.
        """
        self.shared = shared
        self.authority: Authority | None = None  # None: the gateway's own
        self.settings = settings(shared.security_level)
        self.special: list[tuple[Callable[[ClientHello], bool], TlsSettings]] = []
        self.scripts: list[Script] = []
        self.tap: Callable[[], Tap] | None = None

    @property
    def leaf(self) -> LeafSpec:
        """Return what the first certificate is to be like."""
        return self.settings.leaves[0]

    @leaf.setter
    def leaf(self, spec: LeafSpec) -> None:
        self.settings.leaves[0] = spec

    def prepare(self) -> None:
        """Issue the certificates and build the contexts."""
        self.keys: list[Key] = []
        self._issued: dict[int, tuple[bytes, bytes]] = {}
        self._build()

    def _build(self) -> None:
        self.context = self._context(self.settings)
        self._special = [(meets, self._context(chosen)) for meets, chosen in self.special]

    def served(self) -> tuple[bytes, bytes]:
        """Return the chain that most clients are shown, and its key, PEM."""
        spec = min(self.settings.leaves, key=lambda spec: spec.key.startswith("rsa"))
        return self._issued[id(spec)]

    def replace(self, chain: bytes, key: bytes, *, rsa: bool) -> None:
        """Show another certificate from the next handshake on, in the place of those with the same kind of key."""
        for chosen in (self.settings, *(chosen for _, chosen in self.special)):
            alike = [spec for spec in chosen.leaves if spec.key.startswith("rsa") == rsa]
            for spec in alike or chosen.leaves:
                self._issued[id(spec)] = chain, key
        self._build()

    def wrap(self, sock: socket.socket) -> ssl.SSLSocket:
        """Do the handshake; raises OSError when it fails."""
        context = self.context
        if self.scripts or self._special:
            hello = peek(sock)
            self._play(sock, hello)
            context = next((special for meets, special in self._special if meets(hello)), context)
        if self.tap is not None:
            sock = tapped(sock, self.tap())
        return context.wrap_socket(sock, server_side=True)

    def _play(self, sock: socket.socket, hello: ClientHello) -> None:
        for script in self.scripts:
            if (answer := script(hello)) is not None:
                sock.recv(1 << 16)  # a close on unread bytes is a reset, which overtakes the answer
                sock.sendall(answer)
                raise ConnectionAbortedError("a scripted answer was played")

    def _context(self, chosen: TlsSettings) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers(chosen.suites + (":@SECLEVEL=0" if chosen.weak else ""))
        context.minimum_version, context.maximum_version = chosen.minimum, chosen.maximum
        if chosen.group:
            context.set_ecdh_curve(chosen.group)
        context.options |= chosen.options | ssl.OP_CIPHER_SERVER_PREFERENCE
        if not chosen.server_order:
            context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
        self._load(context, chosen)
        return context

    def _load(self, context: ssl.SSLContext, chosen: TlsSettings) -> None:
        path = self.shared.folder / "web.pem"
        for spec in chosen.leaves:
            if id(spec) not in self._issued:
                leaf = (spec.issuer or self.authority or self.shared.authority).issue(spec)
                self.keys.append(leaf.key)
                self._issued[id(spec)] = leaf.chain_pem, leaf.key_pem
            path.write_bytes(b"".join(self._issued[id(spec)]))
            context.load_cert_chain(path)
        if chosen.dh_params:
            path.write_bytes(chosen.dh_params)
            context.load_dh_params(str(path))
        path.unlink()
