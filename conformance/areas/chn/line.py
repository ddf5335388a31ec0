"""One sealed message after another to the core app, and what became of each."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

from conformance.areas.chn import timing
from conformance.areas.chn.guarded import CodecRaised, guarded
from conformance.areas.chn.record import Answer, Attempt, Group
from conformance.areas.chn.timing import Bounds, Timing
from conformance.areas.chn.transport import Reply, transport
from conformance.bench import Bench
from conformance.codecs import Codec, Region, SealBroken
from conformance.inputs.target import Channel
from conformance.model import Inconclusive
from conformance.sentence import Sentence, say
from conformance.web.exchange import TOO_LATE

Make = Callable[[int], bytes]

_AT_ONCE = 4  # bounds what a core has to answer at the same time
_TIMES = 3
_BODY = 256  # bytes of an answer that are kept for the report
_PATIENCE, _SHORTEST_PATIENCE = 5.0, 1.0
_SILENCES = 3
OPENS = (Answer.SEALED, Answer.SAME_KEY)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed message and the timestamp that it bears."""

    message: bytes
    stamp: int


class Line:
    """The way to one core app. Knows the codec, the core's clock, and what acceptance looks like there."""

    def __init__(self, bench: Bench, channel: Channel) -> None:
        """Send nothing yet."""
        assert channel.secret is not None  # noqa: S101 - the rows of the catalogue need it
        self.bench, self.channel, self.tolerance = bench, channel, channel.tolerance_seconds
        self.secret = bench.vault[channel.secret].reveal()
        self._format = guarded(channel.codec)
        self.codec = self.with_secret(self.secret)
        self._core = self._format(self.secret, core=True, tolerance=self.tolerance)
        self.core_clock = Bounds()
        self.clocks: dict[str, list[Bounds]] = {"answer": [], "date": []}
        self.last_answer: Sealed | None = None
        self.nonces: list[bytes] = []
        self.speaks_http = not channel.url.startswith("tcp:")
        self._transport = transport(bench, channel)
        self.patience = _PATIENCE
        self._noise: Attempt | None = None
        self._control: Attempt | None = None
        self._silences = 0
        self._lock = threading.Lock()

    def with_secret(self, secret: str) -> Codec:
        """Return the web app's side of the channel, under some secret."""
        return self._format(secret, tolerance=self.tolerance)

    def seal(self, stamp: int) -> bytes:
        """Return the payload as a right web app seals it, stamped `stamp`."""
        return self.codec.seal(self.channel.payload.encode(), stamp)

    def send(
        self,
        what: Sentence,
        when: Timing,
        make: Make | None = None,
        *,
        declare: int = 0,
        wait: float = 0,
        patience: float = 0,
        content_type: str = "",
    ) -> Attempt:
        """Send one message; again where it left too late or was lost on the way, at most three times.

        `make` seals or forges it for a timestamp. `wait` is the longest to wait for an answer, in seconds; a message
        with a `wait` of its own is sent once. `patience`, in seconds, replaces the usual one, `content_type` that of
        the target file.
        """
        seconds = wait or patience or self.patience
        carry = partial(self._transport.send, timeout=seconds, declare=declare, content_type=content_type)
        times = 0
        while True:
            times += 1
            attempt = self._once(what, when, make or self.seal, carry)
            never_heard = attempt.trouble == TOO_LATE and self._control is None
            if wait or never_heard or times == _TIMES or (attempt.on_time and not self._was_lost(attempt)):
                return replace(attempt, times=times)

    def fresh(self) -> Attempt:
        """Send a fresh sealed message: the control of everything else, worth the longest wait."""
        return self.send(say("a fresh sealed message"), timing.fresh(self.tolerance), patience=_PATIENCE)

    def noise(self, wait: float = 0) -> Attempt:
        """Send random bytes as long as a message: what no core can take for one."""
        size = len(self.codec.unwrap(self.seal(0)))
        what, when = say("random bytes as long as a message"), timing.fixed(0)
        return self.send(what, when, lambda _: self.codec.wrap(os.urandom(size)), wait=wait)

    def group(self, attempts: Mapping[str, Callable[[], Attempt]]) -> Group:
        """Make all attempts, a few at once, between two controls and beside one message of noise."""
        before, noise = self.fresh(), self.noise()
        return Group(before, noise, self.together(attempts), self.fresh())

    def together(self, attempts: Mapping[str, Callable[[], Attempt]]) -> dict[str, Attempt]:
        """Make all attempts, a few at once."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return dict(zip(attempts, pool.map(lambda attempt: attempt(), attempts.values()), strict=True))

    def learn_refusal(self) -> Attempt:
        """Take the answer to noise, sent once, as what a refusal looks like here."""
        self._noise = self.noise(wait=self.patience)
        return self._noise

    def judged_again(self, attempt: Attempt) -> Attempt:
        """Return an attempt that was made before it was known what refusal or acceptance looks like here."""
        return replace(attempt, accepted=self._accepts(attempt))

    @property
    def usual_seconds(self) -> float:
        """How long an answer to a fresh message takes here."""
        return self._control.seconds if self._control else 0.0

    def learn_acceptance(self, control: Attempt) -> None:
        """Take the answer to an accepted control as what acceptance looks like, and how long answers take.

        Where noise got no answer at all, silence is how this core refuses, and is not worth a long wait each time.
        """
        self._control = control
        if self._noise is not None and self._noise.trouble == TOO_LATE:
            self.patience = min(_PATIENCE, max(_SHORTEST_PATIENCE, 10 * control.seconds))

    def _once(self, what: Sentence, when: Timing, make: Make, carry: Callable[[Callable[[], bytes]], Reply]) -> Attempt:
        clock, core = self.bench.clock, self.core_clock
        before, stamp, message = clock.now(), 0, b""

        def seal() -> bytes:
            nonlocal before, stamp, message
            before = clock.now()
            stamp = when.stamp(*core.at(before))
            message = make(stamp)
            return message

        reply = carry(seal)
        after = clock.now()
        youngest, oldest = core.at(before)[0] - stamp, core.at(after)[1] - stamp
        answer, content = self._open(reply, message, before, after)
        attempt = Attempt(
            what,
            accepted=False,
            youngest=round(youngest, 3),
            oldest=round(oldest, 3),
            on_time=when.holds(youngest, oldest),
            status=reply.status,
            headers=reply.headers,
            answer=answer,
            says=hashlib.sha256(content).hexdigest()[:16],
            body=reply.body[:_BODY].decode("utf-8", "replace"),
            body_bytes=len(reply.body),
            trouble=reply.trouble,
            seconds=round(reply.seconds, 4),
        )
        return replace(attempt, accepted=self._accepts(attempt))

    def _open(self, reply: Reply, message: bytes, before: float, after: float) -> tuple[Answer, bytes]:
        """Return what an answer is, and its content: what it says once opened, or the body as it is.

        The clocks that it shows are noted on the way. An echo shows the clock of the message, and says nothing.
        """
        if (second := timing.date_second(reply.headers)) is not None:
            self.clocks["date"].append(timing.shown(second, before, after))
        if reply.body and reply.body.strip() == message.strip():
            return Answer.ECHO, b""
        for codec, kind in ((self.codec, Answer.SEALED), (self._core, Answer.SAME_KEY)):
            try:
                stamp = codec.stamp(reply.body)
                content = codec.open(reply.body, stamp)
            except (SealBroken, CodecRaised):
                continue
            self.clocks["answer"].append(timing.shown(stamp, before, after))
            self.last_answer = Sealed(reply.body, stamp)
            self._note_nonce(reply.body)
            return kind, content
        return (Answer.CLEAR if reply.body else Answer.EMPTY), reply.body

    def _note_nonce(self, sealed: bytes) -> None:
        raw = self.codec.unwrap(sealed)
        if span := self.codec.regions(raw).get(Region.NONCE):
            self.nonces.append(raw[span.start : span.stop])

    def _accepts(self, seen: Attempt) -> bool:
        """Tell an acceptance by its status.

        Where noise gets that status too, or the transport has none: by an answer that opens where the control's does,
        and that is not the one to noise.
        """
        if seen.trouble or seen.status not in self.channel.accepted.status:
            return False
        if self.speaks_http and self._noise is not None and self._noise.status not in self.channel.accepted.status:
            return True
        as_noise = self._noise is not None and _alike(seen, self._noise)
        if self._control is None:
            return seen.answer in OPENS or not as_noise
        if self._control.answer in OPENS:
            return seen.answer in OPENS and (not as_noise or _alike(seen, self._control))
        return not as_noise

    def _was_lost(self, seen: Attempt) -> bool:
        """Tell trouble on the way from a core that refuses by hanging up; raises Inconclusive when silence goes on."""
        if not seen.trouble or (self._noise is not None and self._noise.trouble):
            return False
        if seen.trouble == TOO_LATE:
            with self._lock:
                self._silences += 1
            if self._silences > _SILENCES:
                raise Inconclusive(say("the core app stopped answering while it was being probed"))
        return True


def _alike(one: Attempt, other: Attempt) -> bool:
    return (one.status, one.answer, one.says) == (other.status, other.answer, other.says)
