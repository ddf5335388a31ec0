from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from conformance.areas.idv.layouts import Sent, layouts
from conformance.inputs.target import Identity, OtherPath
from conformance.model import Inconclusive, Outcome
from conformance.pointers import MISSING
from reference_server import Gateway
from reference_server.http import Request, Response
from reference_server.identity import NAME, Contact
from tests.arena import Outcomes, SteppingClock, assess

BODY = {"organization_subdomain": "acme", "visitor": {"name": "Zoë", "attrs": {}}}
IDENTITY = Identity.model_validate({"url": "https://chat.example/init", "body": BODY})
SENT = Sent("620", "620", "ab12")


def laid_out(sent: Sent, **path: Any) -> dict[str, dict[str, Any]]:
    other = OtherPath.model_validate({"url": "https://chat.example/contacts/{uid}", **path})
    return {name: layout(sent, "M") for name, layout in layouts(IDENTITY, other)}


def test_without_a_body_the_usual_layouts_are_tried_the_barest_last() -> None:
    found = laid_out(SENT)
    assert found["as an initialisation"] == {
        "organization_subdomain": "acme",
        "visitor": {"name": "M", "attrs": {}, "email": "620"},
        "client_hash": "ab12",
    }
    assert found["name, uid and hash"] == {"email": "620", "client_hash": "ab12", "name": "M"}
    assert list(found.values())[-1] == {"client_hash": "ab12", "name": "M"}


def test_a_declared_body_is_filled_in_and_nothing_else() -> None:
    found = laid_out(SENT, body={"a": 1}, value_pointer="/contact/title", hash_pointer="/sig", uid_pointer="/to")
    assert found == {"as declared": {"a": 1, "to": "620", "sig": "ab12", "contact": {"title": "M"}}}
    assert laid_out(SENT, body={}, value_pointer="/t", hash_header="X-Sig") == {"as declared": {"t": "M"}}


def test_what_is_left_out_does_not_stand_there() -> None:
    assert laid_out(Sent("620", MISSING, MISSING))["name, uid and hash"] == {"name": "M"}


def test_a_pointer_that_leads_nowhere_is_told() -> None:
    with pytest.raises(Inconclusive, match="/a/b leads to no place"):
        laid_out(SENT, body={"a": 1}, value_pointer="/a/b")


def declaring(change: Callable[[Gateway], object] = lambda _: None, **path: Any) -> tuple[Outcomes, Gateway]:
    gateway = Gateway()
    change(gateway)
    with gateway:
        document = gateway.document()
        document["identity"]["other_paths"][0].update(path)
        outcomes = assess(document, gateway.environ, areas=["idv"], clock=SteppingClock())
    return outcomes, gateway


def test_names_are_put_back_and_no_hash_is_recorded() -> None:
    outcomes, gateway = declaring()
    assert {contact.name for contact in gateway.identity.contacts.values()} == {NAME}
    (path,) = outcomes.observations["identity/0"]["trials"]["others"]
    assert path["put_back"]
    assert path["controls"][0]["marked"] == ["/name"]


def test_a_path_that_does_nothing_with_the_right_hash_settles_nothing() -> None:
    outcomes, _ = declaring(method="GET")
    told = {case: why for case, why in outcomes.inconclusive.items() if case.startswith("IDV-11")}
    assert len(told) == 7
    assert all("say in [[identity.other_paths]] how it is laid out" in why for why in told.values())
    assert outcomes.verdicts["IDV-02/uid-1"].outcome is Outcome.PASS


def test_a_count_of_requests_is_no_effect() -> None:
    def counting(gateway: Gateway) -> None:
        identity, count = gateway.identity, itertools.count(1)
        usual, shown = identity.change, identity.shown
        seen = [0]

        def change(request: Request, contact: Contact) -> Response:
            seen[0] = next(count)
            return usual(request, contact)

        identity.change = change
        identity.shown = lambda contact: {**shown(contact), "requests": seen[0]}

    outcomes, _ = declaring(counting)
    assert not outcomes.failed(), outcomes.failures()
    assert outcomes.verdicts["IDV-11/unsigned/path-1"].outcome is Outcome.PASS


def test_where_no_session_is_named_the_path_settles_nothing() -> None:
    outcomes, _ = declaring(session_pointer="/nowhere", session_header="X-Session")
    told = {why for case, why in outcomes.inconclusive.items() if case.startswith("IDV-11")}
    assert told == {"the answer to an initialisation (201) names no session at session_pointer /nowhere"}


def test_half_a_session_is_refused() -> None:
    with pytest.raises(ValueError, match="session_pointer and session_header go together"):
        OtherPath.model_validate({"url": "https://chat.example/c", "session_header": "X-Session"})
