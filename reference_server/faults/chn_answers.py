"""Faults of what the sealed channel answers: causes told, answers in the clear, a service that does not go on."""

from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING

from ..http import HttpServer, Request, Response
from ..sealing import FernetFormat, Message, Refused
from . import fault

if TYPE_CHECKING:
    from ..core import Core
    from ..gateway import Gateway

_STALE, _PADDING = "too old or too new", "bad padding"
_MEGABYTE = 1 << 20


@fault("CHN-12")
def tells_stale_by_its_status(gateway: Gateway) -> None:
    """Breaks CHN-12: a stale message gets a status of its own."""
    gateway.core.refuse = lambda cause: Response(410 if cause == _STALE else 401)


@fault("CHN-12")
def tells_stale_by_a_time_out(gateway: Gateway) -> None:
    """Breaks CHN-12: a stale message is told at once that its time is out, which answers no other."""
    gateway.core.refuse = lambda cause: Response(408 if cause == _STALE else 401)


@fault("CHN-12")
def tells_the_cause_in_the_body(gateway: Gateway) -> None:
    """Breaks CHN-12: the refusal explains itself."""
    gateway.core.refuse = lambda cause: Response.json({"error": cause}, 401)


@fault("CHN-12")
def tells_the_cause_in_a_header(gateway: Gateway) -> None:
    """Breaks CHN-12: the refusal carries an error code."""
    gateway.core.refuse = lambda cause: Response(401, [("X-Error-Code", str(len(cause)))])


@fault("CHN-12")
def hangs_up_on_a_bad_mac(gateway: Gateway) -> None:
    """Breaks CHN-12: a forged message finds the connection closed, a stale one an answer."""

    def refuse(cause: str) -> Response:
        if cause != _STALE:
            raise ConnectionAbortedError(cause)
        return Response(401)

    gateway.core.refuse = refuse


@fault("CHN-12")
def decrypts_before_it_checks(gateway: Gateway) -> None:
    """Breaks CHN-12: padding errors show before the MAC is looked at, which lets a message be read without the key."""
    core = gateway.core
    token = core.format
    assert isinstance(token, FernetFormat)  # noqa: S101 - what the reference is built with

    def parse(key: bytes, raw: bytes) -> Message:
        if len(raw) > 57 and not (len(raw) - 57) % 16:
            token.decrypt(key, raw[:-32])
        return token.checked(key, raw)

    token.parse = parse
    core.refuse = lambda cause: Response(500 if cause == _PADDING else 401)


@fault("CHN-13")
def takes_zeros(gateway: Gateway) -> None:
    """Breaks CHN-13: a message of zeros is taken for a heartbeat."""
    core = gateway.core
    sealed = core.unseal

    def unseal(body: bytes) -> Message:
        return Message(body, int(core.clock())) if body and not body.strip(b"\0") else sealed(body)

    core.unseal = unseal


def _dies(core: Core, deadly: type[Exception] = ConnectionAbortedError) -> None:
    def dead(_sealed: bytes) -> Message:
        raise deadly

    core.unseal = dead


@fault("CHN-13")
def dies_of_a_megabyte(gateway: Gateway) -> None:
    """Breaks CHN-13: a large message ends the service."""
    core = gateway.core
    sealed = core.unseal

    def unseal(body: bytes) -> Message:
        if len(body) >= _MEGABYTE:
            _dies(core)
        return sealed(body)

    core.unseal = unseal


@fault("CHN-13")
def dies_of_half_a_request(gateway: Gateway) -> None:
    """Breaks CHN-13: a client that goes away in the middle of a request takes the service with it."""
    core = gateway.core
    answer = core.answer

    def cut_short(request: Request) -> Response:
        if len(request.body) < int(request.header("Content-Length") or 0):
            _dies(core)
        return answer(request)

    core.answer = cut_short  # type: ignore[method-assign]


def serve_one_at_a_time(core: Core, patience: float) -> None:
    """Let the core wait for a client, up to `patience` seconds, before it turns to the next."""

    def serve() -> HttpServer:
        server = HttpServer(core.answer, clock=core.clock)
        server.one_at_a_time(patience)
        return server

    core.serve = serve


@fault("CHN-13")
def waits_for_the_rest_of_a_request(gateway: Gateway) -> None:
    """Breaks CHN-13: half a request holds up everybody for a minute."""
    serve_one_at_a_time(gateway.core, 60)


@fault("CHN-13")
def refuses_everything_after_zeros(gateway: Gateway) -> None:
    """Breaks CHN-13: a broken message leaves the parser in a state in which no other passes."""
    core = gateway.core
    sealed = core.unseal

    def unseal(body: bytes) -> Message:
        if body[:1] == b"\0":
            _dies(core, Refused)
        return sealed(body)

    core.unseal = unseal


@fault("CHN-14")
def answers_in_the_clear(gateway: Gateway) -> None:
    """Breaks CHN-14: the answer is a JSON document in the clear."""
    gateway.core.reply = lambda _: Response.json({"type": "pong"})


@fault("CHN-14")
def sends_the_message_back(gateway: Gateway) -> None:
    """Breaks CHN-14: the answer is the message itself, which anybody could send without the secret."""
    core = gateway.core
    checked = core.checked

    def receive(sealed: bytes) -> Response:
        try:
            checked(sealed)
        except Refused as cause:
            return core.refuse(str(cause))
        return Response(200, body=sealed)

    core.receive = receive  # type: ignore[method-assign]


@fault("CHN-14")
def answers_in_base64(gateway: Gateway) -> None:
    """Breaks CHN-14: the answer is coded, not sealed."""
    gateway.core.seal = base64.b64encode


@fault("CHN-14")
def seals_every_answer_under_one_nonce(gateway: Gateway) -> None:
    """Breaks CHN-14: the IV is made once, at start."""
    core, iv = gateway.core, os.urandom(16)
    token = core.format
    assert isinstance(token, FernetFormat)  # noqa: S101 - what the reference is built with
    token.nonce = lambda: iv
