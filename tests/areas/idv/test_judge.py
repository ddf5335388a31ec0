from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import TypeAdapter

from conformance.areas.idv import judge as judges
from conformance.areas.idv import judge_answers, judge_exposure, judge_switch
from conformance.areas.idv.record import (
    Answer,
    Attempt,
    Control,
    IdentityObservation,
    Page,
    Refusal,
    RepositoriesObservation,
    Repository,
    State,
    SwitchObservation,
    TimingObservation,
    Transport,
    Trial,
    Welcome,
)
from conformance.model import Inconclusive, NotApplicable, Outcome
from conformance.sentence import NOTHING, Sentence
from tests.areas.idv.identities import (
    ABSENT,
    HONOURED,
    PRESENT,
    REFUSED,
    case,
    policy,
    refusals,
    refused,
    service,
    with_pages,
)


def forged(*attempts: Attempt, name: str = "bit-0", **facts: Any) -> Outcome:
    seen = service(f"forged:{name}", *attempts, **facts)
    return judges.forged_dropped(seen, policy(), case(f"IDV-03/{name}")).outcome


def test_what_was_refused_and_left_no_trace_is_dropped() -> None:
    assert forged(refused()) is Outcome.PASS


@pytest.mark.parametrize(
    "answer", [Answer(204), Answer(302), Answer(200, found="false"), Answer(trouble=Sentence("closed"))]
)
def test_a_refusal_may_look_as_it_likes(answer: Answer) -> None:
    assert forged(refused(answer=answer)) is Outcome.PASS


def test_an_honoured_forgery_is_a_violation() -> None:
    assert forged(refused(answer=HONOURED)) is Outcome.FAIL


def test_a_client_that_a_refusal_created_is_a_violation() -> None:
    assert forged(refused(after=PRESENT)) is Outcome.FAIL


@pytest.mark.parametrize(
    ("changed", "noise", "outcome"),
    [
        (("/sessions",), (), Outcome.FAIL),  # what an honoured initialisation changes
        (("/verified",), (), Outcome.FAIL),  # the flag itself
        (("/refusals",), (), Outcome.PASS),  # a counter of refusals
        (("/sessions",), ("/sessions",), Outcome.PASS),  # changes by itself
    ],
)
def test_only_telling_changes_of_a_known_client_count(
    changed: tuple[str, ...], noise: tuple[str, ...], outcome: Outcome
) -> None:
    assert forged(refused(before=PRESENT, after=PRESENT, changed=changed), noise=noise) is outcome


def test_true_is_not_one() -> None:
    assert forged(refused(answer=Answer(200, found="1"))) is Outcome.PASS


@pytest.mark.parametrize(
    "controls",
    [
        (Control(HONOURED, PRESENT),),
        (Control(HONOURED, PRESENT), Control(REFUSED, PRESENT)),
        (Control(REFUSED, PRESENT), Control(HONOURED, PRESENT)),
    ],
)
def test_without_honoured_controls_on_both_sides_nothing_is_told(controls: tuple[Control, ...]) -> None:
    with pytest.raises(Inconclusive):
        forged(refused(), controls=controls)


def test_a_wrong_secret_is_no_pass_and_no_violation() -> None:
    seen = service(
        "forged:bit-0", refused(controls=0), controls=(), control_uid="", welcomes={}, stopped=Sentence("no secret")
    )
    for judge, name in (
        (judges.right_hash_honoured, "IDV-01/uid-1"),
        (judges.unsigned_dropped, "IDV-02/uid-1"),
        (judges.forged_dropped, "IDV-03/bit-0"),
        (judges.own_uid_only, "IDV-04/other-client"),
        (judge_answers.refusal_tells_nothing, "IDV-13/right-hash"),
        (judge_answers.refusal_tells_nothing, "IDV-13/wrong-part"),
        (judge_answers.verified_https_only, "IDV-14/certificate"),
        (judge_answers.values_unchanged, "IDV-15"),
        (judge_exposure.secret_out_of_browser, "IDV-06/answers"),
    ):
        with pytest.raises(Inconclusive, match="no secret"):
            judge(seen, policy(), case(name))


@pytest.mark.parametrize("answer", [Answer(429), Answer(503), Answer(trouble=Sentence("no answer in time"))])
def test_a_refusal_for_another_reason_is_inconclusive(answer: Answer) -> None:
    with pytest.raises(Inconclusive):
        forged(refused(answer=answer))


def test_a_uid_that_is_never_honoured_proves_nothing() -> None:
    with pytest.raises(Inconclusive, match="right hash either"):
        forged(refused(), welcomes={"uid-2": Welcome("620", REFUSED)})


