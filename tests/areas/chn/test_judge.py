from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import TypeAdapter

from conformance import catalogue, pointers
from conformance.areas.chn import judge, judge_refusals
from conformance.areas.chn.record import Answer, Attempt, ChannelObservation, ClockReading, Group, WindowPoint
from conformance.engine.policy import Policy
from conformance.inputs import target
from conformance.model import Case, Inconclusive, NotApplicable, Outcome, Verdict
from conformance.sentence import say
from conformance.web.exchange import TOO_LATE

TAKEN = Attempt(
    say("a fresh sealed message"), accepted=True, status=200, answer=Answer.SEALED, body_bytes=120, seconds=0.01
)
HEADERS = (("Date", "Mon, 21 Sep 2026 14:13:20 GMT"), ("Content-Length", "0"))
NOT_TAKEN = Attempt(say("a bad message"), accepted=False, status=401, headers=HEADERS, says="e3b0", seconds=0.01)
LATE: dict[str, Any] = {"on_time": False, "times": 3, "oldest": 12.5}


def group(*refused: str, **taken: Attempt) -> Group:
    return Group(TAKEN, NOT_TAKEN, {**dict.fromkeys(refused, NOT_TAKEN), **taken}, TAKEN)


def samples(*names: str) -> list[str]:
    return [f"{name}/{n}" for name in names for n in (1, 2, 3)]


RIGHT = ChannelObservation(
    url="http://core.example:6250/channel",
    codec="fernet",
    started=1_790_000_000.0,
    core_clock=ClockReading(0.1, 0.1, "answer"),
    core_clock_offset=0.1,
    web_clock=ClockReading(0.2, 0.1, "date"),
    noise=NOT_TAKEN,
    fresh=(TAKEN, TAKEN, TAKEN),
    groups={
        "unsealed": group("plain", "empty", "base64", "base64/url"),
        "forged": group(*samples("other"), "empty", "default/1", "prefix/8"),
        "changed": group(
            *samples("bit-timestamp", "bit-nonce", "bit-ciphertext", "bit-mac"), "truncated/last", "re-stamped"
        ),
        "stale": group("margin-plus-1s", "3-margins", "6-margins", "epoch-0"),
        "future": group("margin-plus-2s", "milliseconds"),
        "inside": Group(TAKEN, NOT_TAKEN, {"old-40-percent": TAKEN, "ahead-40-percent": TAKEN}, TAKEN),
        "replayed": group("again", first=TAKEN),
        "reflected": group("answer"),
        "waited": group("held-back", "again", "ahead-again", first=TAKEN, ahead=TAKEN),
        "malformed": group("too-short", "half-request"),
    },
    window=tuple(WindowPoint(float(age), abs(age) <= 10) for age in range(-14, 15)),
    sealed_answers=40,
    distinct_nonces=40,
)
POLICY = Policy(
    target.parse({"schema": 1, "name": "t", "channel": {"url": "tcp://core.example:1", "secret": "env:WA_SECRET"}})
)
JUDGES = {
    "CHN-01": judge.fresh,
    "CHN-02": judge.unsealed,
    "CHN-03": judge.forged,
    "CHN-04": judge.changed,
    "CHN-05": judge.stale,
    "CHN-06": judge.future,
    "CHN-07": judge.inside,
    "CHN-08": judge.replayed_late,
    "CHN-09": judge.replayed_inside,
    "CHN-10": judge.clocks_agree,
    "CHN-11": judge.edge,
    "CHN-12": judge_refusals.alike,
    "CHN-13": judge.malformed,
    "CHN-14": judge.answer_sealed,
    "CHN-15": judge.reflection,
}
REFUSED_CASES = [
    ("CHN-02/plain", "unsealed", "plain"),
    ("CHN-02/base64", "unsealed", "base64/url"),
    ("CHN-03/other", "forged", "other/2"),
    ("CHN-03/prefix", "forged", "prefix/8"),
    ("CHN-04/bit-mac", "changed", "bit-mac/3"),
    ("CHN-04/truncated", "changed", "truncated/last"),
    ("CHN-05/margin-plus-1s", "stale", "margin-plus-1s"),
    ("CHN-05/held-back", "waited", "held-back"),
    ("CHN-06/milliseconds", "future", "milliseconds"),
    ("CHN-13/too-short", "malformed", "too-short"),
]
ACCEPTED_CASES = [("CHN-07/old-40-percent", "old-40-percent"), ("CHN-07/ahead-40-percent", "ahead-40-percent")]
SINGLE = [
    "CHN-01",
    "CHN-08",
    "CHN-09/at-once",
    "CHN-09/at-the-margins-end",
    "CHN-10",
    "CHN-11",
    "CHN-12",
    "CHN-13/goes-on",
    "CHN-14/sealed",
    "CHN-14/nonces",
    "CHN-15",
]


