"""How a careful client takes a certificate chain: the declared trust, flags spelt out, and what was sent."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

from conformance.model import Inconclusive
from conformance.sentence import Own, say
from conformance.web.http import plain_words


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
