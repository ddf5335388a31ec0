"""The server's first words, up to the login: PostgreSQL's and MySQL's. Nobody is asked for a password."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import struct

from conformance.areas.dbt.record import Attempt
from conformance.areas.dbt.wire import CLIENT_SSL, LONGEST, SSL_REQUEST, Line
from conformance.sentence import NOTHING, Sentence, say

# GSSENCRequest: its length, and the code of PostgreSQL's page of message formats.
_GSS_REQUEST = struct.pack("!II", 8, 80877104)
_TLS_RECORD = b"\x16"
_LOGIN = {True: Attempt("tls", say("logs in over TLS")), False: Attempt("clear", say("logs in in the clear"))}
_WITHOUT_TLS = say("hangs up when TLS is not offered")
_AFTER_HANDSHAKE = say("hangs up after the TLS handshake")

_CAPABILITIES = 0x00BF_F7DF  # what MySQL 8 announces, TLS apart; plugin methods and protocol 4.1 among it
_METHOD = b"mysql_native_password\0"
_GREETS_WITH = b"8.0.36-portero\0"


class HungUp(ConnectionError):
    """The client went away before it logged in; no words where it had said nothing at all."""

    def __init__(self, words: Sentence = NOTHING) -> None:
        """Keep what it did."""
        super().__init__(words)
        self.words = words


def greet_postgresql(line: Line, context: ssl.SSLContext | None) -> Attempt:
    """Receive one client, with TLS where there is a `context`.

    Raises HungUp where it leaves by itself, and OSError, ssl.SSLError among it, where it breaks off.
    """
    if _direct(line):
        if context is None:
            raise HungUp(say("starts TLS at once, which is not offered"))
        return _logged_in(_secured(line, context))
    words = _startup(line, NOTHING)
    if words == _GSS_REQUEST:
        line.send(b"N")
        words = _startup(line, say("hangs up when Kerberos is not offered"))
    if words != SSL_REQUEST:
        return _refuse_postgresql(line, over_tls=False)
    if context is None:
        line.send(b"N")
        _startup(line, _WITHOUT_TLS)
        return _refuse_postgresql(line, over_tls=False)
    line.send(b"S")
    return _logged_in(_secured(line, context))


def _direct(line: Line) -> bool:
    """Tell whether the client starts with a ClientHello: sslnegotiation=direct, of PostgreSQL 17."""
    first = line.sock.recv(1, socket.MSG_PEEK)
    if not first:
        raise HungUp
    return first == _TLS_RECORD


def _logged_in(line: Line) -> Attempt:
    _startup(line, _AFTER_HANDSHAKE)
    return _refuse_postgresql(line, over_tls=True)


def _secured(line: Line, context: ssl.SSLContext) -> Line:
    line.sock = context.wrap_socket(line.sock, server_side=True)
    return line


def _startup(line: Line, leaving: Sentence) -> bytes:
    """Read a request or a startup message; raises HungUp with the words `leaving`."""
    try:
        head = line.read(8)
        length = int.from_bytes(head[:4])
        if not 8 <= length <= LONGEST:
            raise HungUp(say("says something that is no PostgreSQL"))
        return head + line.read(length - 8)
    except EOFError:
        raise HungUp(leaving) from None


def _refuse_postgresql(line: Line, *, over_tls: bool) -> Attempt:
    fields = b"SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0"
    _let_go(line, b"E" + struct.pack("!I", len(fields) + 4) + fields)
    return _LOGIN[over_tls]


def greet_mysql(line: Line, context: ssl.SSLContext | None) -> Attempt:
    """Receive one client of MySQL; see greet_postgresql."""
    flags = _CAPABILITIES | (CLIENT_SSL if context else 0)
    salt = os.urandom(20).replace(b"\0", b"\1").replace(b"$", b"%")
    greeting = b"\x0a" + _GREETS_WITH + struct.pack("<I", 1) + salt[:8] + b"\0"
    greeting += struct.pack("<HBHHB10x", flags & 0xFFFF, 33, 2, flags >> 16, 21) + salt[8:] + b"\0" + _METHOD
    line.send(_packet(0, greeting))
    sequence, words = _mysql_packet(line, _WITHOUT_TLS if context is None else NOTHING)
    over_tls = context is not None and bool(int.from_bytes(words[:4], "little") & CLIENT_SSL)
    if over_tls and context is not None:
        _secured(line, context)
        sequence, _ = _mysql_packet(line, _AFTER_HANDSHAKE)
    error = b"\xff" + struct.pack("<H", 1053) + b"#08S01Server shutdown in progress"
    _let_go(line, _packet(sequence + 1, error))
    return _LOGIN[over_tls]


def _packet(sequence: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "little") + bytes([sequence % 256]) + payload


def _mysql_packet(line: Line, leaving: Sentence) -> tuple[int, bytes]:
    try:
        head = line.read(4)
        length = int.from_bytes(head[:3], "little")
        if not 4 <= length <= LONGEST:
            raise HungUp(say("says something that is no MySQL"))
        return head[3], line.read(length)
    except EOFError:
        raise HungUp(leaving) from None


def _let_go(line: Line, refusal: bytes) -> None:
    """Refuse, and close without a reset, which would overtake it; who is gone by then has logged in all the same."""
    with contextlib.suppress(OSError):
        line.send(refusal)
        if not isinstance(line.sock, ssl.SSLSocket):
            line.sock.shutdown(socket.SHUT_WR)
