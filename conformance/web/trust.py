"""How a careful client takes a certificate chain: the declared trust, flags spelt out, and what was sent."""

from __future__ import annotations

import ssl
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from conformance.bench import Bench
from conformance.inputs.target import Webapp
from conformance.model import Inconclusive
from conformance.sentence import Own, say
from conformance.web.http import TIMEOUT, connect, plain_words, present


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


def served(secured: ssl.SSLSocket) -> list[bytes]:
    """Return the certificates as they were sent, DER. Python names the method from 3.13 on, and has it since 3.10."""
    public = getattr(secured, "get_unverified_chain", None)
    if public is not None:
        return list(public())
    inner: Any = secured._sslobj  # type: ignore[attr-defined]
    return [ssl.PEM_cert_to_DER_cert(each.public_bytes()) for each in inner.get_unverified_chain() or ()]


def webapp_trust(bench: Bench, *, strict: bool) -> ssl.SSLContext:
    """Return a context that verifies chain and name against the declared trust, and leaves all else open.

    Raises Inconclusive when webapp.ca_file cannot be used.
    """
    webapp = bench.target.declared(Webapp)
    ca_file = bench.file(webapp.ca_file) if webapp.ca_file is not None else None
    context = careful_context(ca_file, "webapp.ca_file", strict=strict)
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
    """Return the chain that is served, DER; raises SSLCertVerificationError, or Inconclusive for all other trouble."""
    parts = urlsplit(bench.target.declared(Webapp).url)
    host, port = parts.hostname or "", parts.port or 443
    with bench.budget.connection(host):
        try:
            with (
                connect(address or host, port, time.monotonic() + min(TIMEOUT, bench.left())) as sock,
                context.wrap_socket(sock, server_hostname=host) as secured,
            ):
                return served(secured)
        except ssl.SSLCertVerificationError:
            raise
        except (OSError, ValueError) as error:
            place = Own(f"{address or host}:{port}")
            raise Inconclusive(say("{place}: {trouble}", place=place, trouble=plain_words(error))) from error
