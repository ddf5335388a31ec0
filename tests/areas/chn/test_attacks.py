from __future__ import annotations

from typing import Any

import pytest

from conformance.areas.chn import attacks
from conformance.areas.chn.record import Attempt
from conformance.sentence import Sentence, say
from conformance.web.exchange import TOO_LATE


class Scripted:
    """A line to a core that answers fresh messages as told; half requests it leaves without an answer."""

    tolerance, usual_seconds = 10, 0.1

    def __init__(self, *answers: Attempt) -> None:
        self.answers, self.held = list(answers), list[float]()

    def seal(self, _stamp: int) -> bytes:
        return b"sealed"

    def send(self, what: Sentence, _when: Any, make: Any = None, *, declare: int = 0, wait: float = 0) -> Attempt:
        if not declare:
            return self.answers.pop(0)
        make(0)
        self.held.append(wait)
        return Attempt(what, accepted=False, trouble=TOO_LATE)


@pytest.mark.parametrize(
    ("first", "held"),
    [
        (Attempt(say("quick"), accepted=True, seconds=0.15), [0.5]),
        (Attempt(say("slow, or held up"), accepted=True, seconds=0.5), [0.5, 5.0]),
        (Attempt(say("slower than that"), accepted=False, trouble=TOO_LATE), [0.5, 5.0]),
    ],
)
def test_a_core_that_seems_held_up_by_half_a_request_gets_longer(first: Attempt, held: list[float]) -> None:
    line = Scripted(first, Attempt(say("the second time"), accepted=True, seconds=0.6))
    assert attacks.half_open(line)["meanwhile"].accepted  # type: ignore[arg-type]
    assert line.held == held
