from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance import catalogue
from conformance.areas.idv.judge_paths import other_path_asks_for_hash
from conformance.areas.idv.record import Answer, OtherPathLook, PathAttempt, PathControl, State
from conformance.engine.cases import expand
from conformance.model import Case, Inconclusive, NotApplicable, Outcome, Verdict
from conformance.sentence import Sentence
from tests.areas.idv.identities import ABSENT, PRESENT, policy, service

URL = "https://chat.example/contacts/{uid}"
DECLARED: dict[str, Any] = {"other_paths": [{"url": URL}]}
RIGHT = PathControl(Answer(200), PRESENT, ("/name",), ("/name", "/revision"))
REFUSED = PathAttempt(Sentence("no hash"), Answer(403), PRESENT, PRESENT, controls=1)
PATH = OtherPathLook(
    "PATCH", URL, controls=(RIGHT, RIGHT), attempts={"unsigned": (REFUSED, REFUSED), "fresh-uid": ()}, put_back=True
)


def case(name: str) -> Case:
    return next(case for case in expand(catalogue.load()["IDV-11"], policy(**DECLARED)) if case.name == name)


def judged(path: OtherPathLook, name: str = "unsigned", **declared: Any) -> Verdict:
    return other_path_asks_for_hash(service(others=(path,)), policy(**{**DECLARED, **declared}), case(name))


def with_attempt(**facts: Any) -> OtherPathLook:
    return replace(PATH, attempts={"unsigned": (REFUSED, replace(REFUSED, **facts))})


def test_a_path_that_asks_for_the_hash_is_right() -> None:
    verdict = judged(PATH)
    assert verdict.outcome is Outcome.PASS
    assert verdict.exhibits == ("/trials/others/0/attempts/unsigned/0", "/trials/others/0/attempts/unsigned/1")
    assert not verdict.notes
    assert judged(replace(PATH, put_back=False)).notes


@pytest.mark.parametrize("status", [200, 204, 302, 401, 403, 404, 405, 500])
def test_the_effect_is_judged_and_not_the_status(status: int) -> None:
    assert judged(with_attempt(answer=Answer(status))).outcome is Outcome.PASS
    assert judged(with_attempt(answer=Answer(status), marked=("/name",))).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    "facts",
    [
        {"before": ABSENT},
        {"after": ABSENT},
        {"changed": ("/revision",)},
        {"changed": ("/visitor/verified",)},
        {"answer": Answer(200, found="true")},
    ],
)
def test_whatever_only_the_right_hash_may_do_is_a_violation(facts: dict[str, Any]) -> None:
    assert judged(with_attempt(**facts)).outcome is Outcome.FAIL


def test_what_the_right_hash_does_not_change_is_no_effect() -> None:
    assert judged(with_attempt(changed=("/refusals",))).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (replace(PATH, controls=(RIGHT,)), "had no effect"),
        (replace(PATH, controls=(RIGHT, PathControl(Answer(500), PRESENT))), "had no effect"),
        (
            replace(PATH, attempts={}, stopped=Sentence("no request with the right hash had an effect")),
            "no request with",
        ),
        (with_attempt(answer=Answer(429)), "status 429"),
        (with_attempt(answer=Answer(trouble=Sentence("no answer in time"))), "tells nothing"),
        (with_attempt(after=State("unreadable", Sentence("status 500"))), "status 500"),
    ],
)
def test_nothing_is_settled_without_a_control_or_an_answer(path: OtherPathLook, words: str) -> None:
    with pytest.raises(Inconclusive, match=words):
        judged(path)


def test_a_path_that_was_not_tried_settles_nothing() -> None:
    with pytest.raises(Inconclusive, match="stopped early"):
        other_path_asks_for_hash(service(stopped=Sentence("stopped early")), policy(**DECLARED), case("unsigned"))


def test_one_uid_alone_has_no_other_client() -> None:
    with pytest.raises(NotApplicable, match="one uid only"):
        judged(PATH, "other-client")


def test_nothing_is_asked_while_validation_is_declared_off() -> None:
    with pytest.raises(NotApplicable, match="validation off"):
        judged(PATH, enforced=False)
