"""The first words of PostgreSQL and of MySQL: asking for TLS, and naming an account. No password is ever sent here."""

from __future__ import annotations

import socket
import struct
import time
from typing import Protocol

from conformance.areas.dbt.record import Knock, Reply
from conformance.sentence import Own, Sentence, counted, say
from conformance.web.http import plain_words

SSL_REQUEST = struct.pack("!II", 8, 80877103)  # length and the code that PostgreSQL's page of message formats gives
PROTOCOL_3_0 = 196608  # 3 << 16
LONGEST = 64 << 10  # bytes of one message: what is read here is short, and the length is the server's word

CLIENT_CONNECT_WITH_DB = 0x8
CLIENT_PROTOCOL_41 = 0x200
CLIENT_SSL = 0x800
CLIENT_SECURE_CONNECTION = 0x8000
CLIENT_PLUGIN_AUTH = 0x80000
_CAPABILITIES = CLIENT_PROTOCOL_41 | CLIENT_SECURE_CONNECTION | CLIENT_PLUGIN_AUTH | 1
_UTF8 = 33  # utf8_general_ci, which every server of MySQL's protocol knows
# Known to no server: it has to ask for the account's real method, and is given no answer.
_NO_METHOD = b"portero_sends_no_password"

_ASKS_FOR = {
    2: say("it asks for {method}", method=Own("Kerberos")),
    3: say("it asks for the password in the clear"),
    5: say("it asks for an MD5 of the password"),
    7: say("it asks for {method}", method=Own("GSSAPI")),
    9: say("it asks for {method}", method=Own("SSPI")),
    10: say("it asks for a SASL exchange (SCRAM)"),
}
_NOTICES = 8  # messages before the one awaited: a server that only chats is not waited for


class _Said(ConnectionError):
    """A database that does not go along, in `words`."""

    def __init__(self, words: Sentence) -> None:
        super().__init__(words)
        self.words = words


class TlsDeclined(_Said):
    """The database says that it offers no TLS."""


class OddDatabase(_Said):
    """What is there does not speak as the declared engine does, or says that it cannot serve us."""


class Line:
    """Reads exactly what is asked for, until `ends` on the monotonic clock: what follows belongs to TLS."""

    def __init__(self, sock: socket.socket, ends: float) -> None:
        """Read nothing yet."""
        self.sock = sock
        self._ends = ends

    def send(self, content: bytes) -> None:
        """Send everything; raises OSError."""
        self._limit()
        self.sock.sendall(content)

    def read(self, length: int) -> bytes:
        """Return `length` bytes; raises EOFError where the other side hangs up, OSError."""
        found = b""
        while len(found) < length:
            self._limit()
            chunk = self.sock.recv(length - len(found))
            if not chunk:
                raise EOFError
            found += chunk
        return found

    def close(self) -> None:
        """Close the connection, whatever it has become by now."""
        self.sock.close()

    def _limit(self) -> None:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.sock.settimeout(left)


class Dialect(Protocol):
    """One conversation with a database, before anybody has logged in."""

    line: Line

    def ask_for_tls(self) -> None:
        """Do all that comes before the ClientHello; raises TlsDeclined, OddDatabase, EOFError, OSError."""

    def knock(self, username: str, database: str) -> Knock:
        """Name the account, and hear what the database wants; raises OddDatabase, EOFError, OSError."""


class PostgreSql:
    """Protocol 3.0 of PostgreSQL."""

    def __init__(self, line: Line) -> None:
        """Say nothing yet."""
        self.line = line

    def ask_for_tls(self) -> None:
        """Send SSLRequest; see Dialect."""
        self.line.send(SSL_REQUEST)
        answer = self.line.read(1)
        if answer == b"N":
            raise TlsDeclined(say("it answers N to SSLRequest"))
        if answer == b"E":
            _, words = _fields(self._message())
            raise OddDatabase(say("it answers SSLRequest with an error: {words}", words=words))
        if answer != b"S":
            byte = Own(f"0x{answer.hex()}")
            raise OddDatabase(say("it answers SSLRequest with the byte {byte}: that is no PostgreSQL", byte=byte))

    def knock(self, username: str, database: str) -> Knock:
        """Send a startup message; see Dialect."""
        names = f"user\0{username}\0database\0{database}\0application_name\0portero\0\0".encode()
        self.line.send(struct.pack("!II", len(names) + 8, PROTOCOL_3_0) + names)
        for _ in range(_NOTICES):
            kind = self.line.read(1)
            if kind == b"E":
                return _turned_away(self._message())
            if kind == b"R":
                return _requested(self._message())
            if kind not in b"Nv":
                break
            self._message()
        raise OddDatabase(say("it answers a startup message with something that is no PostgreSQL"))

    def _message(self) -> bytes:
        length = int.from_bytes(self.line.read(4))
        if not 4 <= length <= LONGEST:
            raise OddDatabase(
                counted(
                    "it announces a message of {n} byte: that is no PostgreSQL",
                    "it announces a message of {n} bytes: that is no PostgreSQL",
                    length,
                )
            )
        return self.line.read(length - 4)


