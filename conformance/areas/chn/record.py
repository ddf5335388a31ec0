"""The sealed channel between web app and core app, as it behaved. All times are in seconds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from conformance.sentence import NOTHING, Sentence


class Answer(StrEnum):
    """What an answer is to the holder of the secret.

    `same-key` is sealed, but under the key of requests; `echo` is the message itself, sent back; `clear` does not open.
    """

    SEALED = "sealed"
    SAME_KEY = "same-key"
    ECHO = "echo"
    CLEAR = "clear"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One message and what became of it.

    `youngest` and `oldest` bound its age by the core's clock when the core can have judged it (below zero: from the
    future). `on_time` is false when even its last sending, of `times`, left later than a verdict on it can bear.
    `status` is 0 where there was no HTTP answer, `trouble` then says why. `says` is a digest of the answer's content,
    opened where it opens; `body` is its first 256 characters as they came.
    """

    what: Sentence
    accepted: bool
    youngest: float = 0.0
    oldest: float = 0.0
    on_time: bool = True
    times: int = 1
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    answer: Answer = Answer.EMPTY
    says: str = ""
    body: str = ""
    body_bytes: int = 0
    trouble: Sentence = NOTHING
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Group:
    """Attempts between two controls, fresh sealed messages, and beside a message of noise for comparison."""

    before: Attempt
    noise: Attempt
    attempts: dict[str, Attempt]
    after: Attempt


@dataclass(frozen=True, slots=True)
class ClockReading:
    """A clock against the suite's own: `offset` is above zero where it is ahead.

    `source` is `answer` (a sealed timestamp), `date` (the Date header) or `window` (the middle of what is accepted);
    `trouble` says why there is no reading.
    """

    offset: float = 0.0
    uncertainty: float = 0.0
    source: str = ""
    trouble: Sentence = NOTHING


@dataclass(frozen=True, slots=True)
class WindowPoint:
    """Whether a message of about that age is accepted; the age is good to half a second."""

    age: float
    accepted: bool


@dataclass(frozen=True, slots=True)
class ChannelObservation:
    """One look at the channel. Groups and attempts are keyed by names of the suite's own.

    `noise` is the first message of noise: how a refusal looks here. `web_clock` is None where no web app is declared.
    `core_clock_offset` is that of `core_clock`. `sealed_answers` counts the answers whose nonces were compared.
    `stopped` says why there are no more groups.
    """

    url: str
    codec: str
    started: float
    core_clock: ClockReading
    core_clock_offset: float
    web_clock: ClockReading | None
    noise: Attempt
    fresh: tuple[Attempt, ...]
    groups: dict[str, Group]
    window: tuple[WindowPoint, ...] = ()
    regions: tuple[str, ...] = ()
    sealed_answers: int = 0
    distinct_nonces: int = 0
    stopped: Sentence = NOTHING