def test_a_state_that_shows_nothing_of_the_honoured_proves_nothing() -> None:
    blind = (Control(HONOURED, ABSENT), Control(HONOURED, ABSENT))
    with pytest.raises(Inconclusive, match="shows nothing"):
        forged(refused(), controls=blind)


def test_a_state_that_cannot_be_read_afterwards_is_inconclusive() -> None:
    with pytest.raises(Inconclusive, match="could not be read"):
        forged(refused(after=State("unreadable", Sentence("status 500"))))


def test_an_answer_too_long_to_read_is_inconclusive() -> None:
    with pytest.raises(Inconclusive, match="too long"):
        forged(refused(answer=Answer(201, cut=True)))


def test_what_could_not_be_built_is_not_applicable() -> None:
    seen = service(trials={"forged:sample": Trial(left_out=Sentence("it is the right hash"))})
    with pytest.raises(NotApplicable):
        judges.forged_dropped(seen, policy(), case("IDV-03/sample"))


def test_validation_that_is_declared_off_asks_nothing() -> None:
    with pytest.raises(NotApplicable):
        judges.unsigned_dropped(service(), policy(enforced=False), case("IDV-02/uid-1"))


def test_a_server_error_is_a_violation_for_another_type_only() -> None:
    error = refused(answer=Answer(500))
    assert forged(error, name="type-array") is Outcome.FAIL
    assert forged(error) is Outcome.PASS


def test_letter_case_is_shown_and_never_fails() -> None:
    assert forged(refused(answer=HONOURED), name="upper-case") is Outcome.PASS


@pytest.mark.parametrize(
    ("first", "second", "outcome"),
    [
        (HONOURED, HONOURED, Outcome.FAIL),
        (HONOURED, REFUSED, Outcome.PASS),
        (REFUSED, HONOURED, Outcome.PASS),
        (REFUSED, REFUSED, Outcome.PASS),
    ],
)
def test_of_two_hashes_always_the_same_one_counts(first: Answer, second: Answer, outcome: Outcome) -> None:
    attempts = [refused(answer=answer, watched="", before=State(), after=State()) for answer in (first, second)]
    assert forged(*attempts, name="twice-in-json") is outcome


def test_a_right_hash_that_is_not_honoured_is_a_violation() -> None:
    seen = service(welcomes={"uid-1": Welcome("a@example.org", REFUSED)})
    assert judges.right_hash_honoured(seen, policy(), case("IDV-01/uid-1")).outcome is Outcome.FAIL


def binding(name: str, attempt: Attempt, **changes: Any) -> Outcome:
    seen = service(f"bound:{name}", attempt)
    return judges.own_uid_only(seen, policy(**changes), case(f"IDV-04/{name}")).outcome


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        ({}, Outcome.PASS),
        ({"after": PRESENT}, Outcome.FAIL),
        ({"answer": HONOURED}, Outcome.PASS),  # as the signed client: nothing is stored of the other spelling
        ({"answer": HONOURED, "after": PRESENT, "same_record": "own"}, Outcome.FAIL),
        ({"answer": HONOURED, "before": PRESENT, "after": PRESENT, "same_record": "same"}, Outcome.PASS),
        ({"answer": HONOURED, "before": PRESENT, "after": PRESENT, "same_record": "different"}, Outcome.FAIL),
    ],
)
def test_a_changed_spelling_is_judged_by_who_results(facts: dict[str, Any], outcome: Outcome) -> None:
    assert binding("case", refused(**facts)) is outcome


def test_who_results_cannot_be_told_where_that_spelling_was_there_before() -> None:
    with pytest.raises(Inconclusive, match="before"):
        binding("case", refused(answer=HONOURED, before=PRESENT, after=PRESENT, same_record="own"))


def test_without_state_who_results_can_only_be_told_by_the_answer() -> None:
    unseen: dict[str, Any] = {"before": State(), "after": State()}
    as_signed = refused(answer=replace(HONOURED, shows_signed=True), **unseen)
    assert binding("case", as_signed, state=None) is Outcome.PASS
    with pytest.raises(Inconclusive):
        binding("case", refused(answer=replace(HONOURED, shows_sent=True), **unseen), state=None)


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        ({}, Outcome.PASS),
        ({"answer": HONOURED, "after": PRESENT, "same_record": "own"}, Outcome.PASS),
        ({"answer": HONOURED}, Outcome.FAIL),
        ({"answer": HONOURED, "before": PRESENT, "after": PRESENT, "same_record": "same"}, Outcome.FAIL),
    ],
)
def test_a_client_signed_under_another_spelling_is_kept_apart(facts: dict[str, Any], outcome: Outcome) -> None:
    assert binding("signed-spelling", refused(**facts)) is outcome