def judged(case_id: str, seen: ChannelObservation = RIGHT, policy: Policy = POLICY) -> Verdict:
    requirement, _, name = case_id.partition("/")
    row = catalogue.load()[requirement]
    verdict = JUDGES[requirement](seen, policy, Case(case_id, row, name, "", "core.example:1", row.level))
    document = TypeAdapter(ChannelObservation).dump_python(seen, mode="json")
    assert all(pointers.get(document, pointer) is not pointers.MISSING for pointer in verdict.exhibits)
    return verdict


def with_attempt(group_name: str, name: str, attempt: Attempt) -> ChannelObservation:
    old = RIGHT.groups[group_name]
    return with_group(group_name, replace(old, attempts={**old.attempts, name: attempt}))


def with_group(name: str, changed: Group) -> ChannelObservation:
    return replace(RIGHT, groups={**RIGHT.groups, name: changed})


@pytest.mark.parametrize("case", [*(c for c, _, _ in REFUSED_CASES), *(c for c, _ in ACCEPTED_CASES), *SINGLE])
def test_right_channel_conforms(case: str) -> None:
    assert judged(case).outcome is Outcome.PASS


@pytest.mark.parametrize(("case", "in_group", "name"), REFUSED_CASES)
def test_what_must_be_refused_and_is_accepted_fails(case: str, in_group: str, name: str) -> None:
    found = judged(case, with_attempt(in_group, name, TAKEN))
    assert found.outcome is Outcome.FAIL
    assert found.exhibits == (f"/groups/{in_group}/attempts/{name.replace('/', '~1')}",)


@pytest.mark.parametrize(("case", "in_group", "name"), REFUSED_CASES)
@pytest.mark.parametrize("control", ["before", "after"])
def test_a_refusal_without_accepted_controls_proves_nothing(case: str, in_group: str, name: str, control: str) -> None:
    silent = replace(NOT_TAKEN, status=0, trouble=say("connection refused"))
    controls: dict[str, Any] = {control: silent}
    seen = with_group(in_group, replace(RIGHT.groups[in_group], **controls))
    with pytest.raises(Inconclusive, match="connection refused"):
        judged(case, seen)


@pytest.mark.parametrize(("case", "in_group", "name"), REFUSED_CASES)
def test_an_acceptance_that_breaks_the_core_fails(case: str, in_group: str, name: str) -> None:
    seen = with_attempt(in_group, name, TAKEN)
    broken = replace(seen.groups[in_group], after=NOT_TAKEN)
    assert judged(case, with_group(in_group, broken)).outcome is Outcome.FAIL
    with pytest.raises(Inconclusive, match="control before"):
        judged(case, with_group(in_group, replace(broken, before=NOT_TAKEN)))


def test_a_core_that_limits_how_often_it_is_asked_is_named_as_such() -> None:
    limited = replace(RIGHT.groups["stale"], after=replace(NOT_TAKEN, status=429))
    with pytest.raises(Inconclusive, match=r"\[limits\] requests_per_second"):
        judged("CHN-05/epoch-0", with_group("stale", limited))


def test_a_core_that_serves_nobody_while_half_a_request_is_open_fails() -> None:
    seen = with_attempt("malformed", "meanwhile", replace(NOT_TAKEN, status=0, trouble=TOO_LATE))
    found = judged("CHN-13/goes-on", seen)
    assert (found.outcome, found.exhibits[-1]) == (Outcome.FAIL, "/groups/malformed/attempts/meanwhile")
    assert judged("CHN-13/goes-on", with_attempt("malformed", "meanwhile", TAKEN)).outcome is Outcome.PASS


def test_an_answer_that_is_the_message_itself_fails() -> None:
    echo = replace(TAKEN, answer=Answer.ECHO)
    found = judged("CHN-14/sealed", replace(RIGHT, fresh=(TAKEN, echo, TAKEN)))
    assert (found.outcome, found.exhibits) == (Outcome.FAIL, ("/fresh/1",))
    assert "sent back" in found.observed


