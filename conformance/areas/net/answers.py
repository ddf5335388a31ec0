"""What an open port is asked, and in which protocol it answers: a connection that is taken proves no service."""

from __future__ import annotations

import base64
import contextlib
import ipaddress
import re
import ssl
from dataclasses import dataclass
from functools import cache

from conformance.sentence import NOTHING, Own, Sentence, say
from conformance.web.http import lenient_context

SILENT, CLOSED, RESET, UNASKED = "silent", "closed", "reset", "was asked nothing"

_SSL_REQUEST = bytes.fromhex("0000000804d2162f")
_STATUS = re.compile(rb"HTTP/\d(?:\.\d)? +(\d{3})")
_WHY = {
    SILENT: say("said nothing to any question"),
    CLOSED: say("closed the connection without a word"),
    RESET: say("reset the connection without a word"),
    UNASKED: say("was asked nothing"),
}
_IN_CLEAR = (80, 6253, 8000, 8080, 8081)
_DATABASES = (3306, 5432, 5433, 6432)


@dataclass(frozen=True, slots=True)
class Question:
    """What is sent on a connection of its own, perhaps nothing; with `end`, the other side is told that it is all."""

    name: str
    send: bytes
    end: bool = False

    def as_job(self) -> dict[str, object]:
        """Return it as the far side takes it."""
        return {"send": base64.b64encode(self.send).decode("ascii"), "end": self.end}


def questions(host: str, port: int, services: set[str]) -> tuple[Question, ...]:
    """Return what to ask a port, the likeliest question first. A service that speaks by itself answers any of them."""
    tls = Question("tls", _hello(host))
    http = Question("http", f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode("ascii", "replace"))
    database = Question("database", _SSL_REQUEST)
    message = Question("message", b"portero\n", end=True)
    if "database" in services or port in _DATABASES:
        return database, tls, http
    if services & {"communication", "control"}:
        return http, tls, message, database, Question("nothing", b"")
    return (http, tls, database) if port in _IN_CLEAR else (tls, http, database)


@cache
def _hello(host: str) -> bytes:
    """Return a TLS hello that names `host`, unless that is an address, or no name that a hello can hold."""
    out = ssl.MemoryBIO()
    try:
        tls = lenient_context().wrap_bio(ssl.MemoryBIO(), out, server_hostname=None if _is_address(host) else host)
    except ValueError:
        tls = lenient_context().wrap_bio(ssl.MemoryBIO(), out)
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    return out.read()


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def protocol(heard: list[tuple[str, bytes]], asked: tuple[Question, ...]) -> tuple[Sentence, Sentence]:
    """Return in which protocol a port answered and, where in none, why: from what each question met, in their order."""
    for _, said in heard:
        if said:
            return _named(said), NOTHING
    why = [reason for reason, _ in heard]
    by_name = {question.name: reason for question, reason in zip(asked, why, strict=False)}
    if by_name.get("message") == CLOSED and SILENT in (by_name.get("http"), by_name.get("tls")):
        return say("a refusal: it waits for the end of a message, and closes"), NOTHING
    if by_name.get("nothing") == SILENT and {by_name.get("http"), by_name.get("tls")} <= {CLOSED, RESET}:
        return say("a refusal: it waits for a message, and closes on one that is none"), NOTHING
    return NOTHING, (_WHY.get(why[0]) or say("{why}", why=Own(why[0]))) if why else NOTHING


def _named(said: bytes) -> Sentence:
    if said[0] == 0x15 and said[1:2] == b"\x03":
        return say("TLS alert")
    name = _protocol(said)
    if name is None:
        return say("an unknown protocol ({heard})", heard=Own(ascii(said[:24].decode("latin-1"))))
    return say("{protocol}", protocol=Own(name))


def _protocol(said: bytes) -> str | None:
    if status := _STATUS.match(said):
        return f"HTTP {status[1].decode()}"
    if said[:2] == b"\x16\x03":
        return "TLS"
    if said[1:3] == b"\0\0" and said[4:5] in (b"\x0a", b"\xff"):  # length, number, protocol 10 or an error
        return "MySQL"
    if said in (b"S", b"N") or said[:2] == b"E\0":
        return "PostgreSQL"
    if said.startswith(b"SSH-"):
        return "SSH"
    return None
