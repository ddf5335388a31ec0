"""Cores that are odd but right: none of them may be mistaken for a fault."""

from __future__ import annotations

import itertools
import math
import secrets
from typing import TYPE_CHECKING

from ..http import HttpServer, Response
from ..sealing import GcmFormat, Refused
from ..tcp import TcpServer
from . import near_miss
from .chn_answers import serve_one_at_a_time

if TYPE_CHECKING:
    from ..core import Core
    from ..gateway import Gateway


@near_miss()
def margin_of_five_seconds(gateway: Gateway) -> None:
    """Ten seconds of margin, read as five to either side."""
    gateway.core.tolerance = 5


@near_miss()
def margin_that_ends_before_its_edge(gateway: Gateway) -> None:
    """A message of exactly ten seconds is refused already."""
    core = gateway.core
    core.fresh = lambda stamp: abs(math.floor(core.clock()) - stamp) < core.tolerance


@near_miss()
def clock_in_milliseconds(gateway: Gateway) -> None:
    """Ages are reckoned to the millisecond."""
    core = gateway.core
    core.fresh = lambda stamp: abs(core.clock() - stamp) <= core.tolerance


@near_miss()
def clock_that_rounds(gateway: Gateway) -> None:
    """The clock is rounded to the nearest second instead of cut."""
    core = gateway.core
    core.fresh = lambda stamp: abs(round(core.clock()) - stamp) <= core.tolerance


@near_miss()
def five_seconds_to_the_millisecond(gateway: Gateway) -> None:
    """The narrowest margin of all: less than five seconds, reckoned to the millisecond."""
    core = gateway.core
    core.fresh = lambda stamp: abs(core.clock() - stamp) < 5


@near_miss()
def core_clock_three_seconds_slow(gateway: Gateway) -> None:
    """The core's clock is off, but well within the margin."""
    gateway.core.clock = lambda: gateway.clock() - 3


@near_miss()
def both_clocks_ahead(gateway: Gateway) -> None:
    """Core and web app agree with each other, and are 40 s ahead of everybody else."""
    right = gateway.clock
    gateway.clock = lambda: right() + 40


@near_miss()
def refuses_with_400(gateway: Gateway) -> None:
    """Refusals are 400 Bad Request."""
    gateway.core.refuse = lambda _: Response(400)


@near_miss()
def refuses_with_a_page(gateway: Gateway) -> None:
    """Refusals are 403 with a page, the same for every cause but for the number of the request."""
    core, numbers = gateway.core, itertools.count(100)
    core.refuse = lambda _: Response.html(f"<title>Forbidden</title><p>Request {next(numbers)}</p>", 403)


@near_miss()
def refuses_with_200_in_the_clear(gateway: Gateway) -> None:
    """Refusals are 200 with an error in JSON, where acceptance is 200 with a sealed answer."""
    gateway.core.refuse = lambda _: Response.json({"error": "refused"})


@near_miss()
def refuses_with_200_sealed(gateway: Gateway) -> None:
    """Refusals are 200 with a sealed error, so that nobody on the wire sees a difference."""
    core = gateway.core
    core.refuse = lambda _: Response(200, [], core.seal(b'{"error": "refused"}'))


@near_miss()
def refuses_by_hanging_up(gateway: Gateway) -> None:
    """A bad message finds the connection closed."""

    def refuse(cause: str) -> Response:
        raise ConnectionAbortedError(cause)

    gateway.core.refuse = refuse


@near_miss()
def crashes_on_malformed_input_alone(gateway: Gateway) -> None:
    """Input that is no token at all ends its own connection, and nothing else."""

    def refuse(cause: str) -> Response:
        if cause in ("not base64url", "not a token"):
            raise ConnectionAbortedError(cause)
        return Response(401)

    gateway.core.refuse = refuse


@near_miss()
def refuses_large_messages_as_such(gateway: Gateway) -> None:
    """A megabyte is 413 Content Too Large."""
    core = gateway.core
    unseal, refuse = core.unseal, core.refuse

    def bounded(body: bytes) -> object:
        if len(body) > 1 << 16:
            raise Refused("too large")
        return unseal(body)

    core.unseal = bounded  # type: ignore[assignment]
    core.refuse = lambda cause: Response(413) if cause == "too large" else refuse(cause)


@near_miss()
def one_client_at_a_time(gateway: Gateway) -> None:
    """Clients are served one after another, and given up when they say nothing for two seconds."""
    serve_one_at_a_time(gateway.core, 2)


@near_miss()
def numbers_its_answers(gateway: Gateway) -> None:
    """Every answer carries a request id and a random header of another name."""
    core = gateway.core
    reply = core.reply

    def numbered(response: Response) -> Response:
        response.headers += [("X-Request-Id", secrets.token_hex(8)), ("X-Ray", secrets.token_hex(4))]
        return response

    core.reply = lambda message: numbered(reply(message))
    core.refuse = lambda _: numbered(Response(401))


@near_miss()
def answers_nothing(gateway: Gateway) -> None:
    """An accepted message is 204, without a word that could be in the clear."""
    gateway.core.reply = lambda _: Response(204)
    gateway.declared["channel"] = {"accepted": {"status": [204]}}


@near_miss()
def answers_202(gateway: Gateway) -> None:
    """An accepted message is 202, as the target file says."""
    core = gateway.core
    core.reply = lambda _: Response(202, [], core.seal(b"{}"))
    gateway.declared["channel"] = {"accepted": {"status": [200, 202]}}


@near_miss()
def one_key_for_both_directions(gateway: Gateway) -> None:
    """Answers are sealed under the key of requests: shown under CHN-15, which never fails."""
    gateway.core.answer_key = gateway.core.request_keys[-1]


@near_miss()
def https_transport(gateway: Gateway) -> None:
    """The channel runs over HTTPS."""
    core = gateway.core
    core.scheme = "https"
    core.serve = lambda: HttpServer(core.answer, gateway.web.tls.wrap, clock=core.clock)


@near_miss()
def tcp_transport(gateway: Gateway) -> None:
    """The channel runs over bare TCP; a refusal closes the connection."""
    core = gateway.core
    core.scheme, core.path = "tcp", ""
    core.serve = lambda: TcpServer(lambda message: core.receive(message).body)


@near_miss()
def tcp_transport_with_words(gateway: Gateway) -> None:
    """The channel runs over bare TCP; a refusal is a word in the clear."""
    core: Core = gateway.core
    core.scheme, core.path = "tcp", ""
    core.refuse = lambda _: Response(401, [], b"NO\n")
    core.serve = lambda: TcpServer(lambda message: core.receive(message).body)


@near_miss()
def aes_gcm_codec(gateway: Gateway) -> None:
    """Messages are sealed with AES-256-GCM and travel as raw bytes."""
    gateway.core.format = GcmFormat()
    gateway.declared["channel"] = {"codec": "aes-256-gcm"}


@near_miss()
def wider_margin_as_declared(gateway: Gateway) -> None:
    """The margin is half a minute, and declared so."""
    gateway.core.tolerance = 30
    gateway.core.seen.seconds = 60
    gateway.declared["channel"] = {"tolerance_seconds": 30}
