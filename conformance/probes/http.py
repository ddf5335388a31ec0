"""One HTTP request, bounded in size and time, its answer kept raw."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from conformance.observatory import Bench
from conformance.records.http import Exchange

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
    `trouble`; raises Inconclusive only when the run's request budget is spent.
    """
    bench.budget.request()
    with bench.budget.connection(urlsplit(url).hostname or ""), requests.Session() as session:
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
            return Exchange(method, url, trouble=plain_words(error))
        lines = tuple((name, _FOLD.sub(" ", value).strip(" \t")) for name, value in answer.raw.headers.iteritems())
        text = content[:MAX_BODY].decode("utf-8", "replace")
        return Exchange(method, url, answer.status_code, lines, text, len(content))


def lenient_context() -> ssl.SSLContext:
    """Return a client context that takes any certificate and any version: for looking, never for secrets."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


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