@pytest.mark.parametrize(("case", "in_group", "name"), REFUSED_CASES)
def test_a_message_that_left_late_proves_nothing(case: str, in_group: str, name: str) -> None:
    late = replace(RIGHT.groups[in_group].attempts[name], **LATE)
    with pytest.raises(Inconclusive, match=r"left late 3 times, 12\.5 s old"):
        judged(case, with_attempt(in_group, name, late))


@pytest.mark.parametrize(("case", "name"), ACCEPTED_CASES)
def test_what_must_be_accepted_and_is_refused_fails(case: str, name: str) -> None:
    assert judged(case, with_attempt("inside", name, NOT_TAKEN)).outcome is Outcome.FAIL


@pytest.mark.parametrize(("case", "name"), ACCEPTED_CASES)
def test_an_answer_lost_on_the_way_is_no_refusal(case: str, name: str) -> None:
    lost = replace(NOT_TAKEN, status=0, trouble=say("connection reset"), times=3)
    seen = with_attempt("inside", name, lost)
    with pytest.raises(Inconclusive, match="no answer in 3 tries: connection reset"):
        judged(case, seen)
    assert judged(case, replace(seen, noise=lost)).outcome is Outcome.FAIL


def test_a_message_lost_to_a_core_app_that_is_gone_is_no_refusal() -> None:
    lost = replace(NOT_TAKEN, status=0, trouble=say("connection reset"), times=3)
    gone = with_group("unsealed", replace(RIGHT.groups["unsealed"], after=lost))
    with pytest.raises(Inconclusive, match="no answer in 3 tries"):
        judged("CHN-01", replace(gone, noise=lost, fresh=(TAKEN, lost)))


def test_refusals_of_a_core_app_that_is_gone_are_not_compared() -> None:
    gone = {name: replace(group, after=NOT_TAKEN) for name, group in RIGHT.groups.items()}
    with pytest.raises(Inconclusive, match="control after these messages was not accepted"):
        judged("CHN-12", replace(RIGHT, groups=gone))


@pytest.mark.parametrize(("case", "in_group"), [("CHN-01", "unsealed"), ("CHN-07/old-40-percent", "inside")])
def test_acceptance_proves_nothing_where_noise_is_accepted(case: str, in_group: str) -> None:
    with pytest.raises(Inconclusive, match="random bytes"):
        judged(case, with_group(in_group, replace(RIGHT.groups[in_group], noise=TAKEN)))


def test_one_fresh_message_refused_among_others_fails() -> None:
    found = judged("CHN-01", replace(RIGHT, fresh=(TAKEN, NOT_TAKEN, TAKEN)))
    assert (found.outcome, found.exhibits) == (Outcome.FAIL, ("/fresh/1",))


@pytest.mark.parametrize("case", ["CHN-03/trimmed", "CHN-04/bit-version", "CHN-13/declared-length"])
def test_a_variant_that_does_not_exist_is_not_applicable(case: str) -> None:
    with pytest.raises(NotApplicable):
        judged(case)


@pytest.mark.parametrize(
    ("case", "in_group", "first", "again"),
    [
        ("CHN-08", "waited", "first", "again"),
        ("CHN-09/at-once", "replayed", "first", "again"),
        ("CHN-09/at-the-margins-end", "waited", "ahead", "ahead-again"),
    ],
)
def test_replay(case: str, in_group: str, first: str, again: str) -> None:
    assert judged(case, with_attempt(in_group, again, TAKEN)).outcome is Outcome.FAIL
    with pytest.raises(Inconclusive, match="not accepted the first time"):
        judged(case, with_attempt(in_group, first, NOT_TAKEN))
    with pytest.raises(Inconclusive, match="left late"):
        judged(case, with_attempt(in_group, again, replace(NOT_TAKEN, **LATE)))


@pytest.mark.parametrize("again", ["again/8", "again/alphabet"])
def test_one_replay_that_is_taken_fails(again: str) -> None:
    old = RIGHT.groups["replayed"]
    more = {"first": TAKEN, "again/1": NOT_TAKEN, again: TAKEN}
    assert judged("CHN-09/at-once", with_group("replayed", replace(old, attempts=more))).outcome is Outcome.FAIL


def test_changing_a_message_that_was_never_taken_earns_nothing_for_those_that_were() -> None:
    old = RIGHT.groups["changed"]
    more = {**old.attempts, "re-stamped/delivered": NOT_TAKEN, "delivered": NOT_TAKEN}
    with pytest.raises(Inconclusive, match="before it was changed"):
        judged("CHN-04/re-stamped", with_group("changed", replace(old, attempts=more)))
    assert judged("CHN-04/bit-mac", with_group("changed", replace(old, attempts=more))).outcome is Outcome.PASS
    more |= {"re-stamped/delivered": TAKEN, "delivered": TAKEN}
    assert judged("CHN-04/re-stamped", with_group("changed", replace(old, attempts=more))).outcome is Outcome.FAIL


