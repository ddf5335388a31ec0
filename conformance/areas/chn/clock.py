"""Finds out what the core's clock and the web app's show, so that every timestamp can be forged relative to it."""

from __future__ import annotations

from conformance.areas.chn import timing
from conformance.areas.chn.line import OPENS, Line
from conformance.areas.chn.record import Attempt, ClockReading
from conformance.areas.chn.timing import Bounds
from conformance.bench import Bench
from conformance.inputs.target import Webapp
from conformance.model import Inconclusive
from conformance.sentence import NOTHING, Sentence, say
from conformance.web.exchange import TOO_LATE
from conformance.web.http import exchange, webapp_context

_SAMPLES, _APART = 5, 0.23  # seconds apart, and no part of one: samples fall on different fractions of it
_STEP, _FAR, _HOURS = 8, 120, 14  # seconds, each step and the farthest; hours, as far as time zones go (UTC+14)
_HOUR = 3600  # a core whose clock is in local time is off by whole hours


class Hangs(Inconclusive):
    """A core that answered a fresh message, and nobody any more after one message of noise."""

    def __init__(self, before: Attempt, noise: Attempt, after: Attempt) -> None:
        """Keep what was sent and what became of it."""
        super().__init__(say("the core app answered nobody any more after one message of noise"))
        self.before, self.noise, self.after = before, noise, after


def meet(line: Line) -> tuple[Attempt, str]:
    """Get one sealed message accepted, and set the line's clock by it.

    Returns how noise was refused, and the source of the clock's reading. Our own time is tried first, then that of
    the core's Date header, then what lies further off. Raises Inconclusive when nothing is accepted at all: there is
    then no control for anything; Hangs when that is because noise silenced the core.
    """
    before, noise = line.fresh(), line.learn_refusal()
    before = line.judged_again(before)
    if noise.trouble == TOO_LATE:
        after = line.fresh()
        if after.trouble == TOO_LATE and before.accepted:
            raise Hangs(before, noise, after)
        return noise, _accepted(line, [], noise, before)
    dates = [round(b.low) for b in line.clocks["date"][:1]]
    near = [sign * offset for offset in (3, *range(_STEP, _FAR + 1, _STEP)) for sign in (-1, 1)]
    zones = [sign * hours * _HOUR for hours in range(1, _HOURS + 1) for sign in (-1, 1)]
    return noise, _accepted(line, [*dates, *near, *zones], noise, before)


def _accepted(line: Line, offsets: list[float], noise: Attempt, by_our_time: Attempt) -> str:
    for offset in (0, *offsets):
        line.core_clock = Bounds(offset, offset)
        control = line.fresh() if offset else by_our_time
        if control.accepted:
            line.learn_acceptance(control)
            return _set(line, control)
    raise Inconclusive(_refusal(by_our_time, noise))


def _set(line: Line, control: Attempt) -> str:
    """Set the line's clock by what the answers show; by the middle of what is accepted where they show nothing.

    A clock that is shown counts when it fits the timestamp that was just accepted, or has a fresh message accepted.
    """
    guess = line.core_clock.low
    sources = ["answer"] if control.answer in OPENS else []
    for source in [*sources, "date"]:
        if not line.clocks[source]:
            continue
        line.core_clock = timing.narrowed(line.clocks[source])
        if abs(line.core_clock.low - guess) <= line.tolerance + 2 or line.fresh().accepted:
            return source
    line.core_clock = Bounds(guess, guess)
    line.core_clock = _middle_of_window(line)
    return "window"


def _middle_of_window(line: Line) -> Bounds:
    guess = line.core_clock.low
    edges, further = [], say("one second further")
    for sign in (1, -1):
        age = 0
        while age <= 2 * line.tolerance + 2 and line.send(further, timing.about(sign * age)).accepted:
            age += 1
        edges.append(age)
    if max(edges) > 2 * line.tolerance + 2:
        return Bounds(guess - 0.5, guess + 0.5)
    middle = guess - (edges[0] - edges[1]) / 2
    return Bounds(middle - 0.5, middle + 0.5)


def _refusal(control: Attempt, noise: Attempt) -> Sentence:
    if control.trouble:
        return say("a fresh sealed message got no answer from the core app ({trouble})", trouble=control.trouble)
    if control.status == noise.status and control.body_bytes == noise.body_bytes:
        return say(
            "the core app answers a fresh sealed message as it answers noise (status {status}, {size} bytes), whatever "
            "its timestamp: is channel.secret the gateway's WA_SECRET, and are channel.codec and "
            "channel.accepted.status right?",
            status=control.status,
            size=control.body_bytes,
        )
    return say(
        "no sealed message was accepted, whatever its timestamp (status {status}): is channel.secret the gateway's "
        "WA_SECRET, and are channel.codec, channel.payload and channel.accepted.status right?",
        status=control.status,
    )


def steady(line: Line, source: str) -> tuple[ClockReading, ClockReading | None, tuple[Attempt, ...]]:
    """Narrow both clocks down by reading them at several points of a second.

    Returns the core's, the web app's (None where none is declared), and the fresh messages sent on the way; the
    first three of those within one second.
    """
    webapp = line.bench.target.webapp
    web = _WebClock(line.bench, webapp) if webapp else None
    fresh = [line.fresh(), line.fresh()]
    for _ in range(_SAMPLES):
        fresh.append(line.fresh())
        if web is not None:
            web.look()
        line.bench.clock.wait(_APART)
    if source != "window":
        line.core_clock = timing.narrowed(line.clocks[source])
    return line.core_clock.reading(source), web.reading() if web else None, tuple(fresh)


class _WebClock:
    """The web app's clock, by the Date header of its first page."""

    def __init__(self, bench: Bench, webapp: Webapp) -> None:
        self._bench, self._url = bench, webapp.url
        self._seen: list[Bounds] = []
        self._trouble = NOTHING

    def look(self) -> None:
        """Read it once more, unless it could not be read before."""
        if self._trouble:
            return
        before = self._bench.clock.now()
        try:
            seen = exchange(self._bench, "GET", self._url, context=webapp_context(self._bench))
        except Inconclusive as reason:
            self._trouble = reason.reason
            return
        second = timing.date_second(seen.headers)
        if second is None:
            self._trouble = seen.trouble or say("its answer bears no Date header")
        else:
            self._seen.append(timing.shown(second, before, self._bench.clock.now()))

    def reading(self) -> ClockReading:
        """Return what was read, or why nothing was."""
        return timing.narrowed(self._seen).reading("date") if self._seen else ClockReading(trouble=self._trouble)
