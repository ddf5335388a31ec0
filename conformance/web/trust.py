"""How a careful client takes a certificate chain: the declared trust, flags spelt out, and what was sent."""

from __future__ import annotations

import contextlib
import ssl
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from conformance.bench import Bench
from conformance.inputs.target import Webapp
from conformance.model import Inconclusive
from conformance.origin import Origin
from conformance.sentence import Own, say
from conformance.web.http import TIMEOUT, connect, plain_words, present, server_name

OPEN, USUAL = 0, 2
"""Security levels of OpenSSL: everything goes, and what current clients ask for: no signature by SHA-1 or MD5 but an
anchor's own, no RSA key below 2048 bits, no curve below 224."""

_SUITE = b"\xc0\x2b"  # ECDHE-ECDSA with AES-128-GCM
_AFTERWARDS = "WRONG_CERTIFICATE_TYPE"
"""OpenSSL's reason when the key does not fit the suite: it looks at that after it has verified the chain."""
_SECURE_RENEGOTIATION = b"\xff\x01\x00\x01\x00"
_RECORD = 1 << 14  # the most that one record of TLS may hold (RFC 8446, 5.1)


def careful_context(ca_file: Path | None, key: str, *, strict: bool) -> ssl.SSLContext:
    """Return a context that verifies chain and name, and leaves versions and suites open.

    Python's defaults for the flags differ between its versions, so they are spelt out. `ca_file` None is the system's
    trust store. Raises Inconclusive, naming the target file's `key`, when the file cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:!aNULL:@SECLEVEL=0")  # without a certificate there is nothing to verify
    context.verify_flags = ssl.VERIFY_X509_TRUSTED_FIRST | ssl.VERIFY_X509_PARTIAL_CHAIN
    if strict:
        context.verify_flags |= ssl.VERIFY_X509_STRICT
    if ca_file is None:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
        return context
    try:
        context.load_verify_locations(ca_file)
    except OSError as error:
        file = Own(f"{key} ({ca_file.name})")
        raise Inconclusive(say("{file} cannot be used: {trouble}", file=file, trouble=plain_words(error))) from error
    return context


def judging_context(
    ca_file: Path | None,
    key: str,
    *,
    strict: bool = False,
    level: int = OPEN,
    common_name: bool = False,
    revocation: bool = True,
) -> ssl.SSLContext:
    """Return a context for `verified`: as `careful_context`, and what it asks of keys and signatures is `level`.

    A revocation list beside the authorities is looked at unless told otherwise. `common_name` takes a name that stands
    in the subject alone, where there are no alternative names: web clients do not any more. Raises Inconclusive.
    """
    context = careful_context(ca_file, key, strict=strict)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(f"ALL:!aNULL:@SECLEVEL={level}")
    context.hostname_checks_common_name = common_name
    if revocation and context.cert_store_stats()["crl"]:
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    return context


def verified(chain: Sequence[bytes], context: ssl.SSLContext, host: str) -> tuple[int, str]:
    """Return what OpenSSL says of a chain that was served, DER: its X509_V_ERR number, 0 for a good one, and its words.

    Nothing is connected to: a client of TLS 1.2 is played a server's first messages, and judges the chain before it
    asks for a proof of the key. So one chain can be judged by many rules, and what is told of it is told of no other.
    An empty `host` leaves the name open. Raises Inconclusive for a chain that cannot be read, or a host that no
    certificate can name.
    """
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    if not host:
        context.check_hostname = False
    try:
        client = context.wrap_bio(incoming, outgoing, server_hostname=server_name(host) or None)
        with contextlib.suppress(ssl.SSLWantReadError):
            client.do_handshake()
        incoming.write(_first_messages(chain))
        with contextlib.suppress(ssl.SSLWantReadError):
            client.do_handshake()
    except ssl.SSLCertVerificationError as error:
        return error.verify_code, error.verify_message
    except (ssl.SSLError, ValueError) as error:
        if getattr(error, "reason", "") != _AFTERWARDS:
            raise Inconclusive(say("the chain cannot be read: {trouble}", trouble=plain_words(error))) from error
    return 0, ""


def _first_messages(chain: Sequence[bytes]) -> bytes:
    """Return a server's hello and certificate, in records."""
    hello = b"\x03\x03" + bytes(32) + b"\0" + _SUITE + b"\0" + _vector(2, _SECURE_RENEGOTIATION)
    listed = _vector(3, b"".join(_vector(3, der) for der in chain))
    messages = b"\x02" + _vector(3, hello) + b"\x0b" + _vector(3, listed)
    pieces = (messages[at : at + _RECORD] for at in range(0, len(messages), _RECORD))
    return b"".join(b"\x16\x03\x03" + _vector(2, piece) for piece in pieces)


def _vector(width: int, content: bytes) -> bytes:
    return len(content).to_bytes(width) + content


def served(secured: ssl.SSLSocket) -> list[bytes]:
    """Return the certificates as they were sent, DER. Python names the method from 3.13 on, and has it since 3.10."""
    public = getattr(secured, "get_unverified_chain", None)
    if public is not None:
        return list(public())
    inner: Any = secured._sslobj  # type: ignore[attr-defined]
    return [ssl.PEM_cert_to_DER_cert(each.public_bytes()) for each in inner.get_unverified_chain() or ()]


def webapp_trust(bench: Bench) -> ssl.SSLContext:
    """Return a context that verifies chain and name against the declared trust, and leaves all else open.

    Raises Inconclusive when webapp.ca_file cannot be used.
    """
    webapp = bench.target.declared(Webapp)
    ca_file = bench.file(webapp.ca_file) if webapp.ca_file is not None else None
    context = careful_context(ca_file, "webapp.ca_file", strict=False)
    if webapp.client_cert is not None and webapp.client_key is not None:
        present(context, bench.file(webapp.client_cert), bench.vault[webapp.client_key])
    return context


def identity_trust(bench: Bench, ca_file: str | None, *, also_system: bool = False) -> ssl.SSLContext:
    """Return a context that verifies chain and name, against `ca_file` alone unless told otherwise.

    Raises Inconclusive when the file cannot be used.
    """
    try:
        context = ssl.create_default_context(cafile=str(bench.file(ca_file)) if ca_file else None)
        if ca_file and also_system:
            context.load_default_certs()
    except OSError as error:
        why = say("identity.ca_file {file} cannot be used: {why}", file=Own(ca_file or ""), why=plain_words(error))
        raise Inconclusive(why) from error
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def handshake(bench: Bench, context: ssl.SSLContext, address: str | None) -> list[bytes]:
    """Return the chain that is served to `context`, DER; raises Inconclusive for any trouble."""
    origin = Origin.of(bench.target.declared(Webapp).url)
    host, port = origin.host, origin.port
    with bench.budget.connection(host):
        try:
            with (
                connect(address or host, port, time.monotonic() + min(TIMEOUT, bench.left())) as sock,
                context.wrap_socket(sock, server_hostname=server_name(host)) as secured,
            ):
                return served(secured)
        except (OSError, ValueError) as error:
            place = Own(f"{address or host}:{port}")
            raise Inconclusive(say("{place}: {trouble}", place=place, trouble=plain_words(error))) from error
