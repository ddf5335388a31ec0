"""Odd answers are kept as they came, and nothing a server does holds the client up."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from conformance.bench import Bench
from conformance.bench.budget import Budget
from conformance.inputs import target
from conformance.secrecy.redact import Redactor
from conformance.secrecy.secret import Vault
from conformance.web.exchange import UNRESOLVED, Exchange
from conformance.web.http import exchange, exchange_bytes, lenient_context
from reference_server.clienthello import RENEGOTIATION_INFO, without_extension
from reference_server.pki import Authority, LeafSpec
from reference_server.wiretap import tapped
from tests import null


def bench() -> Bench:
    aim = target.parse({"schema": 1, "name": "t", "webapp": {"url": "https://localhost"}})
    return Bench(aim, Vault({}), Budget(aim.limits), Redactor())


@contextmanager
def saying(answer: bytes, heard: list[bytes] | None = None) -> Iterator[int]:
    def serve(client: socket.socket) -> None:
        request = client.recv(1 << 16)
        if heard is not None:
            heard.append(request)
        with contextlib.suppress(OSError), client:
            client.sendall(answer)

    with null.listening(serve) as port:
        yield port


def ask(answer: bytes, method: str = "GET", timeout: float = 5.0) -> Exchange:
    with saying(answer) as port:
        return exchange(bench(), method, f"http://127.0.0.1:{port}/", timeout=timeout)


def test_lines_stay_in_order_with_repeats_and_their_own_case() -> None:
    seen = ask(b"HTTP/1.1 200 OK\r\nX-B: 1\r\nx-a:  two \t\r\nX-B: 3\r\n\r\n")
    assert seen.headers == (("X-B", "1"), ("x-a", "two"), ("X-B", "3"))
    assert seen.values("x-b") == ("1", "3")


def test_a_folded_line_is_joined() -> None:
    assert ask(b"HTTP/1.1 200 OK\r\nA: one;\r\n  two\r\n\tthree\r\nB: b\r\n\r\n").headers == (
        ("A", "one; two three"),
        ("B", "b"),
    )


def test_a_malformed_line_hides_none_after_it() -> None:
    seen = ask(b"HTTP/1.1 200 OK\r\n folded into nothing\r\nA: 1\r\nno colon here\r\n: no name\r\nB : 2\r\n\r\nbody")
    assert seen.headers == (("A", "1"), ("B", "2"))
    assert seen.malformed == (" folded into nothing", "no colon here", ": no name")
    assert seen.body == "body"


def test_bare_line_feeds_end_lines_too() -> None:
    seen = ask(b"HTTP/1.0 404 Not Found\nA: 1\n\nbody")
    assert (seen.status, seen.headers, seen.body) == (404, (("A", "1"),), "body")


def test_interim_answers_are_passed_over() -> None:
    assert ask(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nA: 1\r\n\r\n").headers == (("A", "1"),)


@pytest.mark.parametrize(
    ("answer", "body", "incomplete"),
    [
        (b"Content-Length: 3\r\n\r\nabcdef", "abc", ""),
        (b"Content-Length: 9\r\n\r\nabc", "abc", "the connection closed before the announced length"),
        (b"Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "abcde", ""),
        (b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n", "abc", "a chunk has no size"),
        (b"\r\nto the end", "to the end", ""),
        (b"\r\n" + b"x" * (70 << 10), "x" * (64 << 10), "only its first 64 KiB were read"),
        (
            b"Transfer-Encoding: chunked\r\n\r\n20000\r\n" + b"x" * 0x20000,
            "x" * (64 << 10),
            "only its first 64 KiB were read",
        ),
    ],
    ids=["length", "short", "chunked", "bad-chunk", "until-close", "endless", "endless-chunk"],
)
def test_bodies(answer: bytes, body: str, incomplete: str) -> None:
    seen = ask(b"HTTP/1.1 200 OK\r\n" + answer)
    assert (seen.body, seen.body_bytes, seen.incomplete) == (body, len(body), incomplete)


def test_head_has_no_body_whatever_its_length_says() -> None:
    seen = ask(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", "HEAD")
    assert (seen.body, seen.incomplete, seen.trouble) == ("", "", "")


@pytest.mark.parametrize(
    ("answer", "trouble", "begins"),
    [
        (b"SSH-2.0-OpenSSH\r\n", "answered with something that is not HTTP", "SSH-2.0"),
        (b"<html>old</html>", "answered with something that is not HTTP", "<html>old"),
        (b"\x15\x03\x01\x00\x02\x02\x46", "answered with something that is not HTTP", "\x15\x03"),
        (b"HTTP/1.1 two hundred\r\n\r\n", "answered with something that is not HTTP", "HTTP"),
        (b"HTTP/1.1 200 OK\r\nA: 1", "closed the connection inside the header section", "HTTP"),
        (b"", "closed the connection without an answer", ""),
        (b"HTTP/1.1 200 OK\r\n" + b"A: 1\r\n" * 12_000, "its header section is longer than 64 KiB", "HTTP"),
    ],
    ids=["ssh", "http-0.9", "tls-alert", "no-status", "cut", "empty", "endless"],
)
def test_what_is_no_answer_is_told_in_plain_words(answer: bytes, trouble: str, begins: str) -> None:
    seen = ask(answer)
    assert (seen.status, seen.trouble) == (0, trouble)
    assert seen.body.startswith(begins)


@pytest.mark.parametrize(
    ("serve", "trouble"),
    [(null.stays_silent, "no answer in time"), (null.resets, "connection reset")],
    ids=["silent", "resets"],
)
def test_transport_trouble(serve: Callable[[socket.socket], None], trouble: str) -> None:
    with null.listening(serve) as port:
        assert exchange(bench(), "GET", f"http://127.0.0.1:{port}/", timeout=0.2).trouble == trouble


def test_a_closed_port_and_a_name_that_is_none() -> None:
    with null.closed() as port:
        assert exchange(bench(), "GET", f"http://127.0.0.1:{port}/").trouble == "connection refused"
    for name in ("nowhere.invalid", "a..b"):
        assert exchange(bench(), "GET", f"http://{name}/").trouble == UNRESOLVED


def test_tls_trouble() -> None:
    with saying(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        assert exchange(bench(), "GET", f"https://127.0.0.1:{port}/").trouble.startswith("TLS failed: wrong version")


def test_a_dripping_server_does_not_hold_the_client() -> None:
    never = threading.Event()

    def drip(client: socket.socket) -> None:
        client.recv(1 << 16)
        client.sendall(b"HTTP/1.1 200 OK\r\nA: 1\r\nContent-Length: 9999\r\n\r\n")
        with contextlib.suppress(OSError):
            while not never.wait(0.02):
                client.sendall(b"x")

    with null.listening(drip) as port:
        begun = time.monotonic()
        seen = exchange(bench(), "GET", f"http://127.0.0.1:{port}/", timeout=0.3)
        never.set()
    assert time.monotonic() - begun < 2
    assert (seen.status, seen.headers[0], seen.incomplete) == (200, ("A", "1"), "the rest did not come in time")


def test_a_path_goes_out_as_it_is_written() -> None:
    heard: list[bytes] = []
    with saying(b"HTTP/1.1 204 No Content\r\n\r\n", heard) as port:
        exchange(bench(), "GET", f"http://127.0.0.1:{port}/admin/%2e%2e/v1/../x?q=%41", headers={"host": "other"})
    assert heard[0].startswith(b"GET /admin/%2e%2e/v1/../x?q=%41 HTTP/1.1\r\n")
    assert heard[0].lower().count(b"host:") == 1


def test_a_header_cannot_smuggle_a_line() -> None:
    looking = bench()
    assert "line break" in exchange(looking, "GET", "http://127.0.0.1:1/", headers={"A": "1\r\nB: 2"}).trouble
    assert looking.budget.requests_sent == 0


def test_an_answer_before_the_body_is_taken_is_seen() -> None:
    def hasty(client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            client.recv(16)
            client.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
            client.shutdown(socket.SHUT_WR)
            while client.recv(1 << 16):
                pass

    with null.listening(hasty) as port:
        assert exchange(bench(), "POST", f"http://127.0.0.1:{port}/", body=b"x" * (1 << 20)).status == 413


def test_another_address_than_the_name_says_and_ipv6() -> None:
    with saying(b"HTTP/1.1 200 OK\r\n\r\n\xff\x00") as port:
        seen, raw = exchange_bytes(bench(), "GET", f"http://gateway.invalid:{port}/", address="127.0.0.1")
        assert (seen.status, seen.body, raw) == (200, "\ufffd\0", b"\xff\x00")
        refused = exchange(bench(), "GET", f"http://[::1]:{port}/").trouble
    assert refused in ("connection refused", "the host is not reachable from here")


def test_a_server_without_secure_renegotiation_is_looked_at_all_the_same() -> None:
    """OpenSSL gives up on such a ServerHello unless it is told; this one was changed, so it gives up later."""
    context = Authority().issue(LeafSpec()).context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2

    class Silenced:
        def from_client(self, sent: bytes) -> bytes | None:  # noqa: ARG002
            return None

        def from_server(self, sent: bytes) -> bytes:
            return without_extension(sent, RENEGOTIATION_INFO)

    def serve(client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            context.wrap_socket(tapped(client, Silenced()), server_side=True).close()

    with (
        null.listening(serve) as port,
        socket.create_connection(("127.0.0.1", port)) as sock,
        pytest.raises(ssl.SSLError) as refusal,
    ):
        lenient_context().wrap_socket(sock)
    assert refusal.value.reason != "UNSAFE_LEGACY_RENEGOTIATION_DISABLED"


def packed(text: bytes, bits: int) -> bytes:
    packer = zlib.compressobj(wbits=bits)
    return packer.compress(text) + packer.flush()


GZIP, ZLIB, RAW = 31, 15, -15


@pytest.mark.parametrize(
    ("coding", "body", "text", "incomplete"),
    [
        ("gzip", packed(b"secret", GZIP), "secret", ""),
        ("X-GZip", packed(b"secret", GZIP), "secret", ""),
        ("gzip", packed(b"sec", GZIP) + packed(b"ret", GZIP), "secret", ""),
        ("deflate", packed(b"secret", ZLIB), "secret", ""),
        ("deflate", packed(b"secret", RAW), "secret", ""),
        ("gzip, gzip", packed(packed(b"secret", GZIP), GZIP), "secret", ""),
        ("deflate, identity, gzip", packed(packed(b"secret", ZLIB), GZIP), "secret", ""),
        ("identity", b"secret", "secret", ""),
        ("gzip", packed(b"secret", GZIP)[:-9], "secret", "its coded body breaks off"),
        ("gzip", b"", "", ""),
        ("gzip", b"secret", "secret", "its body is no gzip, as which it is declared"),
        ("br", b"secret", "secret", "its body is coded as br, which is not read here"),
        ("gzip", packed(b"x" * (9 << 20), GZIP), "x" * (64 << 10), "only its first 64 KiB were read"),
        (
            "gzip, gzip",
            packed(packed(b"x" * (99 << 20), GZIP), GZIP),
            "x" * (64 << 10),
            "only its first 64 KiB were read",
        ),
    ],
)
def test_coded_bodies(coding: str, body: bytes, text: str, incomplete: str) -> None:
    seen = ask(b"HTTP/1.1 200 OK\r\nContent-Encoding: " + coding.encode() + b"\r\n\r\n" + body)
    assert (seen.body, seen.incomplete) == (text, incomplete)


def test_a_coding_is_not_asked_for_and_as_much_is_read_as_is_wanted() -> None:
    heard: list[bytes] = []
    with saying(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (70 << 10), heard) as port:
        seen = exchange(bench(), "GET", f"http://127.0.0.1:{port}/", most=1 << 20)
    assert b"\r\nAccept-Encoding: identity\r\n" in heard[0]
    assert (seen.body_bytes, seen.incomplete) == (70 << 10, "")
