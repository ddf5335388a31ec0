"""Judges of callbacks: a right record, and one fact of it changed at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance import catalogue
from conformance.areas.hook import judge
from conformance.areas.hook.record import REDIRECTS, Connection, Phase, Upload, WebhookObservation
from conformance.engine.policy import Policy
from conformance.inputs import target
from conformance.model import Case, Inconclusive, Outcome, Verdict
from conformance.sentence import NOTHING, Sentence

NOWHERE = Policy(target.parse({"schema": 1, "name": "t"}))
REJECTED = Sentence("TLS failed: tlsv1 alert unknown ca")

ROLES = {
    "before": "good",
    "plain": "plain",
    "unknown-ca": "other-ca",
    "self-signed": "self-signed",
    "wrong-name": "wrong-name",
    "expired": "expired",
    "not-yet-valid": "not-yet-valid",
    "redirect-plain-http": "good",
    "followed-plain-http": "plain",
    "redirect-unknown-ca": "good",
    "followed-unknown-ca": "other-ca",
    "redirect-wrong-name": "good",
    "followed-wrong-name": "wrong-name",
    "after": "good",
    "new-ca": "other-ca",
    "old-ca": "good",
    "deleted-new": "other-ca",
    "deleted-old": "good",
    "end": "good",
}
DELIVERED = ("before", "after", "new-ca", "end")
AUTHORITY = dict.fromkeys(ROLES, "first") | {
    "new-ca": "second",
    "old-ca": "second",
    "deleted-new": "none",
    "deleted-old": "none",
}
LED = ("redirect-plain-http", "redirect-unknown-ca", "redirect-wrong-name")
JUDGES = {
    "HOOK-01": judge.never_in_the_clear,
    "HOOK-02": judge.verified_is_delivered,
    "HOOK-03": judge.unverified_gets_nothing,
    "HOOK-04": judge.authority_is_swapped,
    "HOOK-05": judge.administrators_only,
    "HOOK-06": judge.never_led_astray,
}
CASES = [(row.id, case.name) for row in catalogue.load().values() if row.area == "hook" for case in row.cases]


def url(phase: str) -> str:
    return f"http{'' if phase == 'plain' else 's'}://suite.example:18443/{phase}"


def arrival(phase: str, **facts: Any) -> Connection:
    seen = Connection(ROLES[phase], phase, phase, AUTHORITY[phase], hello=True, received=200, method="POST", body=40)
    return replace(seen, **facts)


def attempt(phase: str) -> Connection:
    return Connection(ROLES[phase], phase, authority=AUTHORITY[phase], hello=True, handshake=REJECTED)


def record(*more: Connection, without: str = "", refused: str = "", **facts: Any) -> WebhookObservation:
    """Return what a right gateway leaves, with `more` connections, and a phase without any, or one that is refused."""
    phases = {name: Phase(role, url(name), 400 if name in ("plain", refused) else 200) for name, role in ROLES.items()}
    quiet = {"plain", without, refused, *LED, *(name for name in ROLES if name.startswith("followed-"))}
    came = [arrival(name) if name in DELIVERED else attempt(name) for name in ROLES if name not in quiet]
    came += [arrival(name, answered=status) for name in LED if name != without for status in REDIRECTS]
    steps = {name: Upload("POST", 200) for name in ("stored", "replaced", "restored")} | {
        "deleted": Upload("DELETE", 204)
    }
    tried = {
        f"{what}-{who}": Upload(method, 401 if who == "nobody" else 403, before="aa", after="aa")
        for what, method in (("store", "POST"), ("delete", "DELETE"))
        for who in ("nobody", "user")
    }
    right = WebhookObservation(NOTHING, phases, (*came, *more), steps, tried, 50)
    return replace(right, **facts)


def judged(seen: WebhookObservation, requirement: str, name: str = "") -> Verdict:
    row = catalogue.load()[requirement]
    return JUDGES[requirement](seen, NOWHERE, Case("x", row, name, "", "gw", row.level))


@pytest.mark.parametrize(("requirement", "name"), CASES)
def test_a_right_gateway_passes_and_its_evidence_is_there(requirement: str, name: str) -> None:
    verdict = judged(record(), requirement, name)
    assert verdict.outcome is Outcome.PASS, verdict.reason
    assert all(verdict.exhibits)


@pytest.mark.parametrize(("requirement", "name"), CASES)
def test_where_nothing_was_tried_the_reason_is_told(requirement: str, name: str) -> None:
    with pytest.raises(Inconclusive, match="no trigger"):
        judged(WebhookObservation(stopped=Sentence("no trigger")), requirement, name)


@pytest.mark.parametrize(
    ("requirement", "name", "control"),
    [
        ("HOOK-01", "", "before"),
        ("HOOK-01", "", "after"),
        ("HOOK-03", "expired", "before"),
        ("HOOK-03", "expired", "after"),
        ("HOOK-04", "old-ca", "end"),
        ("HOOK-06", "plain-http", "before"),
        ("HOOK-06", "wrong-name", "after"),
        ("HOOK-04", "deleted", "new-ca"),
        ("HOOK-04", "deleted", "end"),
    ],
)
def test_without_a_control_there_is_no_verdict(requirement: str, name: str, control: str) -> None:
    with pytest.raises(Inconclusive, match="nothing is proved"):
        judged(record(without=control), requirement, name)


class TestInTheClear:
    def test_a_taken_address_where_nothing_arrives(self) -> None:
        seen = record()
        seen.phases["plain"] = replace(seen.phases["plain"], status=200)
        assert judged(seen, "HOOK-01").outcome is Outcome.PASS

    @pytest.mark.parametrize("answered", [0, 302, 408, 429, 500])
    def test_an_answer_that_says_neither(self, answered: int) -> None:
        seen = record()
        seen.phases["plain"] = replace(seen.phases["plain"], status=answered)
        with pytest.raises(Inconclusive, match="could not be set"):
            judged(seen, "HOOK-01")

    @pytest.mark.parametrize("role", ["plain", "good", "expired"])
    def test_content_in_the_clear_at_any_receiver(self, role: str) -> None:
        seen = record(Connection(role, "plain", "plain", received=10, method="POST"), without="before")
        verdict = judged(seen, "HOOK-01")
        assert (verdict.outcome, verdict.exhibits) == (Outcome.FAIL, (f"/connections/{len(seen.connections) - 1}",))

    def test_who_only_asks_whether_somebody_is_there(self) -> None:
        asks = Connection("plain", "plain", received=60, method="GET")
        posts_elsewhere = Connection("good", "after", received=60, method="POST")
        assert judged(record(asks, posts_elsewhere), "HOOK-01").outcome is Outcome.PASS


class TestDelivery:
    def test_attempts_that_fail(self) -> None:
        verdict = judged(record(attempt("before"), without="before"), "HOOK-02")
        assert verdict.outcome is Outcome.FAIL
        assert REJECTED in verdict.observed

    def test_a_client_that_has_nothing_in_common_with_the_receiver(self) -> None:
        lost = replace(attempt("before"), handshake=Sentence("TLS failed: no shared cipher"))
        with pytest.raises(Inconclusive, match="no TLS parameters in common"):
            judged(record(lost, without="before"), "HOOK-02")

    def test_callbacks_of_others_are_noted(self) -> None:
        assert not judged(record(), "HOOK-02").notes
        assert judged(record(strangers=2), "HOOK-02").notes

    def test_no_attempt_proves_nothing(self) -> None:
        with pytest.raises(Inconclusive, match="no callback came to https"):
            judged(record(without="before"), "HOOK-02")

    def test_what_could_not_be_put_back(self) -> None:
        with pytest.raises(Inconclusive, match="see to it"):
            judged(record(put_back=False), "HOOK-02")


class TestWrongReceivers:
    @pytest.mark.parametrize("name", ["unknown-ca", "self-signed", "wrong-name", "expired", "not-yet-valid"])
    def test_content_is_a_violation_of_its_own_case(self, name: str) -> None:
        seen = record(arrival(name))
        verdict = judged(seen, "HOOK-03", name)
        assert (verdict.outcome, verdict.exhibits) == (Outcome.FAIL, (f"/connections/{len(seen.connections) - 1}",))
        assert "a POST of 200 bytes" in verdict.observed
        assert sum(judged(seen, *case).outcome is Outcome.FAIL for case in CASES) == 1

    def test_content_that_comes_late(self) -> None:
        assert judged(record(arrival("expired", during="end")), "HOOK-03", "expired").outcome is Outcome.FAIL

    def test_a_refused_address(self) -> None:
        verdict = judged(record(refused="expired"), "HOOK-03", "expired")
        assert (verdict.outcome, verdict.exhibits) == (Outcome.PASS, ("/phases/expired",))

    def test_no_attempt_proves_nothing(self) -> None:
        with pytest.raises(Inconclusive, match="did not try"):
            judged(record(without="expired"), "HOOK-03", "expired")

    def test_a_client_that_verifies_after_the_handshake(self) -> None:
        verdict = judged(
            record(replace(attempt("expired"), handshake=NOTHING), without="expired"), "HOOK-03", "expired"
        )
        assert verdict.outcome is Outcome.PASS
        assert "the handshake is finished" in verdict.observed


class TestSwap:
    @pytest.mark.parametrize(
        ("name", "phase"), [("old-ca", "old-ca"), ("deleted", "deleted-new"), ("deleted", "deleted-old")]
    )
    def test_content_under_the_wrong_authority(self, name: str, phase: str) -> None:
        assert judged(record(arrival(phase)), "HOOK-04", name).outcome is Outcome.FAIL

    @pytest.mark.parametrize(
        ("phase", "authority"), [("deleted-old", "first"), ("deleted-old", "changing"), ("deleted-new", "changing")]
    )
    def test_content_that_came_when_the_receiver_was_right(self, phase: str, authority: str) -> None:
        assert judged(record(arrival(phase, authority=authority)), "HOOK-04", "deleted").outcome is Outcome.PASS

    @pytest.mark.parametrize("late", [False, True])
    def test_a_deletion_that_takes_effect_a_little_later(self, late: bool) -> None:
        again = {"during": "deleted-later", "meant_for": "deleted-later"}
        tries = arrival("deleted-new", **again) if late else replace(attempt("deleted-new"), during="deleted-later")
        seen = record(arrival("deleted-new"), tries)
        seen.phases["deleted-later"] = seen.phases["deleted-new"]
        verdict = judged(seen, "HOOK-04", "deleted")
        assert (verdict.outcome is Outcome.FAIL) == late
        assert verdict.notes

    def test_a_new_authority_that_is_not_trusted(self) -> None:
        verdict = judged(record(attempt("new-ca"), without="new-ca"), "HOOK-04", "new-ca")
        assert verdict.outcome is Outcome.FAIL


class TestRedirects:
    @pytest.mark.parametrize("name", ["plain-http", "unknown-ca", "wrong-name"])
    @pytest.mark.parametrize("facts", [{}, {"method": "GET", "body": 0}, {"hello": False}, {"during": "end"}])
    def test_a_redirect_that_is_followed_is_a_violation_of_its_own_case(self, name: str, facts: dict[str, Any]) -> None:
        seen = record(arrival(f"followed-{name}", **{"hello": name != "plain-http"} | facts))
        verdict = judged(seen, "HOOK-06", name)
        assert (verdict.outcome, verdict.exhibits) == (Outcome.FAIL, (f"/connections/{len(seen.connections) - 1}",))
        assert [case for case in CASES if judged(seen, *case).outcome is Outcome.FAIL] == [("HOOK-06", name)]

    @pytest.mark.parametrize("name", ["plain-http", "unknown-ca", "wrong-name"])
    def test_a_client_that_goes_there_and_brings_nothing(self, name: str) -> None:
        assert judged(record(attempt(f"followed-{name}")), "HOOK-06", name).outcome is Outcome.PASS

    def test_others_at_an_open_port_followed_nothing(self) -> None:
        stranger = arrival("followed-plain-http", hello=False, meant_for="", method="GET", body=0)
        assert judged(record(stranger), "HOOK-06", "plain-http").outcome is Outcome.PASS

    def test_a_gateway_that_met_not_every_redirect(self) -> None:
        one = arrival("redirect-plain-http", answered=307)
        with pytest.raises(Inconclusive, match="a redirect with 301, 302, 303, 308"):
            judged(record(one, without="redirect-plain-http"), "HOOK-06", "plain-http")

    def test_without_a_second_port(self) -> None:
        seen = record(without="redirect-plain-http")
        seen.phases["redirect-plain-http"] = Phase("good", "", trouble=Sentence("redirects need a second port"))
        with pytest.raises(Inconclusive, match=r"^redirects need a second port$"):
            judged(seen, "HOOK-06", "plain-http")


class TestIntruders:
    def tried(self, **facts: Any) -> WebhookObservation:
        seen = record()
        seen.intruders["store-user"] = replace(seen.intruders["store-user"], **facts)
        return seen

    @pytest.mark.parametrize("status", [200, 401, 500])
    def test_another_authority_is_stored(self, status: int) -> None:
        assert judged(self.tried(status=status, after="bb"), "HOOK-05", "store-user").outcome is Outcome.FAIL

    @pytest.mark.parametrize("status", [200, 302, 404, 500])
    def test_whatever_the_answer_nothing_changed(self, status: int) -> None:
        assert judged(self.tried(status=status), "HOOK-05", "store-user").outcome is Outcome.PASS

    def test_a_success_that_cannot_be_checked(self) -> None:
        assert judged(self.tried(status=201, after=""), "HOOK-05", "store-user").outcome is Outcome.FAIL

    @pytest.mark.parametrize(
        ("facts", "said"),
        [
            ({"status": 500, "after": ""}, "cannot be read whether"),
            ({"status": 0, "trouble": Sentence("no answer in time")}, "no answer in time"),
            ({"who": Sentence("no user could be made")}, "no user could be made"),
        ],
    )
    def test_what_proves_nothing(self, facts: dict[str, Any], said: str) -> None:
        with pytest.raises(Inconclusive, match=said):
            judged(self.tried(**facts), "HOOK-05", "store-user")

    def test_an_administrator_who_cannot_either(self) -> None:
        seen = record()
        seen.steps["deleted"] = Upload("DELETE", 405)
        with pytest.raises(Inconclusive, match="could not do it either"):
            judged(seen, "HOOK-05", "delete-nobody")
