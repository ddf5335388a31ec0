"""Faults of the sealed channel's sense of time: margins, timestamps, replays, clocks."""

from __future__ import annotations

import base64
import binascii
import itertools
import math
from typing import TYPE_CHECKING

from ..core import SeenBefore
from ..http import HttpServer
from ..sealing import FernetFormat, Message, Refused
from . import fault

if TYPE_CHECKING:
    from ..core import Core
    from ..gateway import Gateway


def _now(core: Core) -> int:
    return math.floor(core.clock())


def _age(core: Core, stamp: int) -> int:
    return _now(core) - stamp


@fault("CHN-05", "CHN-06")
def ignores_the_timestamp(gateway: Gateway) -> None:
    """Breaks CHN-05 and CHN-06: a message is good for ever."""
    gateway.core.fresh = lambda _: True


@fault("CHN-05", "CHN-06", "CHN-08", "CHN-09")
def goes_by_arrival(gateway: Gateway) -> None:
    """Breaks CHN-05, CHN-06, CHN-08 and CHN-09: a message's age counts from its arrival, and so does a replay's."""
    core = gateway.core
    core.fresh = lambda _: True
    core.seen.seconds = core.tolerance


@fault("CHN-05", "CHN-06")
def margin_of_half_a_minute(gateway: Gateway) -> None:
    """Breaks CHN-05 and CHN-06: the margin is 30 s."""
    gateway.core.tolerance = 30


@fault("CHN-05", "CHN-06")
def margin_of_a_minute(gateway: Gateway) -> None:
    """Breaks CHN-05 and CHN-06: the margin is 60 s, a library's default."""
    gateway.core.tolerance = 60


@fault("CHN-05")
def checks_the_future_alone(gateway: Gateway) -> None:
    """Breaks CHN-05: however old a message is, it is taken."""
    core = gateway.core
    core.fresh = lambda stamp: _age(core, stamp) >= -core.tolerance


@fault("CHN-05")
def zero_means_no_timestamp(gateway: Gateway) -> None:
    """Breaks CHN-05: a timestamp of zero counts as absent, and is not checked."""
    core = gateway.core
    checked = core.fresh
    core.fresh = lambda stamp: stamp == 0 or checked(stamp)


@fault("CHN-06")
def forgets_the_sign(gateway: Gateway) -> None:
    """Breaks CHN-06: only too great an age is refused, and that of a message from the future is below zero."""
    core = gateway.core
    core.fresh = lambda stamp: _age(core, stamp) <= core.tolerance


@fault("CHN-06")
def lets_a_minute_of_future_through(gateway: Gateway) -> None:
    """Breaks CHN-06: a library's time-to-live bounds the past, and leaves 60 s for skewed clocks."""
    core = gateway.core
    core.fresh = lambda stamp: -60 <= _age(core, stamp) <= core.tolerance


@fault("CHN-06")
def follows_the_newest_timestamp(gateway: Gateway) -> None:
    """Breaks CHN-06: the newest message is taken for the present, so that one from the future ends all others."""
    core, newest = gateway.core, [0]

    def fresh(stamp: int) -> bool:
        if stamp < max(newest[0], _now(core)) - core.tolerance:
            return False
        newest[0] = max(newest[0], stamp)
        return True

    core.fresh = fresh