def _requested(message: bytes) -> Knock:
    number = int.from_bytes(message[:4])
    if number == 0:
        return Knock(Reply.TAKEN, words=say("it logs the account in without asking for anything"))
    unknown = say("it asks for authentication {number}", number=number)
    return Knock(Reply.ASKS, words=_ASKS_FOR.get(number, unknown))


def _turned_away(message: bytes) -> Knock:
    """Tell a login that is not let in from one that fails at its proof (ident, say): the SQLSTATE is the same."""
    code, words = _fields(message)
    if _field(message, b"R") == "auth_failed":
        return Knock(Reply.ASKS, code, say("it lets the account try, and checks who it is ({words})", words=words))
    return Knock(Reply.REFUSED, code, words, _field(message, b"D"))


def _fields(message: bytes) -> tuple[str, Sentence]:
    """Return SQLSTATE and text of an error."""
    words = _field(message, b"M")
    return _field(message, b"C"), say("{words}", words=Own(words)) if words else say("an error without words")


def _field(message: bytes, kind: bytes) -> str:
    return next((each[1:].decode("utf-8", "replace") for each in message.split(b"\0") if each[:1] == kind), "")


class MySql:
    """Protocol 4.1 of MySQL and MariaDB, with handshake version 10."""

    def __init__(self, line: Line) -> None:
        """Say nothing yet."""
        self.line = line
        self._sequence = 0
        self._greeted = False
        self._capabilities = 0
        self._over_tls = 0

    def ask_for_tls(self) -> None:
        """Read the greeting and send SSLRequest; see Dialect."""
        self._greeting()
        if not self._capabilities & CLIENT_SSL:
            raise TlsDeclined(say("its greeting does not announce TLS"))
        self._send(struct.pack("<IIB23x", _CAPABILITIES | CLIENT_SSL, 1 << 24, _UTF8))
        self._over_tls = CLIENT_SSL

    def knock(self, username: str, database: str) -> Knock:
        """Send a handshake response with an empty proof and a method that nobody knows; see Dialect."""
        if not self._greeted:
            self._greeting()
        flags = (_CAPABILITIES | self._over_tls) | CLIENT_CONNECT_WITH_DB
        names = b"\0".join((username.encode(), b"", database.encode(), _NO_METHOD, b""))
        # The empty bytes between user and database are the proof's length, 0.
        self._send(struct.pack("<IIB23x", flags, 1 << 24, _UTF8) + names)
        answer = self._packet()
        if answer[:1] == b"\xff":
            return Knock(Reply.REFUSED, *_error(answer))
        if answer[:1] == b"\xfe":
            method = answer[1:].partition(b"\0")[0].decode("ascii", "replace")
            return Knock(Reply.ASKS, words=say("it goes on and asks for {method}", method=Own(method)))
        if answer[:1] == b"\x00":
            return Knock(Reply.TAKEN, words=say("it logs the account in without a password"))
        if answer[:1] == b"\x01":
            return Knock(Reply.ASKS, words=say("it goes on with the login"))
        raise OddDatabase(say("it answers a login with something that is no MySQL"))

    def _greeting(self) -> None:
        greeting = self._packet()
        self._greeted = True
        if greeting[:1] == b"\xff":
            code, words = _error(greeting)
            raise OddDatabase(say("it greets with error {code}: {words}", code=Own(code), words=words))
        end = greeting.find(b"\0", 1)
        if greeting[:1] != b"\x0a" or end < 0 or len(greeting) < end + 16:
            raise OddDatabase(say("its first words are no MySQL greeting"))
        self._capabilities = int.from_bytes(greeting[end + 14 : end + 16], "little")

    def _send(self, payload: bytes) -> None:
        self.line.send(len(payload).to_bytes(3, "little") + bytes([self._sequence]) + payload)
        self._sequence += 1

    def _packet(self) -> bytes:
        head = self.line.read(4)
        length = int.from_bytes(head[:3], "little")
        if not 1 <= length <= LONGEST:
            raise OddDatabase(
                counted(
                    "it announces a packet of {n} byte: that is no MySQL",
                    "it announces a packet of {n} bytes: that is no MySQL",
                    length,
                )
            )
        self._sequence = (head[3] + 1) % 256
        return self.line.read(length)


def _error(packet: bytes) -> tuple[str, Sentence]:
    """Return number and text of an error."""
    text = packet[3:]
    words = text[6:] if text[:1] == b"#" else text
    said = say("{words}", words=Own(words.decode("utf-8", "replace")))
    return str(int.from_bytes(packet[1:3], "little")), said


def speak(engine: str, line: Line) -> Dialect:
    """Return a conversation in the declared engine's dialect."""
    return PostgreSql(line) if engine == "postgresql" else MySql(line)


def in_words(error: BaseException) -> Sentence:
    """Say what went wrong in words that an operator uses."""
    if isinstance(error, EOFError):
        return say("it closed the connection without an answer")
    if isinstance(error, _Said):
        return error.words
    return plain_words(error)
