"""Looks at the sealed channel once: everything but the real wait happens while a captured message grows old."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

from conformance.areas.chn import attacks, timing
from conformance.areas.chn.clock import Hangs, meet, steady
from conformance.areas.chn.line import Line
from conformance.areas.chn.record import Attempt, ChannelObservation, ClockReading, Group, WindowPoint
from conformance.areas.chn.timing import Timing
from conformance.bench import Bench
from conformance.engine.observatory import Probe
from conformance.inputs.target import Channel, Target
from conformance.model import Inconclusive
from conformance.sentence import NOTHING, Sentence, say
from conformance.web.preflight import reach

_AFTER_MARGIN = 2  # seconds: a stamp of whole seconds is surely too old by then
_AHEAD = 0.4
_REPEATS = 8
_USUAL_SECONDS, _USUAL_MARGIN = 90.0, 10


def _look(bench: Bench) -> ChannelObservation:
    channel = bench.target.declared(Channel)
    reach(bench, channel.url)
    line = Line(bench, channel)
    started = bench.clock.now()
    try:
        noise, source = meet(line)
    except Hangs as hangs:
        return _hanging(channel, started, hangs)
    captured = _capture(line)
    core, web, fresh = steady(line, source)
    looks: dict[str, Callable[[], Group]] = {
        "unsealed": lambda: line.group(attacks.unsealed(line)),
        "forged": lambda: line.group(attacks.forged(line)),
        "changed": lambda: _changed(line),
        "stale": lambda: line.group(attacks.stale(line)),
        "future": lambda: line.group(attacks.future(line)),
        "inside": lambda: line.group(attacks.inside(line)),
        "replayed": lambda: _replayed(line),
        "reflected": lambda: _reflected(line),
    }
    groups: dict[str, Group] = {}
    window: tuple[WindowPoint, ...] = ()
    stopped = NOTHING
    try:
        for name, look in looks.items():
            groups[name] = look()
        window = _window(line)
        if channel.wait:
            groups["waited"] = _waited(line, captured)
        groups["malformed"] = _malformed(line)
    except Inconclusive as reason:  # what was seen before stays
        stopped = reason.reason
    return ChannelObservation(
        url=channel.url,
        codec=channel.codec,
        started=started,
        core_clock=core,
        core_clock_offset=core.offset,
        web_clock=web,
        noise=noise,
        fresh=fresh,
        groups=groups,
        window=window,
        regions=tuple(attacks.regions(line)),
        sealed_answers=len(line.nonces),
        distinct_nonces=len(set(line.nonces)),
        stopped=stopped,
    )


def _hanging(channel: Channel, started: float, hangs: Hangs) -> ChannelObservation:
    """Record a core that one message of noise silenced: nothing else can be seen of it."""
    unread = ClockReading(trouble=hangs.reason)
    return ChannelObservation(
        url=channel.url,
        codec=channel.codec,
        started=started,
        core_clock=unread,
        core_clock_offset=unread.offset,
        web_clock=None,
        noise=hangs.noise,
        fresh=(),
        groups={"malformed": Group(hangs.before, hangs.noise, {}, hangs.after)},
        stopped=hangs.reason,
    )


@dataclass(frozen=True, slots=True)
class _Captured:
    """A message that was accepted, one sealed beside it and held back, and one that was a little ahead."""

    stamp: int
    message: bytes
    held_back: bytes
    ahead: int
    ahead_message: bytes
    first: dict[str, Attempt]


def _capture(line: Line) -> _Captured:
    stamp = timing.fresh(line.tolerance).stamp(*line.core_clock.at(line.bench.clock.now()))
    ahead = stamp + math.floor(_AHEAD * line.tolerance)
    message, held_back, ahead_message = line.seal(stamp), line.seal(stamp), line.seal(ahead)
    surely = timing.well_inside(line.tolerance)
    first = {
        "first": line.send(say("a message sent for the first time"), timing.fixed(stamp, surely), lambda _: message),
        "ahead": line.send(say("a message stamped ahead"), timing.fixed(ahead, surely), lambda _: ahead_message),
    }
    return _Captured(stamp, message, held_back, ahead, ahead_message, first)


def _waited(line: Line, captured: _Captured) -> Group:
    """Send what was captured once more, and what was held back, when the margin has passed for both."""
    clock, margin = line.bench.clock, line.tolerance
    clock.wait(captured.stamp + margin + _AFTER_MARGIN - line.core_clock.at(clock.now())[0])
    when = timing.fixed(captured.stamp, (margin + 1, float("inf")))
    group = line.group(
        {
            "held-back": lambda: line.send(
                say("a message delivered only after the margin"), when, lambda _: captured.held_back
            ),
        }
        | _repeats(line, "again", say("the same bytes, after the margin"), when, captured.message)
        | _repeats(
            line,
            "ahead-again",
            say("the same bytes, at the end of their margin"),
            timing.fixed(captured.ahead),
            captured.ahead_message,
        )
    )
    return Group(group.before, group.noise, {**captured.first, **group.attempts}, group.after)


def _changed(line: Line) -> Group:
    """Change messages that were never delivered, and one that was: a core may know it again."""
    when = timing.inside(_AHEAD * line.tolerance, line.tolerance)
    sent: list[bytes] = []

    def seal(stamp: int) -> bytes:
        sent.append(line.seal(stamp))
        return sent[-1]

    delivered = line.send(say("a message that is changed after it was delivered"), when, seal)
    group = line.group({**attacks.changed(line), **attacks.changed_later(line, sent[-1])})
    return replace(group, attempts={"delivered": delivered, **group.attempts})


def _replayed(line: Line) -> Group:
    """Send the same bytes again inside the margin, and the same message in other spellings."""
    before, noise = line.fresh(), line.noise()
    stamp = timing.fresh(line.tolerance).stamp(*line.core_clock.at(line.bench.clock.now()))
    when = timing.fixed(stamp, timing.well_inside(line.tolerance))
    message = max((line.seal(stamp) for _ in range(_REPEATS)), key=lambda sealed: sum(map(sealed.count, b"-_+/")))
    first = line.send(say("a message sent for the first time"), when, lambda _: message)
    again = line.together(
        _repeats(line, "again", say("the same bytes, at once"), when, message)
        | {f"again/{name}": attempt for name, attempt in attacks.respelt(line, message, when).items()}
    )
    return Group(before, noise, {"first": first, **again}, line.fresh())


def _repeats(line: Line, name: str, what: Sentence, when: Timing, message: bytes) -> dict[str, Callable[[], Attempt]]:
    """Send the same bytes several times, for of several workers each may remember what itself has taken."""
    return {f"{name}/{n}": partial(line.send, what, when, lambda _: message) for n in range(1, _REPEATS + 1)}


def _malformed(line: Line) -> Group:
    group = line.group(attacks.malformed(line))
    if not group.after.accepted:
        return group
    return Group(group.before, group.noise, {**group.attempts, **attacks.half_open(line)}, line.fresh())


def _reflected(line: Line) -> Group:
    """Send the core's own sealed answer back to it as if it were a request."""
    answer = line.last_answer
    if answer is None:
        return line.group({})
    when = timing.fixed(answer.stamp)
    return line.group({"answer": lambda: line.send(say("a captured answer"), when, lambda _: answer.message)})


def _window(line: Line) -> tuple[WindowPoint, ...]:
    points = list(attacks.ages(line))
    with ThreadPoolExecutor(4) as pool:
        return tuple(pool.map(lambda point: WindowPoint(point[0], point[1]().accepted), points))


def _patience(target: Target) -> float:
    margin = target.channel.tolerance_seconds if target.channel else _USUAL_MARGIN
    return _USUAL_SECONDS + max(0, margin - _USUAL_MARGIN)


channel = Probe("channel", ChannelObservation, _look, _patience, waits=True)
