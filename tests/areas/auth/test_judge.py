"""Each failing, passing and undecided branch of the judges of authentication, by a record with one field changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.areas.auth import judge as auth
from conformance.areas.auth import judge_guard, judge_users
from conformance.areas.auth.record import (
    Deed,
    EndedToken,
    Find,
    Forged,
    Form,
    Lifetime,
    PasswordObservation,
    Posted,
    Reply,
    Stranger,
    ThrottleObservation,
    TokenEndsObservation,
    Trial,
    Try,
)
from conformance.model import Inconclusive, NotApplicable, Outcome, Verdict
from conformance.sentence import NOTHING, Sentence
from tests.areas.auth import logins
from tests.areas.auth.logins import BROKEN, DENIED, DONE, EMPTY, LIMITED, LOGIN_PAGE, POLICY, SILENT, WEEK, case


def judged(judge: Any, record: Any, requirement: str, name: str = "", value: str = "") -> Verdict:
    verdict: Verdict = judge(record, POLICY, case(requirement, name, value))
    return verdict


def guarded(method: str = "get", stopped: Sentence = NOTHING, **changed: Any) -> Verdict:
    look = replace(logins.GUARDED, **changed)
    return judged(judge_guard.guarded, logins.guard(look, stopped), "AUTH-01", method, logins.PATH)


@pytest.mark.parametrize(
    "bare",
    [
        DENIED,
        Reply("GET /v1/health", 403),
        Reply("GET /v1/health", 404),
        Reply("GET /v1/health", 302),
        Reply("GET /v1/health", 200, form=Form.ERRORS),
        LOGIN_PAGE,
        EMPTY,
    ],
    ids=["401", "403", "404", "302", "200-with-errors", "200-with-a-page", "204"],
)
def test_a_path_is_guarded_however_it_says_so(bare: Reply) -> None:
    verdict = guarded(bare={"get": bare, "head": bare})
    assert verdict.outcome is Outcome.PASS
    assert verdict.exhibits == ("/paths/~1v1~1health/bare/get", "/paths/~1v1~1health/admin/get")
    assert bool(verdict.notes) == (bare.status not in (401, 403))


@pytest.mark.parametrize(
    ("method", "changed"),
    [
        ("get", {"bare": {"get": DONE, "head": DENIED}}),
        ("get", {"bare": {"get": Reply("GET /", 200, form=Form.TEXT), "head": DENIED}}),
        ("get", {"repeated": 0.9}),
        ("get", {"bare": {"get": LOGIN_PAGE, "head": DENIED}, "admin": {"get": LOGIN_PAGE, "head": DONE}}),
        ("head", {"bare": {"get": DENIED, "head": DONE}}),
        ("head", {"bare": {"get": DONE, "head": DONE}}),
    ],
    ids=["document", "text", "in-the-refusal", "the-administrators-page", "head-alone", "both"],
)
def test_a_path_that_answers_is_not_guarded(method: str, changed: dict[str, Any]) -> None:
    assert guarded(method, **changed).outcome is Outcome.FAIL
    assert guarded(method, **({"admin": {}} if "admin" not in changed else {}) | changed).outcome is Outcome.FAIL


def test_a_head_goes_by_the_page_that_the_get_brings() -> None:
    assert guarded("head", bare={"get": LOGIN_PAGE, "head": Reply("HEAD /", 200)}).outcome is Outcome.PASS


def test_a_path_without_head_is_not_asked_for_one() -> None:
    with pytest.raises(NotApplicable, match="no HEAD here"):
        guarded("head", admin={"get": DONE, "head": Reply("HEAD /", 405)})


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"bare": {"get": SILENT, "head": DENIED}}, "no answer in time"),
        ({"bare": {"get": LIMITED, "head": DENIED}}, "neither"),
        ({"bare": {"get": BROKEN, "head": DENIED}}, "neither"),
        ({"admin": {}, "stopped": Sentence("no key")}, "no key"),
        ({"admin": {"get": DENIED}}, "says little"),
        ({"admin": {"get": BROKEN}}, "says little"),
        ({"bare": {"get": Reply("GET /", 404)}, "admin": {"get": Reply("GET /", 404)}}, "says little"),
    ],
)
def test_a_refusal_without_its_counterpart_proves_nothing(changed: dict[str, Any], why: str) -> None:
    with pytest.raises(Inconclusive, match=why):
        guarded(**changed)


def test_a_path_that_only_the_administrator_finds_empty_is_guarded() -> None:
    assert guarded(admin={"get": Reply("GET /", 404), "head": DONE}).outcome is Outcome.PASS


def stranger(reply: Reply, repeated: float = 0.0, *, does: bool = False) -> Stranger:
    return Stranger(Sentence(f"{reply.asked} otherwise"), reply, repeated, does)


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("get", {"again": (stranger(DENIED), stranger(DONE, 1.0))}),
        ("respelt", {"respelt": (stranger(DENIED), stranger(DONE, 0.6))}),
        ("methods", {"methods": (stranger(DENIED), stranger(DONE, 0.6))}),
        ("methods", {"methods": (stranger(EMPTY, does=True),)}),
        ("methods", {"methods": (stranger(DONE, does=True),), "untried": ("PUT",)}),
    ],
)
def test_other_ways_in(name: str, changed: dict[str, Any]) -> None:
    assert guarded(name, **changed).outcome is Outcome.FAIL


@pytest.mark.parametrize("name", ["respelt", "methods"])
def test_other_ways_that_lead_nowhere(name: str) -> None:
    shut: dict[str, Any] = {name: (stranger(DENIED, does=name == "methods"), stranger(DONE, 0.4), stranger(LOGIN_PAGE))}
    assert guarded(name, last=DONE, **shut).outcome is Outcome.PASS
    for changed, why in (
        ({"last": DENIED}, "in the end"),
        ({"last": LIMITED}, "in the end"),
        ({"last": None}, "known again"),
        ({"last": DONE, "everywhere": True}, "known again"),
        ({"last": None, "admin": {}, "stopped": Sentence("no key")}, "no key"),
    ):
        with pytest.raises(Inconclusive, match=why):
            guarded(name, **shut, **changed)
    with pytest.raises(Inconclusive, match="429"):
        guarded(name, **shut | {name: (stranger(DENIED), stranger(LIMITED, does=True)), "last": DONE})


def test_methods_that_consent_keeps_out_are_open() -> None:
    with pytest.raises(NotApplicable, match="PUT, which consent"):
        guarded("methods", last=DONE, methods=(stranger(DENIED),), untried=("PUT",))
    with pytest.raises(Inconclusive, match="complains"):
        guarded("methods", last=DONE, methods=(stranger(Reply("PATCH /", 400), does=True),))


def test_what_is_answered_alike_everywhere_is_open() -> None:
    with pytest.raises(Inconclusive, match="not there"):
        guarded(bare={"get": DONE, "head": DONE}, everywhere=True)
    assert guarded(bare={"get": replace(DONE, denied=True), "head": DONE}).outcome is Outcome.PASS


def posted(bare: Reply, **changed: Any) -> Verdict:
    record = replace(logins.guard(logins.GUARDED), posts={"/v1/messages": Posted(bare, **changed)})
    return judged(judge_guard.guarded, record, "AUTH-01", "post", "/v1/messages")


COMPLAINT = Reply("POST /v1/messages", 400, form=Form.ERRORS)


def test_a_path_that_takes_post_alone() -> None:
    known = {"there": True, "admin": COMPLAINT}
    for refused in (DENIED, Reply("POST /", 403), Reply("POST /", 404), LOGIN_PAGE, replace(DONE, denied=True)):
        assert posted(refused, **known).outcome is Outcome.PASS
        assert posted(refused, there=True).outcome is Outcome.PASS
    for taken in (DONE, EMPTY):
        assert posted(taken).outcome is posted(taken, **known).outcome is Outcome.FAIL
    assert posted(COMPLAINT, **known, like_admin=True).outcome is Outcome.FAIL
    assert posted(DENIED, **known | {"admin": DONE}).outcome is Outcome.PASS
    for changed, why in (
        ({}, "needs consent"),
        ({"there": True, "admin": DENIED}, "says little"),
        ({"there": True, "admin": LIMITED}, "says little"),
    ):
        with pytest.raises(Inconclusive, match=why):
            posted(DENIED, **changed)
    for undecided in (SILENT, LIMITED, BROKEN, COMPLAINT):
        with pytest.raises(Inconclusive):
            posted(undecided, **known)
    with pytest.raises(NotApplicable, match="no POST there"):
        posted(DENIED, there=False, admin=Reply("POST /", 404))


@pytest.mark.parametrize(("name", "field"), [("wrong-password", "wrong"), ("unknown-user", "unknown")])
def test_wrong_credentials(name: str, field: str) -> None:
    def outcome(**changed: Any) -> Outcome:
        return judged(auth.wrong_credentials, replace(logins.LOGINS, **changed), "AUTH-02", name).outcome

    assert outcome() is Outcome.PASS
    assert outcome(**{field: Try(Reply("POST /", 200, form=Form.DOCUMENT))}) is Outcome.PASS
    assert outcome(**{field: Try(DONE, token=True)}) is Outcome.FAIL
    for undecided in (Try(SILENT), Try(LIMITED), Try(BROKEN), Try(withheld=Sentence("3 went wrong"))):
        with pytest.raises(Inconclusive):
            outcome(**{field: undecided})
    with pytest.raises(Inconclusive, match="right password"):
        outcome(control=Try(DENIED))


def test_default_password() -> None:
    def outcome(**changed: Any) -> Outcome:
        return judged(auth.default_password, replace(logins.LOGINS, **changed), "AUTH-05").outcome

    told = Reply("POST /", 403, form=Form.ERRORS, said="You must change your password")
    assert outcome() is Outcome.PASS
    assert outcome(default=Try(DONE, token=True)) is Outcome.FAIL
    assert outcome(default=Try(told)) is Outcome.FAIL
    assert outcome(default=Try(replace(told, said="Debe cambiar la contraseña"))) is Outcome.FAIL
    assert outcome(default=Try(replace(told, said='{"error": "new_password is missing"}'))) is Outcome.FAIL
    assert outcome(default=Try(replace(told, said="New password required"))) is Outcome.FAIL
    assert outcome(default=Try(DONE)) is Outcome.FAIL
    assert outcome(default=Try(told), wrong=Try(told)) is Outcome.PASS
    assert outcome(default=Try(replace(told, status=401, said="Access denied"))) is Outcome.PASS
    for undecided in (Try(SILENT), Try(LIMITED), Try(withheld=Sentence("3 went wrong"))):
        with pytest.raises(Inconclusive):
            outcome(default=undecided)
    with pytest.raises(Inconclusive, match="right password"):
        outcome(control=Try(DENIED))


def test_a_limit_that_refuses_right_logins_too_proves_nothing() -> None:
    limited = Try(Reply("POST /", 403))

    def outcome(changed: dict[str, Any], requirement: str = "AUTH-05") -> Outcome:
        judge = auth.default_password if requirement == "AUTH-05" else auth.wrong_credentials
        name = "" if requirement == "AUTH-05" else "unknown-user"
        return judged(judge, replace(logins.LOGINS, **changed), requirement, name).outcome

    undecided: tuple[tuple[dict[str, Any], str], ...] = (
        ({"default": limited, "again": limited}, "says nothing"),
        ({"default": limited}, "neither"),
        ({"default": Try(Reply("POST /", 423)), "wrong": Try(Reply("POST /", 423))}, "not decided"),
        ({"again": Try()}, "says nothing"),
    )
    for changed, why in undecided:
        with pytest.raises(Inconclusive, match=why):
            outcome(changed)
    with pytest.raises(Inconclusive, match="says nothing"):
        outcome({"unknown": limited, "again": limited}, "AUTH-02")
    decided: tuple[dict[str, Any], ...] = (
        {"again": limited},
        {"again": Try(LIMITED)},
    )
    for changed in decided:
        assert outcome(changed) is Outcome.PASS
    assert outcome({"again": Try(LIMITED)}, "AUTH-02") is Outcome.PASS


def test_forged_tokens() -> None:
    def verdict(*replies: Reply, **changed: Any) -> Verdict:
        forged = {"alg-none": tuple(Forged(Sentence(f"forgery {n}"), reply) for n, reply in enumerate(replies))}
        return judged(auth.forged_tokens, replace(logins.TOKEN, forged=forged, **changed), "AUTH-03", "alg-none")

    assert verdict(DENIED, Reply("GET /", 400), BROKEN, LOGIN_PAGE).outcome is Outcome.PASS
    wrong = verdict(DENIED, DONE)
    assert (wrong.outcome, wrong.exhibits) == (Outcome.FAIL, ("/forged/alg-none/1",))
    for undecided in (SILENT, LIMITED, Reply("GET /", 503)):
        with pytest.raises(Inconclusive, match="not decided"):
            verdict(DENIED, undecided)
    with pytest.raises(Inconclusive, match="in the end"):
        verdict(DENIED, controls={"alg-none": DENIED})
    with pytest.raises(Inconclusive, match="nowhere"):
        verdict(DENIED, stopped=Sentence("nowhere to go"))


def test_a_success_that_strangers_get_too_is_no_forgery_taken() -> None:
    for reply, outcome in ((DONE, Outcome.FAIL), (replace(DONE, denied=True), Outcome.PASS)):
        forged: dict[str, tuple[Forged, ...]] = {"alg-none": (Forged(Sentence("forged"), reply),)}
        seen = replace(logins.TOKEN, forged=forged)
        assert judged(auth.forged_tokens, seen, "AUTH-03", "alg-none").outcome is outcome


def test_logout() -> None:
    def outcome(name: str, *nodes: dict[str, Any], **changed: Any) -> Outcome:
        seen = tuple(replace(logins.NODE, address=f"192.0.2.{n}", **node) for n, node in enumerate(nodes or ({},)))
        return judged(auth.logout, replace(logins.LOGOUT, nodes=seen, **changed), "AUTH-04", name).outcome

    assert outcome("token") is outcome("other-token") is Outcome.PASS
    assert outcome("token", {}, {}) is outcome("other-token", {}, {}) is Outcome.PASS
    alive, gone = {"ended": (DENIED, DONE)}, {"other": (DONE, DENIED)}
    assert outcome("token", alive) is outcome("token", {}, alive) is outcome("token", alive, {}) is Outcome.FAIL
    assert outcome("other-token", gone) is outcome("other-token", {}, gone) is Outcome.FAIL
    assert outcome("token", gone, same_token=True) is Outcome.PASS
    with pytest.raises(NotApplicable):
        outcome("other-token", gone, same_token=True)
    with pytest.raises(Inconclusive, match=r"before anybody.*192\.0\.2\.1"):
        outcome("token", {}, {"before": (DENIED, DONE)})
    for undecided in (SILENT, LIMITED, BROKEN):
        with pytest.raises(Inconclusive):
            outcome("token", {}, {"ended": (DENIED, undecided)})
        with pytest.raises(Inconclusive):
            outcome("other-token", {}, {"other": (DONE, undecided)})
    with pytest.raises(Inconclusive, match="still works"):
        outcome("other-token", {}, {**alive, **gone})
    with pytest.raises(Inconclusive, match="nobody"):
        judged(auth.logout, replace(logins.LOGOUT, nodes=()), "AUTH-04", "token")


@pytest.mark.parametrize(
    ("seconds", "zone", "outcome"),
    [
        (WEEK, True, Outcome.PASS),
        (3600, True, Outcome.PASS),
        (WEEK + 299, True, Outcome.PASS),
        (WEEK + 301, True, Outcome.FAIL),
        (WEEK + 13 * 3600, False, Outcome.PASS),
        (8 * 86400, False, Outcome.FAIL),
    ],
)
def test_token_life(seconds: float, zone: bool, outcome: Outcome) -> None:
    stated = Lifetime(Sentence("/users/0/expires_after"), "then", seconds, zone)
    assert judged(auth.token_life, replace(logins.TOKEN, lifetimes=(stated,)), "AUTH-08").outcome is outcome
    unread = Lifetime(Sentence("exp"), "soon", None)
    assert judged(auth.token_life, replace(logins.TOKEN, lifetimes=(unread, stated)), "AUTH-08").outcome is outcome


@pytest.mark.parametrize(
    "lifetimes", [(), (Lifetime(Sentence("exp"), "soon", None),), (Lifetime(Sentence("exp"), "0", -1.0),)]
)
def test_a_life_that_is_not_told_is_open(lifetimes: tuple[Lifetime, ...]) -> None:
    with pytest.raises(Inconclusive):
        judged(auth.token_life, replace(logins.TOKEN, lifetimes=lifetimes), "AUTH-08")


def throttle(*bad: Reply, **changed: Any) -> Verdict:
    return judged(auth.throttled, replace(ThrottleObservation(DONE, bad), **changed), "AUTH-09")


@pytest.mark.parametrize(
    "held",
    [LIMITED, Reply("POST /", 423), Reply("POST /", 403), replace(DENIED, seconds=1.5), SILENT],
    ids=["429", "423", "403", "slow", "silent"],
)
def test_bad_logins_are_held_back_in_many_ways(held: Reply) -> None:
    assert throttle(DENIED, DENIED, held, alive=DENIED).outcome is Outcome.PASS


def test_bad_logins_that_go_on() -> None:
    assert throttle(*[DENIED] * 100, after=Try(DONE, token=True)).outcome is Outcome.FAIL
    assert throttle(*[DENIED] * 100, after=Try(DENIED)).outcome is Outcome.PASS
    changing = [DENIED, Reply("POST /", 403)] * 50
    assert throttle(*changing, after=Try(DONE, token=True), harmless=(403,)).outcome is Outcome.FAIL
    slow = replace(DENIED, seconds=2.0)
    always_slow = throttle(*[slow] * 100, good=replace(DONE, seconds=2.0), after=Try(DONE, token=True))
    assert always_slow.outcome is Outcome.FAIL
    with pytest.raises(Inconclusive, match="time for 3"):
        throttle(DENIED, DENIED, DENIED)
    with pytest.raises(Inconclusive, match="found nobody"):
        throttle(DENIED, SILENT, alive=SILENT)


@pytest.mark.parametrize("where", ["creation", "change"])
def test_weak_passwords(where: str) -> None:
    def verdict(trial: Trial, strong: dict[str, Trial] | None = None) -> Verdict:
        trials = {**(logins.STRONG if strong is None else strong), "short": trial}
        record = PasswordObservation(trials) if where == "creation" else PasswordObservation({}, trials)
        return judged(judge_users.weak_password, record, "AUTH-06", f"{where}-short")

    assert verdict(Trial(DENIED, effect=False)).outcome is Outcome.PASS
    assert verdict(Trial(Reply("POST /", 422))).outcome is Outcome.PASS
    assert verdict(Trial(DONE, effect=False)).outcome is Outcome.PASS
    assert verdict(Trial(DONE)).outcome is Outcome.FAIL
    assert verdict(Trial(DENIED, effect=True)).outcome is Outcome.FAIL
    stricter = verdict(Trial(DENIED), {**logins.STRONG, "eight": Trial(DENIED)})
    assert stricter.outcome is Outcome.PASS
    assert "stricter" in stricter.notes[0]
    for undecided in (Trial(SILENT), Trial(BROKEN), Trial(LIMITED), Trial(LIMITED, effect=False)):
        with pytest.raises(Inconclusive):
            verdict(undecided)
    with pytest.raises(Inconclusive, match="no strong password"):
        verdict(Trial(DENIED), {"eight": Trial(DENIED), "sixty-four": Trial(DONE, effect=False)})


def test_a_refusal_counts_while_strong_passwords_are_taken_and_somebody_logs_in() -> None:
    weak = {**logins.STRONG, "short": Trial(DENIED, effect=False)}
    for creation, why in (
        (weak | {"again": Trial(LIMITED)}, "a strong one was answered 429"),
        (weak | {"short": Trial(DENIED, unseen=True)}, "was not seen"),
    ):
        with pytest.raises(Inconclusive, match=why):
            judged(judge_users.weak_password, PasswordObservation(creation), "AUTH-06", "creation-short")
    record = PasswordObservation(weak | {"again": Trial(DONE)})
    assert judged(judge_users.weak_password, record, "AUTH-06", "creation-short").outcome is Outcome.PASS


def test_a_password_that_was_not_tried_is_open() -> None:
    stopped = replace(logins.PASSWORDS, creation={}, stopped=Sentence("nobody could be made"))
    with pytest.raises(Inconclusive, match="nobody could be made"):
        judged(judge_users.weak_password, stopped, "AUTH-06", "creation-short")


@pytest.mark.parametrize("name", ["create", "change", "delete", "settings"])
def test_privileges(name: str) -> None:
    def outcome(deed: Deed, own: Reply = DONE) -> Outcome:
        record = replace(logins.PRIVILEGES, own=own, deeds={**logins.PRIVILEGES.deeds, name: deed})
        return judged(judge_users.privileges, record, "AUTH-07", name).outcome

    def deed(reply: Reply, control: Reply | None = DONE, effect: bool | None = None, **nobody: Any) -> Deed:
        return Deed(reply, control, effect, **{"nobody": DENIED, **nobody})

    assert outcome(deed(DENIED)) is Outcome.PASS
    assert outcome(deed(Reply("POST /", 404), effect=False)) is Outcome.PASS
    assert outcome(deed(DONE, effect=False)) is Outcome.PASS
    assert outcome(deed(replace(DONE, denied=True), nobody=replace(DONE, denied=True))) is Outcome.PASS
    assert outcome(deed(DONE)) is Outcome.FAIL
    assert outcome(deed(DENIED, effect=True)) is Outcome.FAIL
    assert outcome(deed(DENIED, nobody=DONE)) is Outcome.FAIL
    assert outcome(deed(DENIED, nobody_effect=True)) is Outcome.FAIL
    undecided = (
        deed(DENIED, DENIED),
        deed(DENIED, None),
        deed(SILENT),
        deed(LIMITED, effect=False),
        deed(DENIED, nobody=SILENT),
        deed(DENIED, nobody=LIMITED, nobody_effect=False),
        deed(DENIED, nobody=None),
    )
    for each in undecided:
        with pytest.raises(Inconclusive):
            outcome(each)
    with pytest.raises(Inconclusive, match="not good for anything"):
        outcome(deed(DENIED), own=DENIED)


def test_disclosure_of_support() -> None:
    def outcome(**changed: Any) -> Outcome:
        shown = replace(logins.DISCLOSURE.support, **changed)
        return judged(judge_users.disclosure, replace(logins.DISCLOSURE, support=shown), "AUTH-10", "support").outcome

    assert outcome() is Outcome.PASS
    assert outcome(finds=(Find(Sentence("the value of WA_SECRET"), "/support"),)) is Outcome.FAIL
    for reply in (SILENT, DENIED, BROKEN, LOGIN_PAGE, Reply("GET /", 302), Reply("GET /", 405)):
        with pytest.raises(Inconclusive):
            outcome(reply=reply)
    with pytest.raises(Inconclusive, match="not shown"):
        outcome(size=0)
    with pytest.raises(NotApplicable, match="no support output"):
        outcome(reply=Reply("GET /v1/support", 404))
    with pytest.raises(Inconclusive, match="not all of it was searched: support output: cut off"):
        outcome(unread=Sentence("cut off"))
    with pytest.raises(Inconclusive, match="a path that is not there"):
        judged(judge_users.disclosure, replace(logins.DISCLOSURE, nowhere=True), "AUTH-10", "support")


def test_disclosure_of_errors() -> None:
    shown = logins.DISCLOSURE.errors[0]
    told = replace(shown, finds=(Find(Sentence("a private key"), ""),))
    found = judged(judge_users.disclosure, replace(logins.DISCLOSURE, errors=(shown, told)), "AUTH-10", "errors")
    assert (found.outcome, found.exhibits) == (Outcome.FAIL, ("/errors/1",))
    assert "shows a private key" in found.observed
    assert judged(judge_users.disclosure, logins.DISCLOSURE, "AUTH-10", "errors").outcome is Outcome.PASS
    cut = replace(logins.DISCLOSURE, errors=(replace(shown, unread=Sentence("cut off")),))
    with pytest.raises(Inconclusive, match="cut off"):
        judged(judge_users.disclosure, cut, "AUTH-10", "errors")
    for reply in (SILENT, DENIED):
        unseen = replace(logins.DISCLOSURE, errors=(replace(shown, reply=reply),))
        with pytest.raises(Inconclusive):
            judged(judge_users.disclosure, unseen, "AUTH-10", "errors")


ENDED = EndedToken(DONE, {"": DONE}, {"": (DENIED,) * 6}, {"": DONE})


def ends(**changed: Any) -> Verdict:
    seen = TokenEndsObservation({"password": replace(ENDED, **changed)})
    return judged(auth.token_ends, seen, "AUTH-12", "password")


def test_a_token_that_dies_with_the_password_is_right() -> None:
    verdict = ends()
    assert verdict.outcome is Outcome.PASS
    assert verdict.exhibits == ("/tokens/password/after/", "/tokens/password/done")


def test_a_token_that_one_node_still_takes_is_wrong() -> None:
    nodes = {"192.0.2.1": DONE, "192.0.2.2": DONE}
    verdict = ends(before=nodes, after={"192.0.2.1": (DENIED,), "192.0.2.2": (DENIED, DONE)}, control=nodes)
    assert verdict.outcome is Outcome.FAIL
    assert "at 192.0.2.2 was answered 200" in verdict.observed


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"stopped": Sentence("nobody could be made")}, "nobody could be made"),
        ({"before": {"": DENIED}}, "before that, the token was answered 401"),
        ({"done": DENIED}, "the administrator could not do it"),
        ({"after": {"": (DENIED, BROKEN)}}, "neither an answer nor a refusal"),
        ({"after": {"": (LIMITED,)}}, "neither an answer nor a refusal"),
        ({"control": {"": DENIED}}, "the administrator's token was answered 401 just then, too"),
    ],
)
def test_what_says_nothing_of_a_token_settles_nothing(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(Inconclusive, match=words):
        ends(**changed)