@pytest.mark.parametrize("name", ["other-client", "empty", "object", "elsewhere"])
def test_another_client_is_never_honoured(name: str) -> None:
    assert binding(name, refused(answer=HONOURED)) is Outcome.FAIL


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        ({"answered_as": "nobody"}, Outcome.PASS),  # though what is stored cannot be read
        ({"answered_as": ""}, Outcome.FAIL),  # honoured, and not as who names nobody
        ({"answered_as": "nobody", "before": ABSENT, "after": PRESENT}, Outcome.FAIL),
        ({"answered_as": "anybody", "before": ABSENT, "after": ABSENT}, Outcome.PASS),
        ({"answered_as": "anybody", "before": PRESENT, "after": PRESENT}, Outcome.PASS),
        ({"answered_as": "anybody", "before": PRESENT, "after": PRESENT, "changed": ("/0/uid",)}, Outcome.FAIL),
    ],
)
def test_an_empty_uid_may_be_nobody(facts: dict[str, Any], outcome: Outcome) -> None:
    usual: dict[str, Any] = {"answer": HONOURED, "watched": "", "before": State(), "after": State()}
    assert binding("empty", refused(**{**usual, **facts})) is outcome


def test_where_everybody_is_answered_alike_an_empty_uid_is_told_by_what_is_stored_alone() -> None:
    with pytest.raises(Inconclusive, match="as whom"):
        binding("empty", refused(answer=HONOURED, before=State(), after=State(), answered_as="anybody"))


def test_a_client_that_is_gone_was_touched() -> None:
    assert binding("other-field", refused(before=PRESENT, after=ABSENT)) is Outcome.FAIL
    hidden = State("absent", Sentence("what is found is another's"))
    with pytest.raises(Inconclusive, match="hidden"):
        binding("other-field", refused(before=PRESENT, after=hidden))


@pytest.mark.parametrize("name", ["other-field", "array", "uid-twice"])
def test_the_own_client_may_be_honoured_beside_another(name: str) -> None:
    assert binding(name, refused(answer=HONOURED)) is Outcome.PASS
    assert binding(name, refused(answer=HONOURED, after=PRESENT)) is Outcome.FAIL
    with pytest.raises(Inconclusive):
        binding(name, refused(answer=HONOURED, before=State(), after=State()))


def alike(kind: str, status: int = 403, count: int = 3, **headers: str) -> tuple[Refusal, ...]:
    return tuple(
        Refusal(kind, status, tuple(headers.items()), f'{{"error": "invalid", "id": "{kind}{n}"}}')
        for n in range(count)
    )


def compared(**kinds: tuple[Refusal, ...]) -> Outcome:
    return judge_answers.refusal_tells_nothing(refusals(**kinds), policy(), case("IDV-13/wrong-part")).outcome


def test_refusals_that_differ_each_time_tell_nothing() -> None:
    assert compared(everywhere=alike("everywhere"), last=alike("last")) is Outcome.PASS


def test_refusals_that_differ_by_place_tell_something() -> None:
    assert compared(everywhere=alike("everywhere"), last=alike("last", 401)) is Outcome.FAIL
    assert compared(everywhere=alike("everywhere"), last=alike("last", hint="close")) is Outcome.FAIL


def test_an_honoured_hash_is_no_refusal_to_compare() -> None:
    seen = refusals(last=alike("last"))
    told = {"compared:last": Trial((refused(answer=HONOURED),))}
    with pytest.raises(Inconclusive):
        judge_answers.refusal_tells_nothing(
            replace(seen, trials=replace(seen.trials, trials=told)), policy(), case("IDV-13/wrong-part")
        )


def test_the_right_hash_in_an_answer_is_a_violation() -> None:
    seen = refusals(last=alike("last"))
    told = {"compared:last": Trial((refused(answer=replace(REFUSED, reveals=True)),))}
    leaky = replace(seen, trials=replace(seen.trials, trials=told))
    row = case("IDV-13/right-hash")
    assert judge_answers.refusal_tells_nothing(seen, policy(), row).outcome is Outcome.PASS
    assert judge_answers.refusal_tells_nothing(leaky, policy(), row).outcome is Outcome.FAIL


def way(transport: Transport, name: str = "certificate") -> Outcome:
    seen = replace(service(), transport=transport)
    return judge_answers.verified_https_only(seen, policy(), case(f"IDV-14/{name}")).outcome