def test_a_nonce_that_comes_back_fails() -> None:
    assert judged("CHN-14/nonces", replace(RIGHT, distinct_nonces=39)).outcome is Outcome.FAIL
    with pytest.raises(NotApplicable):
        judged("CHN-14/nonces", replace(RIGHT, sealed_answers=0, distinct_nonces=0))


@pytest.mark.parametrize("case", ["CHN-08", "CHN-05/held-back", "CHN-09/at-the-margins-end"])
def test_nothing_is_said_of_a_wait_that_was_not_wanted(case: str) -> None:
    channel = {"url": "tcp://core.example:1", "secret": "env:WA_SECRET", "wait": False}
    seen = replace(RIGHT, groups={k: v for k, v in RIGHT.groups.items() if k != "waited"})
    with pytest.raises(Inconclusive, match=r"channel\.wait"):
        judged(case, seen, Policy(target.parse({"schema": 1, "name": "t", "channel": channel})))


@pytest.mark.parametrize(
    ("core", "web", "outcome"),
    [
        (0.0, 9.0, Outcome.PASS),
        (-9.0, 0.0, Outcome.PASS),
        (40.0, 40.0, Outcome.PASS),
        (11.0, 0.0, Outcome.FAIL),
        (0.0, 30.0, Outcome.FAIL),
        (-18_000.0, 0.0, Outcome.FAIL),
    ],
)
def test_clocks(core: float, web: float, outcome: Outcome) -> None:
    seen = replace(RIGHT, core_clock=ClockReading(core, 0.2, "answer"), web_clock=ClockReading(web, 0.2, "date"))
    assert judged("CHN-10", seen).outcome is outcome


def test_clocks_too_near_the_margin_are_not_judged() -> None:
    with pytest.raises(Inconclusive, match="too near the margin"):
        judged("CHN-10", replace(RIGHT, core_clock=ClockReading(10.3, 0.5, "date")))


def test_without_a_web_app_the_suites_clock_stands_for_its() -> None:
    seen = replace(RIGHT, web_clock=None)
    assert "this suite's clock" in judged("CHN-10", seen).observed
    assert judged("CHN-10", replace(seen, core_clock=ClockReading(25, 0.2, "date"))).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    "change",
    [
        {"web_clock": ClockReading(trouble=say("connection refused"))},
        {"core_clock": ClockReading(0.0, 0.5, "window")},
    ],
)
def test_a_clock_that_cannot_be_read_is_not_judged(change: dict[str, Any]) -> None:
    with pytest.raises(Inconclusive):
        judged("CHN-10", replace(RIGHT, **change))


def test_edge_is_shown_and_never_fails() -> None:
    assert "up to 10 s old and up to 10 s ahead" in judged("CHN-11").observed
    wide = replace(RIGHT, window=tuple(WindowPoint(float(age), accepted=True) for age in range(-14, 15)))
    assert "up to 14 s or more old" in judged("CHN-11", wide).observed
    with pytest.raises(Inconclusive):
        judged("CHN-11", replace(RIGHT, window=()))


def retold(in_group: str, prefix: str, *answers: dict[str, Any]) -> ChannelObservation:
    """Answer the attempts whose name starts with `prefix` in turn as `answers` say."""
    old = RIGHT.groups[in_group]
    names = [name for name in old.attempts if name.startswith(prefix)]
    told = {n: replace(NOT_TAKEN, **answers[i % len(answers)]) for i, n in enumerate(names)}
    return with_group(in_group, replace(old, attempts={**old.attempts, **told}))


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ({"status": 400}, "the status"),
        ({"status": 408}, "the status"),
        ({"status": 413}, "the status"),
        ({"body_bytes": 7}, "the body's length"),
        ({"answer": Answer.CLEAR, "body": "bad MAC", "says": "1"}, "the body"),
        ({"headers": (*HEADERS, ("X-Error", "mac"))}, "the set of headers"),
        ({"status": 0, "trouble": say("connection reset"), "headers": ()}, "the connection"),
    ],
)
@pytest.mark.parametrize(("in_group", "prefix"), [("stale", ""), ("forged", "other"), ("changed", "bit-ciphertext")])
def test_a_refusal_that_tells_its_cause_fails(in_group: str, prefix: str, answer: dict[str, Any], what: str) -> None:
    seen = retold(in_group, prefix, answer)
    found = judged("CHN-12", seen)
    assert found.outcome is Outcome.FAIL
    assert what in found.observed


