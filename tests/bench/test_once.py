"""A question is asked once, and its trouble is everybody's."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from conformance.bench.once import Once
from conformance.model import Inconclusive
from conformance.sentence import say


def test_a_question_is_asked_once_though_many_ask_at_the_same_time() -> None:
    once, asked, together = Once(), [], threading.Barrier(4, timeout=10)

    def ask(_: int) -> None:
        together.wait()
        once.make_sure("there", lambda: asked.append("there"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, range(4)))
    assert asked == ["there"]


def test_trouble_is_raised_for_everybody_who_asks() -> None:
    once, asked = Once(), []

    def ask() -> None:
        asked.append("there")
        raise Inconclusive(say("connection refused"))

    for _ in range(3):
        with pytest.raises(Inconclusive, match="refused"):
            once.make_sure("there", ask)
    assert asked == ["there"]


def test_a_defect_is_raised_for_everybody_who_asks() -> None:
    once = Once()

    def ask() -> None:
        raise TypeError("a defect")

    for _ in range(2):
        with pytest.raises(TypeError):
            once.make_sure("there", ask)


def test_questions_are_told_apart() -> None:
    once = Once()
    asked: list[int] = []
    for port in (1, 2, 1):
        once.make_sure(("port", port), partial(asked.append, port))
    assert asked == [1, 2]
