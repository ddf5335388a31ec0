"""An identity service without fault, as an observation of it reads, for judges' tests to change one fact of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from conformance import catalogue
from conformance.areas.idv.record import (
    Answer,
    Attempt,
    Control,
    IdentityObservation,
    Page,
    Refusal,
    State,
    Transport,
    Trial,
    Trials,
    Welcome,
)
from conformance.engine.cases import expand
from conformance.engine.policy import Policy
from conformance.inputs import target
from conformance.model import Case
from conformance.sentence import Sentence

HONOURED = Answer(201, found="true")
REFUSED = Answer(403, body='{"error": "invalid"}')
ABSENT, PRESENT = State("absent"), State("present")
UIDS = ("a@example.org", "620")

IDENTITY: dict[str, Any] = {
    "url": "https://chat.example/init",
    "secret": "env:SECRET",
    "uids": list(UIDS),
    "body": {"visitor": {"name": "Zoë", "attrs": {"plan": "gold"}}},
    "accepted": {"status": [200, 201], "pointer": "/visitor/verified", "equals": True},
    "state": {"url": "https://chat.example/contacts/{uid}"},
    "switch": {"url": "https://chat.example/settings"},
    "repositories": ["site"],
}


def policy(consent: str = "destructive", **changes: Any) -> Policy:
    """Return the policy of a target file with `changes` to its [identity]; None takes a key out."""
    table = {key: value for key, value in {**IDENTITY, **changes}.items() if value is not None}
    return Policy(target.parse({"schema": 1, "name": "t", "consent": consent, "identity": table}))


def case(name: str) -> Case:
    """Return a case by its id."""
    cases = expand(catalogue.load()[name.partition("/")[0]], policy())
    return next(case for case in cases if case.id == name)


def refused(what: str = "a forgery", **facts: Any) -> Attempt:
    """Return an attempt that was refused and left no trace, between the two controls."""
    usual: dict[str, Any] = {"watched": "620", "before": ABSENT, "after": ABSENT, "controls": 1}
    return Attempt(Sentence(what), **{"answer": REFUSED, **usual, **facts})


def service(name: str = "", *attempts: Attempt, **facts: Any) -> IdentityObservation:
    """Return an observation with one trial called `name`; `facts` are of its trials."""
    stored = {"/uid": '"a@example.org"', "/name": '"Zoë"', "/attrs/plan": '"gold"'}
    usual: dict[str, Any] = {
        "control_uid": UIDS[0],
        "malformed": Answer(400),
        "controls": (Control(HONOURED, PRESENT), Control(HONOURED, PRESENT, ("/sessions",))),
        "welcomes": {f"uid-{n}": Welcome(uid, HONOURED, PRESENT, stored) for n, uid in enumerate(UIDS, 1)},
        "trials": {name: Trial(attempts)} if name else {},
    }
    return IdentityObservation(
        Transport("https", verifies=True, plain={"443": Answer(400, body="plain")}, over_tls=REFUSED),
        (Page("https://site.example/", status=200, hash="some"),),
        Trials(**{**usual, **facts}),
    )


def refusals(**kinds: tuple[Refusal, ...]) -> IdentityObservation:
    """Return an observation whose refusals are those of `kinds`, in turn."""
    names = {f"compared:{kind}": Trial((refused(),)) for kind in kinds}
    return service(trials=names, refusals=tuple(r for turn in zip(*kinds.values(), strict=True) for r in turn))


def with_pages(*pages: Page) -> IdentityObservation:
    """Return an observation with other pages."""
    return replace(service(), pages=pages)
