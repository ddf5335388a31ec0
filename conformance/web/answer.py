"""Reads an HTTP/1 answer as it stands: bounded in size and in time, header lines raw and in order."""

from __future__ import annotations

import re
import socket
import time
import zlib
from dataclasses import dataclass

from conformance.sentence import NOTHING, Own, Sentence, say

MAX_HEAD = 64 << 10  # bytes: servers and clients in use stop at less
MAX_BODY = 64 << 10  # bytes; who needs a whole page or script says so

_STATUS = re.compile(rb"HTTP/\d(?:\.\d)? +(\d{3})(?: .*)?$")
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS  # as zlib's `wbits` tells the wrappings apart
_WINDOWS = {"gzip": (_GZIP,), "x-gzip": (_GZIP,), "deflate": (_ZLIB, _RAW)}  # servers send either as "deflate"
_MOST_CODINGS = 3  # one over another: more is a bomb, not an answer
_CONTINUE, _OK, _NO_CONTENT, _NOT_MODIFIED = 100, 200, 204, 304


class OddAnswer(Exception):
    """What came back is no HTTP answer, and why; `seen` is how it begins."""

    def __init__(self, words: Sentence, seen: bytes = b"") -> None:
        """Keep both."""
        super().__init__(words)
        self.words = words
        self.seen = seen


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, header lines as (name, value), lines that are no field, and as much of the body as was read."""

    status: int
    headers: tuple[tuple[str, str], ...]
    malformed: tuple[str, ...]
    body: bytes = b""
    incomplete: Sentence = NOTHING


class _Cut(Exception):
    """The body ended before its time, and why."""

    def __init__(self, words: Sentence) -> None:
        super().__init__(words)
        self.words = words


_NO_SIZE = say("a chunk has no size")
_NOT_HTTP = say("answered with something that is not HTTP")


class Stream:
    """What a connection delivers until `ends`, a moment of the monotonic clock, however slowly it drips."""

    def __init__(self, sock: socket.socket, ends: float) -> None:
        """Read nothing yet."""
        self._sock = sock
        self._ends = ends
        self.buffer = b""

    def more(self) -> bool:
        """Wait for more bytes; False at the end. Raises TimeoutError when time is up."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        piece = self._sock.recv(1 << 14)
        self.buffer += piece
        return bool(piece)

    def take(self, size: int) -> bytes:
        """Remove up to `size` bytes that have arrived."""
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken

    def line(self) -> bytes:
        """Return the next line without its end; raises _Cut where none comes."""
        while b"\n" not in self.buffer:
            if len(self.buffer) > MAX_HEAD or not self.more():
                raise _Cut(_NO_SIZE)
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line.rstrip(b"\r")


def read_answer(stream: Stream, method: str, most: int = MAX_BODY) -> Answer:
    """Read the final answer to a request, past interim ones: `most` bytes of its body, with any coding undone.

    Raises OddAnswer where it is none, OSError (TimeoutError too) where the connection fails before its head ends.
    """
    head = _head(stream)
    while _CONTINUE <= head.status < _OK:
        head = _head(stream)
    if method == "HEAD" or head.status in (_NO_CONTENT, _NOT_MODIFIED):
        return head
    body = bytearray()
    why = _read_body(stream, head, body, most)
    found = bytes(body)
    if codings := _codings(head):
        found, broken = _decoded(found, codings, most)
        why = why or broken
    if max(len(body), len(found)) > most:
        why = say("only its first {size} KiB were read", size=most >> 10)
    return Answer(head.status, head.headers, head.malformed, found[:most], why)


def _codings(head: Answer) -> list[str]:
    """List how the body is coded, in the order in which that is undone."""
    named = ",".join(value for name, value in head.headers if name.lower() == "content-encoding")
    codings = [coding.strip().lower() for coding in named.split(",")]
    return [coding for coding in reversed(codings) if coding not in ("", "identity")]


def _decoded(body: bytes, codings: list[str], most: int) -> tuple[bytes, Sentence]:
    """Undo codings (RFC 9110, 8.4.1) up to `most` bytes and one; what cannot be undone stays as it came, and why."""
    broken = NOTHING
    for undone, coding in enumerate(codings):
        windows = _WINDOWS.get(coding)
        if windows is None or undone >= _MOST_CODINGS:
            return body, say("its body is coded as {coding}, which is not read here", coding=Own(coding))
        found = next((text for text in (_inflated(body, bits, most) for bits in windows) if text is not None), None)
        if found is None:
            return body, say("its body is no {coding}, as which it is declared", coding=Own(coding))
        body, whole = found
        broken = broken if whole else say("its coded body breaks off")
    return body, broken


