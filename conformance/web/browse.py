"""Gets a page or script as a browser receives it: past redirects within its origin, decoded, and all of it."""

from __future__ import annotations

import codecs
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from conformance.bench import Bench
from conformance.origin import Origin, onward
from conformance.sentence import NOTHING, Sentence
from conformance.web.exchange import Answered
from conformance.web.http import TIMEOUT, plain_words

LARGEST = 8 << 20  # bytes of a page or script, as it is unpacked
PATIENCE = 20.0  # seconds for a page as a whole: a server may send it byte by byte
MOST_REDIRECTS = 5  # more is a circle
_NO_CHARSETS = ("idna", "punycode", "raw-unicode-escape", "unicode-escape", "undefined", "utf-7")
"""What Python decodes and no browser does; the first two for minutes, were a page to ask for it."""


@dataclass(frozen=True, slots=True)
class Fetched(Answered):
    """What came of one page. `trouble` says why there is no answer; `cut` that its end was not read.

    `head` are the answer's headers, a line each; `before` is what the redirects on the way said.
    """

    url: str
    status: int = 0
    text: str = ""
    trouble: Sentence = NOTHING
    cut: bool = False
    head: str = ""
    before: str = ""


class _Adapter(HTTPAdapter):
    """Trusts what `context` trusts, where the library would add authorities of its own."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__()

    def build_connection_pool_key_attributes(self, *args: Any, **kwargs: Any) -> Any:
        host, _ = super().build_connection_pool_key_attributes(*args, **kwargs)
        return host, {"ssl_context": self._context} if host["scheme"] == "https" else {}

    def cert_verify(self, *args: Any, **kwargs: Any) -> None:
        """Leave it to the context."""


def fetch(bench: Bench, url: str, headers: Mapping[str, str], context: ssl.SSLContext) -> Fetched:
    """Return what stands at `url`, up to 8 MiB; a redirect to another origin is what came.

    Raises Inconclusive when the run's budget is spent.
    """
    with requests.Session() as session:
        session.trust_env = False
        session.mount("https://", _Adapter(context))
        before = ""
        for _ in range(MOST_REDIRECTS):
            seen, location = _get(bench, session, url, headers)
            there = onward(url, location)
            if not seen.redirects or there is None or there == url:
                break
            url, before = there, f"{before}{seen.head}\n{seen.text}\n"
        return replace(seen, before=before)


def _get(bench: Bench, session: requests.Session, url: str, headers: Mapping[str, str]) -> tuple[Fetched, str]:
    host = Origin.of(url).host
    bench.budget.request(host)
    ends = time.monotonic() + min(PATIENCE, bench.left())
    with bench.budget.connection(host):
        try:
            with session.get(url, headers=headers, timeout=TIMEOUT, allow_redirects=False, stream=True) as answer:
                content, cut = _content(answer, ends)
                text = _decoded(content, answer.encoding or "utf-8")
                head = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
                return Fetched(url, answer.status_code, text, cut=cut, head=head), answer.headers.get("Location", "")
        except (requests.RequestException, OSError, LookupError, ValueError) as error:
            return Fetched(url, trouble=plain_words(_root(error))), ""


def _content(answer: requests.Response, ends: float) -> tuple[bytes, bool]:
    content = bytearray()
    for chunk in answer.iter_content(64 << 10):
        content += chunk
        if len(content) > LARGEST or time.monotonic() > ends:
            return bytes(content), True
    return bytes(content), False


def _decoded(content: bytes, charset: str) -> str:
    """Return a body as text; raises LookupError for a charset that browsers do not know."""
    if codecs.lookup(charset).name in _NO_CHARSETS:
        raise LookupError("its charset is unknown to browsers")
    return content.decode(charset, "replace")


def _root(error: BaseException) -> BaseException:
    """Return what the library's own errors wrap."""
    while error.__context__ is not None:
        error = error.__context__
    return error
