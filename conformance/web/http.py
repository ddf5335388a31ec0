"""One HTTP request, bounded in size and time, its answer kept raw."""

from __future__ import annotations

import errno
import re
import socket
import ssl
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from conformance.bench import Bench
from conformance.model import Inconclusive
from conformance.origin import Origin
from conformance.secrecy.secret import Secret
from conformance.sentence import Own, Sentence, say
from conformance.web.answer import MAX_BODY, Answer, OddAnswer, Stream, read_answer
from conformance.web.exchange import TOO_LATE, UNREACHABLE, UNRESOLVED, Exchange
from conformance.web.resolve import ResolverSilent, resolve

TIMEOUT = 5.0  # seconds
NOT_ASKED = say("not asked any more: nothing before it was answered in time")

_USUAL = {"Connection": "close", "User-Agent": "portero", "Accept": "*/*", "Accept-Encoding": "identity"}
_BAD_IN_HEAD = re.compile(r"[\r\n\0]")


class _Unsendable(ValueError):
    """A request whose head would not be what it says."""


def exchange(
    bench: Bench,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    context: ssl.SSLContext | None = None,
    timeout: float = TIMEOUT,
    address: str | None = None,
    most: int = MAX_BODY,
) -> Exchange:
    """Send one request on a connection of its own and return what was seen; redirects are not followed.

    The path goes out as it is written. `context` is for https; without one the system's trust decides. `timeout` is in
    seconds, for everything from the name to the last byte. `address` is connected to instead of those behind the name.
    `most` is how many bytes of the body are read. An endpoint that never answered in time is not asked again and again.
    Trouble in transport is told in the record's `trouble`; raises Inconclusive only when the run's budget or the
    probe's time is spent.
    """
    return exchange_bytes(
        bench, method, url, headers=headers, body=body, context=context, timeout=timeout, address=address, most=most
    )[0]


def exchange_bytes(
    bench: Bench,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | Callable[[], bytes] | None = None,
    context: ssl.SSLContext | None = None,
    timeout: float = TIMEOUT,
    address: str | None = None,
    most: int = MAX_BODY,
) -> tuple[Exchange, bytes]:
    """Do as `exchange`, and return the answer's body as it came beside the record: a record holds text only.

    A `body` that is a function is asked for when the request's turn has come, so that what it stamps is fresh.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    unanswered = Exchange(method, url)
    try:
        request = _request(method, parts, headers or {}, b"" if callable(body) else body)
    except UnicodeError:
        return replace(unanswered, trouble=UNRESOLVED), b""
    except _Unsendable:
        return replace(unanswered, trouble=say("a line break stands in the request's path or headers")), b""
    endpoint = (parts.scheme, address or host, parts.port)
    if bench.silence.lasts(endpoint):
        return replace(unanswered, trouble=NOT_ASKED), b""
    bench.budget.request(host)
    with bench.budget.connection(host):
        if callable(body):
            request = _request(method, parts, headers or {}, body())
        began = time.monotonic()
        try:
            answer = _ask(parts, address or host, request, context, min(timeout, bench.left()), most)
        except OddAnswer as odd:
            bench.silence.heard(endpoint)
            return replace(unanswered, trouble=odd.words, body=odd.seen.decode("utf-8", "replace")), odd.seen
        except (OSError, ValueError) as error:
            if isinstance(error, TimeoutError):
                bench.silence.waited(endpoint)
            return replace(unanswered, trouble=plain_words(error)), b""
    bench.silence.heard(endpoint)
    return _recorded(unanswered, answer, time.monotonic() - began), answer.body


def _recorded(asked: Exchange, answer: Answer, seconds: float) -> Exchange:
    return replace(
        asked,
        status=answer.status,
        headers=answer.headers,
        malformed=answer.malformed,
        body=answer.body.decode("utf-8", "replace"),
        body_bytes=len(answer.body),
        incomplete=answer.incomplete,
        seconds=round(seconds, 4),
    )


def connect(host: str, port: int, ends: float) -> socket.socket:
    """Connect to the first address of `host` that takes it, before `ends` on the monotonic clock; raises OSError.

    Each address gets its share of the time, so that one that drops packets does not use up all of it.
    """
    found = resolve(host, port, ends - time.monotonic())
    trouble: OSError = socket.gaierror(UNRESOLVED)
    for tried, (family, address) in enumerate(found):
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(max(0.001, (ends - time.monotonic()) / (len(found) - tried)))
            sock.connect(address)
        except OSError as error:
            sock.close()
            trouble = error
        else:
            sock.settimeout(max(0.001, ends - time.monotonic()))
            return sock
    raise trouble


def server_name(host: str) -> str:
    """Return the name that a TLS hello and a certificate hold: that of the host, without its root's dot (RFC 6066)."""
    return host.removesuffix(".")


def _request(method: str, parts: SplitResult, headers: Mapping[str, str], body: bytes | None) -> bytes:
    """Return the request's bytes; raises _Unsendable where a line break would end a line of its head early."""
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = {"host": ("Host", parts.netloc.rpartition("@")[2].encode("idna").decode())}
    for name, value in _USUAL.items():
        lines[name.lower()] = (name, value)
    if body is not None or method in ("POST", "PUT", "PATCH"):
        lines["content-length"] = ("Content-Length", str(len(body or b"")))
    lines |= {name.lower(): (name, value) for name, value in headers.items()}
    first = f"{method} {target} HTTP/1.1"
    if any(_BAD_IN_HEAD.search(text) for text in (first, *(t for line in lines.values() for t in line))):
        raise _Unsendable
    head = "\r\n".join((first, *(f"{name}: {value}" for name, value in lines.values()), "", ""))
    return head.encode() + (body or b"")


