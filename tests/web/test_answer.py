"""Whatever arrives, and in whatever pieces, is read as an answer or told to be none."""

from __future__ import annotations

import math
import socket
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from conformance.web.answer import MAX_BODY, OddAnswer, Stream, fields, read_answer

PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                b"HTTP/1.1 200 OK\r\n",
                b"HTTP/1.1 100 Continue\r\n\r\n",
                b"A: b\r\n",
                b" folded\r\n",
                b"\r\n",
                b"\n",
                b":",
                b"Transfer-Encoding: chunked\r\n",
                b"Content-Length: 7\r\n",
                b"5;x\r\nabcde\r\n",
                b"0\r\n\r\n",
                b"-1\r\n",
            ]
        ),
        st.binary(max_size=12),
    ),
    max_size=12,
)


class Wire:
    """Stands in for a socket: hands out pieces, then the end."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = [piece for piece in pieces if piece]

    def settimeout(self, seconds: float) -> None:
        assert seconds > 0

    def recv(self, _: int) -> bytes:
        return self.pieces.pop(0) if self.pieces else b""


def read(pieces: list[bytes], method: str = "GET") -> object:
    try:
        return read_answer(Stream(cast(socket.socket, Wire(pieces)), math.inf), method)
    except OddAnswer as odd:
        return (str(odd), odd.seen)


@given(PIECES)
def test_anything_is_read(pieces: list[bytes]) -> None:
    read(pieces)


@given(PIECES, st.integers(1, 7))
def test_pieces_make_no_difference(pieces: list[bytes], size: int) -> None:
    whole = b"HTTP/1.1 404 Not Found\r\n" + b"".join(pieces)
    cut = [whole[n : n + size] for n in range(0, len(whole), size)]
    one, other = read([whole]), read(cut)
    if not isinstance(one, tuple):  # how much was seen of what is no answer depends on the pieces
        assert one == other


@given(st.lists(st.text(st.characters(exclude_characters="\r\n", max_codepoint=255), max_size=20), max_size=8))
def test_every_line_is_kept_as_a_field_or_as_malformed(lines: list[str]) -> None:
    found, malformed = fields(lines)
    folded = sum(line[:1] in (" ", "\t") for line in lines)
    assert len(lines) - folded <= len(found) + len(malformed) <= len(lines)
    assert all(name and name == name.rstrip(" \t") and value == value.strip(" \t") for name, value in found)


def test_a_body_is_bounded() -> None:
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    answer = read_answer(Stream(cast(socket.socket, Wire([head, *[b"x" * 4096] * 40])), math.inf), "GET")
    assert (len(answer.body), answer.incomplete) == (MAX_BODY, "only its first 64 KiB were read")
