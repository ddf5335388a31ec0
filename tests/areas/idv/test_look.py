from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from conformance import catalogue, pointers
from conformance.areas.idv.forgery import client_hash
from conformance.model import Outcome
from reference_server import Gateway
from reference_server.http import Request, Response
from reference_server.identity import Contact, Initialisation
from tests.areas.idv.contacts import ENVIRON, KEY, TOKEN, Inbox, another_make
from tests.arena import Outcomes, SteppingClock, assess

PAGES = {"IDV-06/pages", "IDV-07"}


def look(document: dict[str, Any], folder: Path, environ: dict[str, str] = ENVIRON) -> Outcomes:
    return assess(document, environ, areas=["idv"], clock=SteppingClock(), folder=folder)


def trials(outcomes: Outcomes) -> dict[str, Any]:
    found: dict[str, Any] = outcomes.observations["identity/0"]["trials"]
    return found


def test_a_service_of_another_make_keeps_every_promise(tmp_path: Path) -> None:
    with another_make(tmp_path) as (inbox, document):
        outcomes = look(document, tmp_path)
    assert not outcomes.failed(), outcomes.failures()
    assert set(outcomes.inconclusive) == PAGES, outcomes.inconclusive
    assert not trials(outcomes)["stopped"]
    assert inbox.mandatory


def test_a_second_run_finds_the_same(tmp_path: Path) -> None:
    with another_make(tmp_path) as (_, document):
        look(document, tmp_path)
        again = look(document, tmp_path)
    assert not again.failed(), again.failures()
    assert set(again.inconclusive) == PAGES, again.inconclusive


def test_a_second_run_finds_faults_where_the_clients_are_known(tmp_path: Path) -> None:
    class Careless(Inbox):
        def initialise(self, document: Any) -> tuple[int, Any]:
            status, answer = super().initialise(document)
            if status == 401:
                self._store(str(document["identifier"]), document, verified=True)
            return status, answer

    with another_make(tmp_path) as (inbox, document):
        look(document, tmp_path)
        inbox.__class__ = Careless
        again = look(document, tmp_path)
    assert {"IDV-02", "IDV-03"} <= again.failed()


def test_one_declared_uid_is_enough(tmp_path: Path) -> None:
    with another_make(tmp_path) as (_, document):
        document["identity"]["uids"] = ["agent.test@example.org"]
        outcomes = look(document, tmp_path)
    assert not outcomes.failed(), outcomes.failures()
    assert set(outcomes.inconclusive) == PAGES
    assert "IDV-04/other-client" in outcomes.not_applicable


def test_without_state_the_answer_alone_is_judged(tmp_path: Path) -> None:
    with another_make(tmp_path) as (_, document):
        del document["identity"]["state"]
        document["identity"]["switch"]["authorization"] = "env:AGENT"
        outcomes = look(document, tmp_path)
    assert not outcomes.failed(), outcomes.failures()
    assert outcomes.verdicts["IDV-03/bit-0"].notes
    assert outcomes.inconclusive["IDV-15"].startswith("the target file lacks identity.state")


def test_a_wrong_secret_passes_and_fails_nothing(tmp_path: Path) -> None:
    with another_make(tmp_path) as (inbox, document):
        outcomes = look(document, tmp_path, {**ENVIRON, "INBOX_HMAC": "another-secret-altogether"})
    assert not outcomes.verdicts
    assert "identity.secret" in outcomes.inconclusive["IDV-03/bit-0"]
    assert inbox.sent < 30


def test_with_consent_to_read_no_initialisation_is_sent(tmp_path: Path) -> None:
    with another_make(tmp_path) as (inbox, document):
        document["consent"] = "read"
        outcomes = look(document, tmp_path)
    assert inbox.sent == 0
    assert not outcomes.verdicts


def test_with_consent_to_write_the_setting_and_undeclared_clients_are_left_alone(tmp_path: Path) -> None:
    with another_make(tmp_path) as (inbox, document):
        document["consent"] = "write"
        outcomes = look(document, tmp_path)
    assert set(inbox.contacts) == set(document["identity"]["uids"])
    assert "destructive" in outcomes.inconclusive["IDV-05/off"]
    assert "IDV-04/signed-spelling" in outcomes.not_applicable


