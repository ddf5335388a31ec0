"""One HTTP request, bounded in size and time, its answer kept raw."""

from __future__ import annotations

import re
import socket
import ssl
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from conformance.model import Inconclusive
from conformance.observatory import Bench
from conformance.records.http import Exchange
from conformance.secret import Secret

TIMEOUT = 5.0
MAX_BODY = 64 << 10

_FOLD = re.compile(r"\r?\n[ \t]+")


class _Adapter(HTTPAdapter):
    """Uses the TLS context that the probe made; None leaves the library's own verification in place."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        self._context = context
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        if self._context is not None:
            kwargs["ssl_context"] = self._context
            kwargs["assert_hostname"] = None if self._context.check_hostname else False
        super().init_poolmanager(*args, **kwargs)


def exchange(
    bench: Bench,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    context: ssl.SSLContext | None = None,
    timeout: float = TIMEOUT,
) -> Exchange:
    """Send one request on a connection of its own and return what was seen; redirects are not followed.

    `timeout` is in seconds, for the connection and between two reads. Trouble in transport is told in the record's
    `trouble`; raises Inconclusive only when the run's budget or the probe's time is spent.
    """
    return exchange_bytes(bench, method, url, headers=headers, body=body, context=context, timeout=timeout)[0]


def exchange_bytes(
    bench: Bench,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    context: ssl.SSLContext | None = None,
    timeout: float = TIMEOUT,
) -> tuple[Exchange, bytes]:
    """Do as `exchange`, and return the answer's body as it came beside the record: a record holds text only."""
    host = urlsplit(url).hostname or ""
    bench.budget.request(host)
    with bench.budget.connection(host), requests.Session() as session:
        session.trust_env = False
        session.headers.clear()
        session.mount("https://", _Adapter(context))
        sent = {"Connection": "close", "User-Agent": "portero", "Accept": "*/*", **(headers or {})}
        try:
            answer = session.request(
                method,
                url,
                headers=sent,
                data=body,
                timeout=timeout,
                allow_redirects=False,
                stream=True,
                verify=context is None or context.verify_mode is ssl.CERT_REQUIRED,
            )
            content = answer.raw.read(MAX_BODY + 1, decode_content=False) or b""
        except (requests.RequestException, OSError, ValueError) as error:
            return Exchange(method, url, trouble=plain_words(error)), b""
        lines = tuple((name, _FOLD.sub(" ", value).strip(" \t")) for name, value in answer.raw.headers.iteritems())
        text = content[:MAX_BODY].decode("utf-8", "replace")
        return Exchange(method, url, answer.status_code, lines, text, len(content)), content[:MAX_BODY]


def lenient_context() -> ssl.SSLContext:
    """Return a client context that takes any certificate and any version: for looking, never for secrets."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def client_context(bench: Bench, host: str, port: int) -> ssl.SSLContext:
    """Return a lenient context, with the declared client certificate where the web app is what is looked at.

    Raises Inconclusive when the certificate or its key cannot be used.
    """
    context = lenient_context()
    webapp = bench.target.webapp
    if webapp is None or webapp.client_cert is None or webapp.client_key is None:
        return context
    parts = urlsplit(webapp.url)
    if (parts.hostname, parts.port or 443) == (host, port):
        present(context, bench.file(webapp.client_cert), bench.vault[webapp.client_key])
    return context


def present(context: ssl.SSLContext, certificate: Path, key: Secret) -> None:
    """Let `context` show a client certificate when it is asked for one; raises Inconclusive when it cannot be used."""
    with tempfile.TemporaryDirectory(prefix="portero-") as folder:  # `ssl` reads keys from files only
        path = Path(folder) / "key.pem"
        path.touch(mode=0o600)
        path.write_text(key.reveal() + "\n", encoding="utf-8")
        try:
            context.load_cert_chain(certificate, path)
        except OSError as error:
            raise Inconclusive(f"webapp.client_cert and client_key cannot be used: {plain_words(error)}") from error


def plain_words(error: BaseException) -> str:
    """Say what went wrong in transport in words that an operator uses."""
    chain = []
    cause: BaseException | None = error
    while cause is not None:
        chain.append(cause)
        inner = next((a for a in (*cause.args, getattr(cause, "reason", None)) if isinstance(a, BaseException)), None)
        cause = inner or cause.__cause__ or cause.__context__
        if cause in chain:
            break
    for link in chain:
        for kind, words in _WORDS:
            if isinstance(link, kind):
                return words.format(detail=getattr(link, "verify_message", "") or link)
    last = chain[-1]
    return f"{type(last).__name__}: {last}"


_WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (ConnectionRefusedError, "connection refused"),
    (ConnectionResetError, "connection reset"),
    (BrokenPipeError, "connection closed while sending"),
    (socket.gaierror, "the name does not resolve"),
    (ssl.SSLCertVerificationError, "the certificate does not verify: {detail}"),
    (ssl.SSLError, "TLS failed: {detail}"),
    (TimeoutError, "no answer in time"),
    (requests.Timeout, "no answer in time"),
)