def test_https_has_to_verify() -> None:
    assert way(Transport("https", verifies=True)) is Outcome.PASS
    assert (
        way(Transport("https", verifies=False, detail=Sentence("the certificate does not verify: expired")))
        is Outcome.FAIL
    )
    assert way(Transport("http")) is Outcome.FAIL
    with pytest.raises(Inconclusive, match="refused"):
        way(Transport("https", detail=Sentence("connection refused")))


@pytest.mark.parametrize(
    ("plain", "over_tls", "outcome"),
    [
        (Answer(trouble=Sentence("closed")), REFUSED, Outcome.PASS),
        (Answer(301), REFUSED, Outcome.PASS),
        (Answer(400, body="<html>"), Answer(400, body='{"error": "x"}'), Outcome.PASS),
        (Answer(200, body="<html>home"), Answer(200, body='{"session": "y"}'), Outcome.PASS),
        (Answer(204), Answer(204), Outcome.FAIL),
        (Answer(403, body='{"error": 1}'), Answer(403, body='{"error": 2}'), Outcome.FAIL),
    ],
)
def test_plain_http_must_not_be_answered_by_the_service(plain: Answer, over_tls: Answer, outcome: Outcome) -> None:
    assert way(Transport("https", verifies=True, plain={"443": plain}, over_tls=over_tls), "plain-http") is outcome


def values(stored: dict[str, str], **changes: Any) -> Outcome:
    seen = service(welcomes={"uid-1": Welcome("a@example.org", HONOURED, PRESENT, stored)})
    return judge_answers.values_unchanged(seen, policy(**changes), case("IDV-15")).outcome


def test_values_arrive_unchanged() -> None:
    assert values({"/name": '"Zoë"', "/attrs/plan": '"gold"'}) is Outcome.PASS
    assert values({"/name": '"ZoÃ«"', "/attrs/plan": '"gold"'}) is Outcome.FAIL
    assert values({"/name": '"Zoë"'}) is Outcome.PASS
    assert values({"/name": '"Zoë"', "/attrs": "{}"}) is Outcome.FAIL
    assert values({"/name": '"Zoë"', "/data/attrs/seen": "3"}) is Outcome.FAIL
    assert values({"/name": '"Zoë"', "/attrs/0/value": '"gold"'}) is Outcome.PASS
    with pytest.raises(Inconclusive):
        values({"/uid": '"a@example.org"'})
    with pytest.raises(NotApplicable):
        values({}, body={"visitor": {}})


def pages(*found: Page, judge: Any = judge_exposure.secret_out_of_browser, name: str = "IDV-06/pages") -> Outcome:
    outcome: Outcome = judge(with_pages(*found), policy(), case(name)).outcome
    return outcome


PAGE = Page("https://site.example/", status=200)


def test_the_secret_in_a_page_is_a_violation() -> None:
    assert pages(PAGE) is Outcome.PASS
    assert pages(PAGE, replace(PAGE, secret_in=(Sentence("https://site.example/: encoded"),))) is Outcome.FAIL


@pytest.mark.parametrize(
    "found",
    [
        (),
        (replace(PAGE, status=404),),
        (Page("x", trouble=Sentence("refused")),),
        (replace(PAGE, unread=(Sentence("x"),)),),
    ],
)
def test_pages_that_could_not_be_read_prove_nothing(found: tuple[Page, ...]) -> None:
    with pytest.raises(Inconclusive):
        pages(*found)


def test_the_secret_in_an_answer_is_a_violation() -> None:
    leaky = service("forged:bit-0", refused(answer=replace(REFUSED, secret_forms=(Sentence("encoded"),))))
    row = case("IDV-06/answers")
    assert judge_exposure.secret_out_of_browser(leaky, policy(), row).outcome is Outcome.FAIL
    assert judge_exposure.secret_out_of_browser(service(), policy(), row).outcome is Outcome.PASS
    with pytest.raises(NotApplicable):
        judge_exposure.secret_out_of_browser(service(), policy("read"), row)


