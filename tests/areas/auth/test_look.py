"""How authentication is looked at: few bad logins, nothing left behind, no secret kept, and no trust in what comes."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from conformance.bench.journal import NAME, Journal
from conformance.bench.restoring import Restorer
from conformance.web import accounts
from conformance.web.api import token_in
from conformance.web.exchange import Exchange
from reference_server import Gateway
from reference_server.accounts import Grant, User
from reference_server.answers import basic, refusal
from reference_server.http import Request, Response
from reference_server.users import LOGIN
from tests.areas.tls.eyes import bench
from tests.arena import Outcomes, SteppingClock, assess

USER_PASSWORD = "Auditor-1-of-these"


@dataclass(slots=True)
class Watched:
    """A gateway, and who logged in badly there; `given` are the tokens and passwords that nobody may see."""

    gateway: Gateway
    clock: SteppingClock
    bad: Counter[str] = field(default_factory=Counter)
    given: set[str] = field(default_factory=set)
    asked: list[Request] = field(default_factory=list)

    def run(self, consent: str = "write", environ: dict[str, str] | None = None, **webapp: Any) -> Outcomes:
        document = self.gateway.document()
        table = {**document["webapp"], "probe_throttling": False, **webapp}
        declared = {key: value for key, value in table.items() if value is not None}
        document = {key: document[key] for key in ("schema", "name", "limits")} | {"consent": consent}
        environ = {**self.gateway.environ, "PORTERO_USER_PASSWORD": USER_PASSWORD, **(environ or {})}
        return assess(document | {"webapp": declared}, environ, areas=["auth"], clock=self.clock)


@contextmanager
def watching(*faults: str, answer: Callable[[Request], Response | None] = lambda _: None) -> Iterator[Watched]:
    """Run a gateway; `answer` may answer in its place."""
    clock = SteppingClock()
    with Gateway("modern", faults, clock.now) as gateway:
        seen = Watched(gateway, clock)
        usual, grant = gateway.web.api.answer, gateway.web.api.accounts.grant

        def watched(request: Request) -> Response:
            seen.asked.append(request)
            response = answer(request) or usual(request)
            if request.path == LOGIN:
                name, _, password = basic(request).partition(":")
                seen.given.add(password)
                seen.bad[name] += response.status != 200
            return response

        def granted(user: User) -> Grant:
            made = grant(user)
            seen.given.add(made.token)
            return made

        gateway.web.api.answer = watched  # type: ignore[method-assign]
        gateway.web.api.accounts.grant = granted  # type: ignore[method-assign]
        yield seen


def test_three_bad_logins_of_which_one_at_an_account_that_is_not_the_runs_own() -> None:
    with watching() as seen:
        outcomes = seen.run()
    assert outcomes.failures() == {}
    assert set(outcomes.inconclusive) == {"AUTH-09"}
    assert +seen.bad == Counter(dict.fromkeys(+seen.bad, 1))
    assert seen.bad.total() == 3
    assert seen.bad["admin"] == 1
    assert list(seen.gateway.web.api.accounts.users) == ["admin"]
    assert seen.gateway.web.api.accounts._sessions == {}


def test_throttling_is_tried_at_a_user_of_the_runs_own() -> None:
    with watching() as seen:
        outcomes = seen.run(probe_throttling=True)
    assert not outcomes.inconclusive
    assert sorted((+seen.bad).values()) == [1, 1, 1, 4]
    assert seen.bad["admin"] == 1


@pytest.mark.parametrize("declared", [True, False])
def test_with_consent_to_read_no_count_is_left_at_an_account(declared: bool) -> None:
    with watching() as seen:
        auditor = seen.gateway.web.api.accounts.add("auditor", USER_PASSWORD)
        login = {"username": "auditor", "password": "env:PORTERO_USER_PASSWORD"}
        outcomes = seen.run("read", user=login if declared else None)
        admin = seen.gateway.web.api.accounts.users["admin"]
    assert outcomes.failures() == {}
    assert {case.partition("/")[0] for case in outcomes.inconclusive} == {
        "AUTH-04",
        "AUTH-06",
        "AUTH-07",
        "AUTH-09",
        "AUTH-12",
    }
    assert "PATCH" in outcomes.not_applicable["AUTH-01/methods/v1/settings/application"]
    assert seen.bad.total() == 3
    assert seen.bad["admin"] == (1 if declared else 2)
    assert auditor.failures == 0
    assert admin.failures == (1 if declared else 0)
    assert not [request for request in seen.asked if request.method in ("PUT", "DELETE", "PATCH")]


def test_a_declared_password_that_is_wrong_is_tried_once() -> None:
    with watching() as seen:
        outcomes = seen.run(environ={"PORTERO_ADMIN_PASSWORD": "not the password"})
    assert not outcomes.verdicts
    assert seen.bad == Counter(admin=1)
    assert "webapp.admin was answered 401" in outcomes.inconclusive["AUTH-02/wrong-password"]
    assert "webapp.admin was answered 401" in outcomes.inconclusive["AUTH-01/get/v1/health"]


def test_a_declared_user_that_cannot_log_in_leaves_its_cases_open() -> None:
    with watching() as seen:
        seen.gateway.web.api.accounts.add("auditor", "another password")
        login = {"username": "auditor", "password": "env:PORTERO_USER_PASSWORD"}
        outcomes = seen.run(user=login)
    assert {case.partition("/")[0] for case in outcomes.inconclusive} >= {"AUTH-07"}
    assert not outcomes.failures()
    assert seen.bad["auditor"] == 1


def test_without_an_administrator_the_key_is_named_and_violations_are_seen() -> None:
    with watching("health-asks-for-no-token") as seen:
        outcomes = seen.run(admin=None)
    assert outcomes.failed() == {"AUTH-01"}
    assert "lacks webapp.admin" in outcomes.inconclusive["AUTH-01/get/v1/settings/application"]
    assert "lacks webapp.admin" in outcomes.inconclusive["AUTH-05"]
    assert not seen.bad


def test_no_password_goes_to_whom_the_certificate_does_not_name() -> None:
    with watching("certificate-of-an-unknown-issuer") as seen:
        outcomes = seen.run()
    assert not outcomes.verdicts
    assert not any(request.header("Authorization") for request in seen.asked)
    assert "the certificate does not verify" in outcomes.inconclusive["AUTH-03/empty"]


def test_no_token_and_no_password_is_kept() -> None:
    with watching("default-password-works", "support-shows-the-environment") as seen:
        outcomes = seen.run(probe_throttling=True)
    told = {case: verdict.reason for case, verdict in outcomes.verdicts.items()}
    kept = json.dumps([outcomes.observations, told, outcomes.inconclusive])
    long = [secret for secret in seen.given | set(seen.gateway.environ.values()) if len(secret) > 10]
    assert len(long) > 20
    assert [secret for secret in long if secret in kept] == []


@pytest.mark.parametrize(
    ("support", "why"),
    [
        (Response(200, [], gzip.compress(b"WA_SECRET=x")), "no text"),
        (Response(200, [], '{"WA_SECRET": "x"}'.encode("utf-16")), "no text"),
        (Response(200, [("Content-Encoding", "br")], b"packed"), "coded as br"),
        (Response(200, [("Content-Encoding", "gzip")], gzip.compress(bytes(range(32, 127)))[:-20]), "breaks off"),
        (Response(200, [], b"x" * (5 << 20)), "only its first 4096 KiB"),
    ],
)
def test_support_output_that_was_not_read_is_open(support: Response, why: str) -> None:
    with watching(answer=lambda request: support if request.path == "/v1/support" else None) as seen:
        outcomes = seen.run("read")
    assert why in outcomes.inconclusive["AUTH-10/support"]


@pytest.mark.parametrize("status", [403, 423, 401, 429])
@pytest.mark.parametrize("taken", [1, 3, 4, 6, 9])
def test_a_limit_of_logins_breaks_nothing_and_passes_no_default_password(status: int, taken: int) -> None:
    logged_in: list[str] = []

    def limit(request: Request) -> Response | None:
        if request.path == LOGIN:
            logged_in.append(request.path)
            return refusal(status, 1015, "Access denied") if len(logged_in) > taken else None
        return None

    for faults in ((), ("default-password-works",)):
        logged_in.clear()
        with watching(*faults, answer=limit) as seen:
            outcomes = seen.run()
        assert outcomes.failed() <= {"AUTH-05"} if faults else not outcomes.failures()
        assert not faults or "AUTH-05" in {*outcomes.failures(), *outcomes.inconclusive}, status


def test_a_login_that_ends_earlier_ones_breaks_nothing() -> None:
    with watching() as seen:
        held = seen.gateway.web.api.accounts
        usual = held.grant

        def grant(user: User) -> Grant:
            held._sessions = {key: (name, ends) for key, (name, ends) in held._sessions.items() if name != user.name}
            return usual(user)

        held.grant = grant  # type: ignore[method-assign]
        outcomes = seen.run()
    assert outcomes.failures() == {}
    assert "the first token was" in outcomes.inconclusive["AUTH-04/token"]
    assert {case.partition("/")[0] for case in outcomes.inconclusive} == {"AUTH-04", "AUTH-09"}


HOSTILE: dict[str, Response] = {
    "page": Response.html("<!doctype html><title>Welcome</title>"),
    "list": Response.json([]),
    "number": Response.json({"users": [{"token": 7}]}),
    "empty": Response.json({"users": [{"token": ""}]}),
    "deep": Response(200, [("Content-Type", "application/json")], b'{"users":' + b"[" * 30000),
    "nested": Response(200, [], b'{"a":' * 900 + b"1" + b"}" * 900),
    "line-break": Response.json({"users": [{"token": "a\r\nX-Evil: 1"}]}),
    "one-character": Response.json({"users": [{"token": "x", "expires_after": "99999-01-01"}]}),
    "long": Response.json({"users": [{"token": "t" * 40000}]}),
    "redirect": Response(302, [("Location", "https://elsewhere.example/")]),
    "crash": Response(500),
    "limited": refusal(429, 1015, "slow down"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_answers_to_a_login_pass_nothing(name: str) -> None:
    with watching(answer=lambda request: HOSTILE[name] if request.path == LOGIN else None) as seen:
        outcomes = seen.run(probe_throttling=True)
    passed = {case for case, verdict in outcomes.verdicts.items() if case not in outcomes.failures()}
    assert passed <= {"AUTH-08"}, {case: outcomes.verdicts[case].observed for case in passed}
    assert not any(request.header("X-Evil") for request in seen.asked)


def test_a_user_of_the_runs_own_stands_in_the_journal_until_it_is_gone(tmp_path: Path) -> None:
    with watching() as seen:
        webapp = seen.gateway.document()["webapp"]
        del webapp["url"]
        here = bench(seen.gateway.web.port, seen.gateway.environ, **webapp)
        journal = Journal(tmp_path, tmp_path / "target.toml", here.redactor)
        object.__setattr__(here, "restorer", Restorer(journal))
        known = seen.gateway.web.api.accounts.users

        def goes_wrong() -> None:
            with accounts.administrator(here) as admin, accounts.throw_away(admin) as user:
                assert user.name in known
                noted = json.loads((tmp_path / NAME).read_text(encoding="utf-8"))["entries"][0]["requests"][0]
                assert (noted["method"], noted["login"]) == ("DELETE", "webapp.admin")
                assert noted["url"].endswith(f"/v1/users/{user.name}")
                raise KeyError

        with pytest.raises(KeyError):
            goes_wrong()
        assert list(known) == ["admin"]
        assert not (tmp_path / NAME).exists()


@pytest.mark.parametrize(
    ("body", "token"),
    [
        ({"users": [{"token": "abc"}]}, "abc"),
        ({"access_token": "abc", "token_type": "bearer"}, "abc"),
        ({"data": {"jwt": "abc"}}, "abc"),
        ({"users": [{"name": "token"}]}, ""),
        ({"token": 7}, ""),
        ([], ""),
    ],
)
def test_a_token_is_found_in_any_usual_shape(body: Any, token: str) -> None:
    assert token_in(Exchange("POST", "https://t.example/", 201, body=json.dumps(body))) == token
    assert token_in(Exchange("POST", "https://t.example/", 401, body=json.dumps(body))) == ""


def test_a_user_that_cannot_be_made_leaves_what_needs_it_open() -> None:
    def answer(request: Request) -> Response | None:
        return refusal(500, 1014, "Internal error") if (request.method, request.path) == ("POST", "/v1/users") else None

    with watching(answer=answer) as seen:
        outcomes = seen.run()
    assert not outcomes.failures()
    assert "no user of the run's own could be made" in outcomes.inconclusive["AUTH-04/token"]
    assert {case.partition("/")[0] for case in outcomes.inconclusive} == {
        "AUTH-04",
        "AUTH-06",
        "AUTH-07",
        "AUTH-09",
        "AUTH-12",
    }
    assert "of webapp.admin was answered 401" in outcomes.verdicts["AUTH-02/wrong-password"].observed
    assert seen.gateway.web.api.accounts.users["admin"].failures == 0