def test_a_service_that_honours_everything_is_inconclusive(tmp_path: Path) -> None:
    class Yes(Inbox):
        def initialise(self, document: Any) -> tuple[int, Any]:
            return 200, {"seen": document is not None}

    with another_make(tmp_path) as (inbox, document):
        inbox.__class__ = Yes
        document["identity"]["accepted"] = {"status": [200, 400]}
        outcomes = look(document, tmp_path)
    assert not outcomes.verdicts
    assert "tells nothing apart" in outcomes.inconclusive["IDV-01/uid-1"]


def test_a_service_that_throttles_gets_no_pass_for_it(tmp_path: Path) -> None:
    class Throttling(Inbox):
        refusals = 0

        def initialise(self, document: Any) -> tuple[int, Any]:
            status, answer = super().initialise(document)
            self.refusals += status == 401
            return (429, {}) if status == 401 and self.refusals > 20 else (status, answer)

    with another_make(tmp_path) as (inbox, document):
        inbox.__class__ = Throttling
        outcomes = look(document, tmp_path)
    assert "429" in outcomes.inconclusive["IDV-03/sha1"]
    assert outcomes.verdicts["IDV-02/uid-1"].outcome is Outcome.PASS
    assert not outcomes.failed(), outcomes.failures()


@pytest.mark.parametrize("lenient", [False, True])
def test_a_search_that_finds_nobody_shows_that_nothing_is_stored(lenient: bool) -> None:
    clock, gateway = SteppingClock(), Gateway()
    gateway.clock = clock.now
    identity = gateway.identity
    identity.signed_form = str.lower if lenient else identity.signed_form
    serve, numbers = identity.serve, itertools.count()

    def searched(request: Request) -> Response:
        answer = serve(request)
        if request.method != "GET" or "contacts" not in request.path or answer.status == 401:
            return answer
        hits = [json.loads(answer.body)] if answer.status == 200 else []
        query = unquote(request.path.rpartition("/")[2])
        return Response.json({"query": query, "number": next(numbers), "count": len(hits), "hits": hits})

    identity.serve = searched
    with gateway:
        outcomes = assess(gateway.document(), gateway.environ, areas=["idv"], clock=clock)
    assert outcomes.failed() == ({"IDV-04"} if lenient else set()), outcomes.failures()
    assert not outcomes.inconclusive


@pytest.mark.parametrize("binds", [False, True])
@pytest.mark.parametrize("telling", [False, True])
def test_an_empty_uid_may_be_answered_as_a_visitor(binds: bool, telling: bool) -> None:
    gateway = Gateway()
    identity = gateway.identity
    bind = identity.bind

    def answered(response: Response) -> Response:
        return Response.json({"session": "s", "client": json.loads(response.body)["visitor"]["uid"] if telling else 1})

    identity.bind = lambda asked, verified: answered(bind(asked, verified))
    initialise = identity.initialise

    def lenient(request: Request) -> Response:
        document = pointers.parse(request.body.decode())
        visitor = document.get("visitor") if isinstance(document, dict) else None
        if isinstance(visitor, dict) and not visitor.get("email") and not binds:
            return Response.json({"session": "t", "client": None if telling else 2})
        if isinstance(visitor, dict) and visitor.get("email") == "":
            identity.contacts[""] = Contact("", True, "", {})
            return Response.json({"session": "u", "client": "" if telling else 3})
        return initialise(request)

    identity.initialise = lenient
    gateway.declared["identity"] = {"accepted": {"status": [200]}}
    with gateway:
        outcomes = assess(gateway.document(), gateway.environ, areas=["idv"], clock=SteppingClock())
    assert ("IDV-04/empty" in outcomes.failures()) is binds
    assert binds or outcomes.verdicts["IDV-04/empty"].outcome is Outcome.PASS


def test_contacts_that_show_a_little_later_are_waited_for() -> None:
    clock, gateway, visible = SteppingClock(), Gateway(), dict[str, float]()
    gateway.clock = clock.now
    serve = gateway.identity.serve

    def later(request: Request) -> Response:
        answer = serve(request)
        for uid in gateway.identity.contacts:
            visible.setdefault(uid, clock.now() + 0.25)
        early = request.method == "GET" and visible.get(unquote(request.path.rpartition("/")[2]), 0) > clock.now()
        return Response(404) if early else answer

    gateway.identity.serve = later
    with gateway:
        outcomes = assess(gateway.document(), gateway.environ, areas=["idv"], clock=clock)
    assert not outcomes.failed(), outcomes.failures()
    assert not outcomes.inconclusive