def _inflated(body: bytes, bits: int, most: int) -> tuple[bytes, bool] | None:
    """Return up to `most` bytes and one of what was packed, and whether that is all; None where it is no such coding.

    Members that follow one another are one body, as for gzip (RFC 1952, 2.2).
    """
    text, rest = bytearray(), body
    while rest and len(text) <= most:
        member = zlib.decompressobj(bits)
        try:
            text += member.decompress(rest, most + 1 - len(text))
        except zlib.error:
            return (bytes(text), False) if text else None
        if not member.eof:
            return bytes(text), False
        rest = member.unused_data
    return bytes(text), not rest


def _head(stream: Stream) -> Answer:
    while (end := _END_OF_HEAD.search(stream.buffer.lstrip(b"\r\n"))) is None:
        start = stream.buffer.lstrip(b"\r\n")
        if len(start) >= len(b"HTTP/") and not start.startswith(b"HTTP/"):
            raise OddAnswer(_NOT_HTTP, start)
        if len(start) > MAX_HEAD:
            raise OddAnswer(say("its header section is longer than {size} KiB", size=MAX_HEAD >> 10), start)
        if not stream.more():
            inside = say("closed the connection inside the header section")
            raise OddAnswer(inside if start else say("closed the connection without an answer"), start)
    text = stream.buffer.lstrip(b"\r\n")
    stream.buffer = text[end.end() :]
    first, *lines = re.split(rb"\r?\n", text[: end.start()])
    if (status := _STATUS.match(first)) is None:
        raise OddAnswer(_NOT_HTTP, text)
    return Answer(int(status[1]), *fields([line.decode("latin-1") for line in lines]))


def fields(lines: list[str]) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """Part header lines into fields and those that are none. A bad line hides none that follows it."""
    found: list[tuple[str, str]] = []
    malformed = []
    for line in lines:
        name, colon, value = line.partition(":")
        if line[:1] in (" ", "\t"):
            if found:
                name, value = found.pop()
                folded = line.strip(" \t")
                found.append((name, f"{value} {folded}".strip(" \t")))
            else:
                malformed.append(line)
        elif colon and name.strip(" \t"):
            found.append((name.rstrip(" \t"), value.strip(" \t")))
        else:
            malformed.append(line)
    return tuple(found), tuple(malformed)


def _read_body(stream: Stream, head: Answer, body: bytearray, most: int) -> Sentence:
    """Fill `body` up to its bound, and by one byte more; return why it is incomplete, or nothing."""
    named = {name.lower(): value for name, value in head.headers}
    try:
        if "chunked" in named.get("transfer-encoding", "").lower():
            _chunks(stream, body, most)
        elif re.fullmatch(r"\d{1,18}", named.get("content-length", "")):
            _copy(stream, body, int(named["content-length"]), most)
        else:
            _copy(stream, body, None, most)
    except TimeoutError:
        return say("the rest did not come in time")
    except _Cut as cut:
        return cut.words
    except OSError as error:
        return say("{error}", error=Own(error)) if str(error) else say("the connection broke off")
    return NOTHING


def _copy(stream: Stream, body: bytearray, length: int | None, most: int) -> None:
    """Copy `length` bytes; to the end of the connection where there is no length."""
    room = most + 1 - len(body)
    wanted = room if length is None else min(length, room)
    while wanted > 0:
        if not stream.buffer and not stream.more():
            if length is not None:
                raise _Cut(say("the connection closed before the announced length"))
            return
        piece = stream.take(wanted)
        body += piece
        wanted -= len(piece)


def _chunks(stream: Stream, body: bytearray, most: int) -> None:
    while len(body) <= most:
        size = stream.line().partition(b";")[0].strip()
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,15}", size):
            raise _Cut(_NO_SIZE)
        if int(size, 16) == 0:
            return
        _copy(stream, body, int(size, 16), most)
        if len(body) <= most:
            stream.line()