def _ask(
    parts: SplitResult, address: str, request: bytes, context: ssl.SSLContext | None, seconds: float, most: int
) -> Answer:
    ends = time.monotonic() + seconds
    method = request.split(b" ", 1)[0].decode()
    with connect(address, parts.port or {"https": 443}.get(parts.scheme, 80), ends) as sock:
        if parts.scheme != "https":
            return _talk(sock, ends, request, method, most)
        name = server_name(parts.hostname or "")
        with (context or ssl.create_default_context()).wrap_socket(sock, server_hostname=name) as secured:
            return _talk(secured, ends, request, method, most)


def _talk(sock: socket.socket, ends: float, request: bytes, method: str, most: int) -> Answer:
    """Send, and read the answer: also of a server that answers and hangs up before it has taken all."""
    broken: OSError | None = None
    try:
        sock.sendall(request)
    except (BrokenPipeError, ConnectionResetError) as error:
        broken = error
    try:
        return read_answer(Stream(sock, ends), method, most)
    except (OSError, OddAnswer):
        if broken is not None:
            raise broken from None
        raise


_LEGACY_SERVER = 0x4
"""Shake hands also with servers that lack RFC 5746, which is a finding of its own (`ssl` names it from 3.12 on)."""


def lenient_context() -> ssl.SSLContext:
    """Return a client context that takes any certificate and any version: for looking, never for secrets."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:!aNULL:@SECLEVEL=0")
    context.options |= _LEGACY_SERVER
    return context


def client_context(bench: Bench, host: str, port: int) -> ssl.SSLContext:
    """Return a lenient context, with the declared client certificate where the web app is what is looked at.

    Raises Inconclusive when the certificate or its key cannot be used.
    """
    context = lenient_context()
    webapp = bench.target.webapp
    if webapp is None or webapp.client_cert is None or webapp.client_key is None:
        return context
    declared = Origin.of(webapp.url)
    if (declared.host, declared.port) == (host, port):
        present(context, bench.file(webapp.client_cert), bench.vault[webapp.client_key])
    return context


def webapp_context(bench: Bench) -> ssl.SSLContext:
    """Return the context for requests to the web app; raises Inconclusive as `client_context` does."""
    declared = Origin.of(bench.target.webapp.url if bench.target.webapp else "")
    return client_context(bench, declared.host, declared.port)


def present(context: ssl.SSLContext, certificate: Path, key: Secret, section: str = "webapp") -> None:
    """Let `context` show a client certificate when it is asked for one; raises Inconclusive when it cannot be used."""
    with key_file(key) as path:
        try:
            context.load_cert_chain(certificate, path)
        except OSError as error:
            why = say(
                "{section}.client_cert and client_key cannot be used: {trouble}",
                section=Own(section),
                trouble=plain_words(error),
            )
            raise Inconclusive(why) from error


def plain_words(error: BaseException) -> Sentence:
    """Say what went wrong in transport in words that an operator uses."""
    number = getattr(error, "errno", None)
    if number in (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
        return UNREACHABLE
    for kind, words in _WORDS:
        if isinstance(error, kind):
            return words(error)
    said = (getattr(error, "strerror", None) or f"{type(error).__name__}: {error}").lower()
    return say("{error}", error=Own(said))


def _detail(error: BaseException) -> Own:
    """Return OpenSSL's own words, without the line of its source."""
    words = getattr(error, "verify_message", "") or getattr(error, "reason", None) or str(error)
    return Own(str(words).replace("_", " ").lower().partition(" ( ssl.c")[0])


_WORDS: tuple[tuple[type[BaseException], Callable[[BaseException], Sentence]], ...] = (
    (ConnectionRefusedError, lambda _: say("connection refused")),
    (ConnectionResetError, lambda _: say("connection reset")),
    (ConnectionAbortedError, lambda _: say("connection reset")),
    (BrokenPipeError, lambda _: say("connection closed while sending")),
    (socket.gaierror, lambda _: UNRESOLVED),
    (UnicodeError, lambda _: UNRESOLVED),
    (ssl.SSLCertVerificationError, lambda e: say("the certificate does not verify: {detail}", detail=_detail(e))),
    (ssl.SSLEOFError, lambda _: say("closed the connection during the TLS handshake")),
    (ssl.SSLError, lambda e: say("TLS failed: {detail}", detail=_detail(e))),
    (ResolverSilent, lambda _: say("the name was not resolved in time")),
    (TimeoutError, lambda _: TOO_LATE),
)


@contextmanager
def key_file(key: Secret) -> Iterator[Path]:
    """Yield the path of a file with the key, which only its owner can read: `ssl` and sslyze read keys from files only.

    It is gone afterwards.
    """
    with tempfile.TemporaryDirectory(prefix="portero-") as folder:
        path = Path(folder) / "key.pem"
        path.touch(mode=0o600)
        path.write_text(key.reveal() + "\n", encoding="utf-8")
        yield path