@fault("CHN-06")
def takes_milliseconds(gateway: Gateway) -> None:
    """Breaks CHN-06: a timestamp that looks like milliseconds is scaled."""
    core = gateway.core
    checked = core.fresh
    core.fresh = lambda stamp: checked(stamp // 1000 if 1 << 40 < stamp < 1 << 50 else stamp)


@fault("CHN-06")
def reads_32_bits_of_the_timestamp(gateway: Gateway) -> None:
    """Breaks CHN-06: the timestamp's upper half is lost."""
    core = gateway.core
    checked = core.fresh
    core.fresh = lambda stamp: checked(stamp & 0xFFFFFFFF)


@fault("CHN-06")
def takes_the_timestamps_magnitude(gateway: Gateway) -> None:
    """Breaks CHN-06: the timestamp is read as a signed number, and its sign dropped."""
    core = gateway.core
    checked = core.fresh
    core.fresh = lambda stamp: checked(abs(stamp - (1 << 64) if stamp >> 63 else stamp))


@fault("CHN-07")
def margin_of_three_seconds(gateway: Gateway) -> None:
    """Breaks CHN-07: the margin is 3 s."""
    gateway.core.tolerance = 3


@fault("CHN-07")
def takes_nothing_from_the_future(gateway: Gateway) -> None:
    """Breaks CHN-07: a web app whose clock is a second ahead is locked out."""
    core = gateway.core
    core.fresh = lambda stamp: 0 <= _age(core, stamp) <= core.tolerance


def _remember_for_ever(core: Core) -> None:
    known: set[bytes] = set()
    unseal = core.unseal

    def recognise(sealed: bytes) -> Message:
        message = unseal(sealed)
        if sealed in known:
            return Message(message.payload, math.floor(core.clock()))
        if core.fresh(message.stamp):
            known.add(sealed)
        return message

    core.unseal = recognise


@fault("CHN-08", "CHN-09")
def trusts_what_it_once_took(gateway: Gateway) -> None:
    """Breaks CHN-08 and CHN-09: what was good once is good again as soon as the replay memory has let go of it."""
    core = gateway.core
    _remember_for_ever(core)
    core.seen.seconds = core.tolerance


@fault("CHN-08", "CHN-09")
def caches_its_checks(gateway: Gateway) -> None:
    """Breaks CHN-08 and CHN-09: a message that passed all checks before is spared them."""
    core = gateway.core
    _remember_for_ever(core)
    core.new = lambda _sealed, _message: True


@fault("CHN-09")
def forgets_too_soon(gateway: Gateway) -> None:
    """Breaks CHN-09: the replay memory lasts one margin, and a message from the future outlives it."""
    gateway.core.seen.seconds = gateway.core.tolerance


@fault("CHN-09")
def remembers_nothing(gateway: Gateway) -> None:
    """Breaks CHN-09: inside the margin the same bytes are taken as often as they come."""
    gateway.core.new = lambda _sealed, _message: True


@fault("CHN-09")
def remembers_the_text(gateway: Gateway) -> None:
    """Breaks CHN-09: what is remembered is the text, and a token may be spelt in many ways."""
    token = gateway.core.format
    assert isinstance(token, FernetFormat)  # noqa: S101 - what the reference is built with

    def decode(sealed: bytes) -> bytes:
        try:
            return base64.urlsafe_b64decode(sealed)
        except binascii.Error as error:
            raise Refused("not base64url") from error

    token.decode = decode  # type: ignore[method-assign]


@fault("CHN-09")
def remembers_in_each_worker(gateway: Gateway) -> None:
    """Breaks CHN-09: two workers, three requests each in turn, and each remembers what itself has taken."""
    core = gateway.core
    memories = [core.seen, SeenBefore(lambda: core.clock(), core.seen.seconds)]
    turns = itertools.count()
    core.new = lambda sealed, _: memories[next(turns) // 3 % 2].add(sealed)


@fault("CHN-10")
def core_clock_ahead(gateway: Gateway) -> None:
    """Breaks CHN-10: the core host's clock is 25 s ahead."""
    gateway.core.clock = lambda: gateway.clock() + 25


@fault("CHN-10")
def core_clock_behind_a_proxy_of_its_own(gateway: Gateway) -> None:
    """Breaks CHN-10: the core's clock is 43 s slow, while the Date header in front of it is right."""
    core = gateway.core
    core.clock = lambda: gateway.clock() - 43
    core.serve = lambda: HttpServer(core.answer, clock=gateway.clock)


@fault("CHN-10")
def core_takes_local_time_for_utc(gateway: Gateway) -> None:
    """Breaks CHN-10: the core's clock is off by the host's time zone."""
    gateway.core.clock = lambda: gateway.clock() - 5 * 3600


@fault("CHN-10")
def web_clock_behind(gateway: Gateway) -> None:
    """Breaks CHN-10: the web host's clock is half a minute slow."""
    right = gateway.clock
    gateway.core.clock = right
    gateway.clock = lambda: right() - 30