def test_the_hash_is_made_by_the_server() -> None:
    signing = replace(PAGE, key_material=(Sentence("a call of HmacSHA256 with a literal key"),))

    def judged(*found: Page) -> Outcome:
        return pages(*found, judge=judge_exposure.hash_made_by_server, name="IDV-07")

    assert judged(PAGE, replace(PAGE, hash="right")) is Outcome.PASS
    assert judged(signing, replace(PAGE, hash="right")) is Outcome.PASS
    assert judged(signing) is Outcome.FAIL
    with pytest.raises(Inconclusive):
        judged(PAGE)


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        ({"objects": 3}, Outcome.PASS),
        ({"untracked": (Sentence("file .env: as it stands"),)}, Outcome.PASS),
        ({"found": (Sentence("blob 12: encoded"),)}, Outcome.FAIL),
        ({"found": (Sentence("blob 12: encoded"),), "incomplete": Sentence("shallow")}, Outcome.FAIL),
        ({"incomplete": Sentence("shallow")}, None),
        ({"trouble": Sentence("not a git repository")}, None),
    ],
)
def test_a_repository_is_judged_when_it_was_seen_whole(facts: dict[str, Any], outcome: Outcome | None) -> None:
    seen = RepositoriesObservation((Repository("site", **facts),))
    row = case("IDV-08/repository-1")
    if outcome is None:
        with pytest.raises(Inconclusive):
            judge_exposure.secret_out_of_repository(seen, policy(), row)
    else:
        assert judge_exposure.secret_out_of_repository(seen, policy(), row).outcome is outcome


SET = Answer(200)
UNVERIFIED = Answer(201, found="false")
SWITCHED = SwitchObservation(
    flag_before="true",
    set_off=SET,
    set_on=SET,
    unsigned_off=UNVERIFIED,
    forged_off=REFUSED,
    forged_off_fresh=refused(),
    unsigned_on=REFUSED,
    unsigned_on_fresh=refused(),
    right_on=HONOURED,
    put_back=True,
)


def switched(name: str, judge: Any = judge_switch.takes_effect, **facts: Any) -> Outcome:
    outcome: Outcome = judge(replace(SWITCHED, **facts), policy(), case(name)).outcome
    return outcome


def test_off_lets_the_unsigned_in_as_unverified() -> None:
    assert switched("IDV-05/off") is Outcome.PASS
    assert switched("IDV-05/off", unsigned_off=REFUSED) is Outcome.FAIL
    assert switched("IDV-05/off", unsigned_off=HONOURED) is Outcome.FAIL


def test_on_drops_the_unsigned_at_once() -> None:
    assert switched("IDV-05/on") is Outcome.PASS
    assert switched("IDV-05/on", unsigned_on=HONOURED) is Outcome.FAIL
    assert switched("IDV-05/on", unsigned_on_fresh=refused(after=PRESENT)) is Outcome.FAIL
    assert switched("IDV-05/on", right_on=REFUSED) is Outcome.FAIL


@pytest.mark.parametrize("facts", [{"set_off": Answer(403)}, {"set_off": None}, {"unsigned_off": None}])
def test_a_setting_that_may_not_be_changed_is_inconclusive(facts: dict[str, Any]) -> None:
    with pytest.raises(Inconclusive):
        switched("IDV-05/off", **facts)


def forged_while_off(**facts: Any) -> Outcome:
    return switched("IDV-10", judge_switch.forged_dropped_while_off, **facts)


def test_a_wrong_hash_is_dropped_while_off() -> None:
    assert forged_while_off() is Outcome.PASS
    assert forged_while_off(forged_off=HONOURED) is Outcome.FAIL
    assert forged_while_off(forged_off_fresh=refused(answer=UNVERIFIED, after=PRESENT)) is Outcome.FAIL
    anonymous = {"forged_off": UNVERIFIED, "forged_off_fresh": refused(answer=UNVERIFIED)}
    assert forged_while_off(**anonymous) is Outcome.PASS
    with pytest.raises(Inconclusive, match="turned off"):
        forged_while_off(unsigned_off=REFUSED)
    with pytest.raises(Inconclusive, match="cannot be read"):
        forged_while_off(forged_off=UNVERIFIED, forged_off_fresh=refused(answer=UNVERIFIED, after=State()))


def test_times_are_shown_and_never_judged() -> None:
    seen = TimingObservation(NOTHING, (0.001, 0.002, 0.003), (0.101, 0.102, 0.103))
    judged = judge_answers.comparison_time(seen, policy(), case("IDV-12"))
    assert judged.outcome is Outcome.PASS
    assert "+100.00 ms" in judged.observed
    with pytest.raises(Inconclusive):
        judge_answers.comparison_time(TimingObservation(Sentence("no control")), policy(), case("IDV-12"))


def test_an_observation_is_what_it_was_once_it_went_through_json() -> None:
    adapter = TypeAdapter(IdentityObservation)
    seen = service("forged:bit-0", refused())
    assert adapter.validate_python(adapter.dump_python(seen, mode="json")) == seen