def test_what_a_core_app_says_is_no_word_of_ours() -> None:
    said = {"stale": "closed", "forged": "answered", "changed": "answered"}
    groups = {
        name: retold(name, "", {"headers": (*HEADERS, ("X-Connection", words))}).groups[name]
        for name, words in said.items()
    }
    found = judged("CHN-12", replace(RIGHT, groups={**RIGHT.groups, **groups}))
    assert found.observed.with_own(str.upper).startswith(
        "the header X-CONNECTION is CLOSED for a message that is stale, ANSWERED for one that is forged"
    )


@pytest.mark.parametrize(
    "answers",
    [
        [{"body_bytes": n, "says": str(n)} for n in (1, 2, 3)],
        [{"headers": (("Date", "Mon, 21 Sep 2026 14:13:59 GMT"), ("Content-Length", "0"))}],
        [{"headers": (*HEADERS, ("X-Request-Id", "7"))}],
        [{"status": 429}, {}, {}],
        [{"status": 503}, {}, {}],
    ],
)
def test_what_differs_by_itself_tells_nothing(answers: list[dict[str, Any]]) -> None:
    assert judged("CHN-12", retold("forged", "other", *answers)).outcome is Outcome.PASS


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("in_group", "prefix"), [("stale", ""), ("forged", "other"), ("changed", "bit-mac")])
def test_a_kind_that_was_only_put_off_is_not_compared(in_group: str, prefix: str, status: int) -> None:
    with pytest.raises(Inconclusive, match="one too many"):
        judged("CHN-12", retold(in_group, prefix, {"status": status}))


def test_what_a_sealed_refusal_says_is_hidden() -> None:
    sealed = [{"answer": Answer.SEALED, "says": str(n)} for n in range(2)]
    seen = retold("stale", "", sealed[0])
    forged = retold("forged", "other", sealed[1]).groups["forged"]
    assert judged("CHN-12", replace(seen, groups={**seen.groups, "forged": forged})).outcome is Outcome.PASS


def test_nothing_to_compare_is_not_judged() -> None:
    everything_taken = dict.fromkeys(RIGHT.groups["changed"].attempts, TAKEN)
    seen = with_group("changed", replace(RIGHT.groups["changed"], attempts=everything_taken))
    forged = dict.fromkeys(RIGHT.groups["forged"].attempts, TAKEN)
    seen = replace(seen, groups={**seen.groups, "forged": replace(RIGHT.groups["forged"], attempts=forged)})
    with pytest.raises(Inconclusive, match="nothing to compare"):
        judged("CHN-12", seen)


def test_service_that_does_not_go_on_fails() -> None:
    dead = replace(RIGHT.groups["malformed"], after=replace(NOT_TAKEN, status=0, trouble=say("connection refused")))
    assert judged("CHN-13/goes-on", with_group("malformed", dead)).outcome is Outcome.FAIL
    ill_before = replace(dead, before=NOT_TAKEN)
    with pytest.raises(Inconclusive):
        judged("CHN-13/goes-on", with_group("malformed", ill_before))


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer.SEALED, Outcome.PASS),
        (Answer.SAME_KEY, Outcome.PASS),
        (Answer.EMPTY, Outcome.PASS),
        (Answer.CLEAR, Outcome.FAIL),
    ],
)
def test_answer(answer: Answer, outcome: Outcome) -> None:
    assert judged("CHN-14/sealed", replace(RIGHT, fresh=(replace(TAKEN, answer=answer),))).outcome is outcome


def test_no_answer_is_not_judged() -> None:
    with pytest.raises(Inconclusive):
        judged("CHN-14/sealed", replace(RIGHT, fresh=(NOT_TAKEN,)))


def test_reflection_is_shown_and_never_fails() -> None:
    assert "refused" in judged("CHN-15").observed
    assert "accepted" in judged("CHN-15", with_attempt("reflected", "answer", TAKEN)).observed
    same_key = replace(RIGHT, fresh=(replace(TAKEN, answer=Answer.SAME_KEY),))
    assert "a request opens as an answer" in judged("CHN-15", same_key).observed
    with pytest.raises(NotApplicable):
        judged("CHN-15", with_group("reflected", group()))