def test_a_service_that_goes_away_leaves_the_rest_untested(tmp_path: Path) -> None:
    class Weary(Inbox):
        def initialise(self, document: Any) -> tuple[int, Any]:
            if self.sent > 60:
                raise ConnectionAbortedError
            return super().initialise(document)

    with another_make(tmp_path) as (inbox, document):
        inbox.__class__ = Weary
        outcomes = look(document, tmp_path)
    assert not outcomes.failed(), outcomes.failures()
    assert "no longer honoured" in outcomes.inconclusive["IDV-03/key-public"]
    assert inbox.sent < 100


def test_neither_secret_nor_right_hash_is_recorded(tmp_path: Path) -> None:
    class Telling(Inbox):
        def initialise(self, document: Any) -> tuple[int, Any]:
            status, answer = super().initialise(document)
            expected = client_hash(KEY, str(document.get("identifier")))
            return status, {**answer, "debug": [KEY, KEY.encode().hex(), expected, TOKEN]}

    with another_make(tmp_path) as (inbox, document):
        inbox.__class__ = Telling
        outcomes = look(document, tmp_path)
        uids = document["identity"]["uids"]
    told = json.dumps(outcomes.observations)
    canaries = [KEY, KEY.encode().hex(), TOKEN, *(client_hash(KEY, uid) for uid in uids)]
    assert not [canary for canary in canaries if canary in told]
    assert {"IDV-06", "IDV-13"} <= outcomes.failed()


@pytest.mark.parametrize("breaks_at", [1, 2, 3])
def test_the_setting_is_put_back_whatever_happens(breaks_at: int) -> None:
    with Gateway() as gateway:
        identity = gateway.identity
        bind, calls = identity.bind, []

        def failing(asked: Initialisation, verified: bool) -> Response:
            if not identity.validation:
                calls.append(asked.uid)
                if len(calls) >= breaks_at:
                    raise ConnectionAbortedError
            return bind(asked, verified)

        identity.bind = failing
        outcomes = assess(gateway.document(), gateway.environ, areas=["idv"], clock=SteppingClock())
        assert identity.validation
    assert outcomes.observations["identity-switch/0"]["put_back"]


@pytest.mark.parametrize("requests", range(8, 17, 2))
def test_the_setting_is_put_back_when_nothing_may_be_sent_any_more(requests: int) -> None:
    others = [row for row in catalogue.load() if row.startswith("IDV-") and row not in ("IDV-05", "IDV-10")]
    gateway, settings = Gateway(), []
    store = gateway.identity.set_validation

    def noting(enabled: bool) -> None:
        settings.append(enabled)
        store(enabled)

    gateway.identity.set_validation = noting
    with gateway:
        document = gateway.document()
        document["limits"]["requests"] = requests
        document["scope"] = {"exclude": [{"requirement": row, "reason": "not looked at here"} for row in others]}
        outcomes = assess(document, gateway.environ, areas=["idv"], clock=SteppingClock())
    assert settings[-1:] in ([], [True])
    assert "limits.requests" in outcomes.inconclusive["IDV-10"]


def test_a_setting_that_was_off_is_off_again() -> None:
    with Gateway() as gateway:
        gateway.identity.validation = False
        document = gateway.document()
        document["identity"]["enforced"] = False
        outcomes = assess(document, gateway.environ, areas=["idv"], clock=SteppingClock())
        assert not gateway.identity.validation
    assert not outcomes.failed(), outcomes.failures()
    assert "IDV-03/bit-0" in outcomes.not_applicable


def test_the_attempts_are_few_enough_for_a_live_service() -> None:
    gateway, sent = Gateway(), []
    serve = gateway.identity.serve

    def counting(request: Request) -> Response:
        sent.append(request.path)
        return serve(request)

    gateway.identity.serve = counting
    with gateway:
        assess(gateway.document(), gateway.environ, areas=["idv"], clock=SteppingClock())
    assert 150 < len(sent) < 430
