"""Who reaches what: one record of a right layout, and one thing of it changed at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pydantic import TypeAdapter

from conformance.areas.net.record import Came, Look, NetworkObservation, Seen, VantageLook
from conformance.engine.assessment import Assessment
from conformance.engine.observatory import Recorded
from conformance.engine.recording import Observed
from conformance.inputs import target
from conformance.model import Inconclusive, NotApplicable, Outcome, Verdict
from conformance.sentence import NOTHING, Sentence, say

CORE, DEBUG = "core.example:6250", "core.example:8080"
INNER, OUTER = "10.0.3.5", "2001:db8:3::5"
LIVES = Seen(INNER, Came.ANSWERED, say("HTTP 404"))
MUTE = Seen(INNER, Came.ACCEPTED, detail=say("said nothing to any question"))
REFUSED, FILTERED = Seen(INNER, Came.REFUSED), Seen(INNER, Came.FILTERED, detail=say("no answer within 3 s"))
UNREACHABLE = Seen(INNER, Came.UNREACHABLE)
FAILED = Seen(INNER, Came.FAILED, detail=say("Too many open files"))
CONTROL = Look("wa.example", 443, (Seen("10.0.2.5", Came.ANSWERED, say("TLS")),))
NOWHERE = (Look("192.0.2.213", 6250, (Seen("192.0.2.213", Came.FILTERED),)),)
DOCUMENT: dict[str, Any] = {
    "schema": 1,
    "name": "layout",
    "network": {
        "ports": [6250, 8080],
        "vantage": [{"name": name, "reachable": "wa.example:443"} for name in ("client-net", "web-net")],
        "reach": [
            {"from": "web-net", "to": CORE, "service": "communication", "allowed": True},
            {"from": "client-net", "to": CORE, "service": "communication", "allowed": False},
        ],
    },
}
ALLOWED, FORBIDDEN = "NET-02/from-web-net/" + CORE, "NET-02/from-client-net/" + CORE
NODE = "NET-05/from-client-net/core.example"


def look(*seen: Seen, port: int = 6250, unresolved: Sentence = NOTHING, host: str = "core.example") -> Look:
    return Look(host, port, seen, unresolved)


def vantage(name: str, *seen: Seen, **changed: Any) -> VantageLook:
    looks = {CORE: look(*seen), DEBUG: look(FILTERED, port=8080)}
    spares = {"core.example": look(REFUSED, port=4)}
    right = VantageLook(name, (), control=CONTROL, nowhere=NOWHERE, looks=looks, spares=spares)
    return replace(right, **changed)


def judged(
    case: str,
    client: VantageLook | None = None,
    web: VantageLook | None = None,
    change: Callable[[dict[str, Any]], object] = lambda _: None,
) -> Verdict:
    document = DOCUMENT | {"network": {key: list(value) for key, value in DOCUMENT["network"].items()}}
    change(document["network"])
    seen = NetworkObservation((client or vantage("client-net", FILTERED), web or vantage("web-net", LIVES)))
    record = TypeAdapter(NetworkObservation).dump_python(seen, mode="json")
    assessment = Assessment(target.parse(document), Recorded(Observed({"network/0": record})))
    return assessment.judge(assessment.cases[case])


@pytest.mark.parametrize("kept_out", [REFUSED, FILTERED, UNREACHABLE], ids=lambda seen: seen.came.value)
def test_every_way_to_keep_out_is_right_and_named(kept_out: Seen) -> None:
    verdict = judged(FORBIDDEN, client=vantage("client-net", kept_out))
    assert verdict.outcome is Outcome.PASS
    assert kept_out.came.value in verdict.observed
    assert verdict.exhibits == ("/vantages/0/looks/core.example:6250", "/vantages/1/looks/core.example:6250")


def test_a_service_is_reached_where_it_is_allowed() -> None:
    verdict = judged(ALLOWED)
    assert (verdict.outcome, verdict.exhibits) == (Outcome.PASS, ("/vantages/1/looks/core.example:6250",))


@pytest.mark.parametrize(
    "got_in", [LIVES, MUTE, replace(LIVES, protocol=say("HTTP 503"))], ids=lambda seen: seen.protocol
)
def test_whoever_is_not_allowed_and_gets_a_connection_has_got_in(got_in: Seen) -> None:
    verdict = judged(FORBIDDEN, client=vantage("client-net", got_in))
    assert verdict.outcome is Outcome.FAIL


def test_one_open_address_of_several_is_enough() -> None:
    both = vantage("client-net", FILTERED, replace(LIVES, address=OUTER))
    assert judged(FORBIDDEN, client=both).outcome is Outcome.FAIL
    assert judged(ALLOWED, web=vantage("web-net", REFUSED, replace(LIVES, address=OUTER))).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (MUTE, "said nothing"),
        (FILTERED, "no answer within 3 s"),
        (replace(LIVES, protocol=say("HTTP 502")), "HTTP 502"),
        (REFUSED, "a service that is down"),
    ],
    ids=["mute", "filtered", "a proxy without its service", "refused"],
)
def test_a_service_that_is_down_shows_nothing_about_either_side(seen: Seen, words: str) -> None:
    with pytest.raises(Inconclusive, match=words):
        judged(ALLOWED, web=vantage("web-net", seen))
    with pytest.raises(Inconclusive, match="answered nowhere else"):
        judged(FORBIDDEN, web=vantage("web-net", seen))


UNRELIABLE = [
    ({"trouble": say('its command "sh" cannot be run: no such file')}, "cannot be run"),
    ({"control": None}, r"network\.vantage\.reachable"),
    ({"control": replace(CONTROL, seen=(replace(MUTE, address="10.0.2.5"),))}, "has to answer there"),
    ({"control": replace(CONTROL, seen=(), unresolved=say("Name or service not known"))}, "not resolved"),
    ({"nowhere": (replace(NOWHERE[0], seen=(replace(MUTE, address="192.0.2.213"),)),)}, "which nobody has"),
    ({"nowhere": ()}, "no address could be tried"),
    ({"nowhere": (replace(NOWHERE[0], seen=(FAILED,)),)}, "no address could be tried there"),
    ({"looks": {}}, "was not looked at"),
]


@pytest.mark.parametrize(("changed", "words"), UNRELIABLE, ids=[words for _, words in UNRELIABLE])
@pytest.mark.parametrize("seen", [FILTERED, LIVES], ids=["kept out", "let in"])
def test_nothing_counts_of_a_vantage_point_that_did_not_prove_itself(
    changed: dict[str, Any], words: str, seen: Seen
) -> None:
    for case in (FORBIDDEN, NODE):
        with pytest.raises(Inconclusive, match=words):
            judged(case, client=vantage("client-net", seen, **changed))
    with pytest.raises(Inconclusive, match=words):
        judged(ALLOWED, web=vantage("web-net", LIVES, **changed))


def test_a_service_seen_alive_from_an_unreliable_place_was_not_seen_alive() -> None:
    with pytest.raises(Inconclusive, match="answered nowhere else"):
        judged(FORBIDDEN, web=vantage("web-net", LIVES, nowhere=()))


def test_something_that_takes_every_connection_to_a_host_is_not_the_host() -> None:
    everywhere = {"core.example": look(MUTE, port=4)}
    with pytest.raises(Inconclusive, match="port 4 of the same host"):
        judged(FORBIDDEN, client=vantage("client-net", MUTE, spares=everywhere))
    with pytest.raises(Inconclusive, match="port 4 of the same host"):
        judged(ALLOWED, web=vantage("web-net", LIVES, spares=everywhere))
    assert judged(FORBIDDEN, client=vantage("client-net", FILTERED, spares=everywhere)).outcome is Outcome.PASS


def test_a_connection_that_could_not_be_tried_keeps_nobody_out() -> None:
    with pytest.raises(Inconclusive, match="Too many open files"):
        judged(FORBIDDEN, client=vantage("client-net", FILTERED, FAILED))


def test_an_unknown_name_keeps_nobody_out() -> None:
    nameless = {CORE: look(unresolved=say("Name or service not known")), DEBUG: look(FILTERED, port=8080)}
    with pytest.raises(Inconclusive, match="no address to look at"):
        judged(FORBIDDEN, client=vantage("client-net", looks=nameless))
    by_address = nameless | {CORE: look(FILTERED, unresolved=say("Name or service not known"))}
    verdict = judged(FORBIDDEN, client=vantage("client-net", looks=by_address))
    assert verdict.outcome is Outcome.PASS
    assert "learnt elsewhere" in verdict.notes[0]


def test_a_service_is_the_same_under_another_name_of_its_address() -> None:
    def by_address(network: dict[str, Any]) -> None:
        network["reach"][0] = network["reach"][0] | {"to": f"{INNER}:6250"}

    web = vantage("web-net", looks={f"{INNER}:6250": look(LIVES, host=INNER)}, spares={})
    assert judged(FORBIDDEN, web=web, change=by_address).outcome is Outcome.PASS


def test_what_is_declared_of_no_place_or_only_of_allowed_ones_is_open() -> None:
    with pytest.raises(Inconclusive, match=r"no \[\[network.reach\]\] with service = control"):
        judged("NET-03")
    with pytest.raises(Inconclusive, match="kept from anybody"):
        judged("NET-02/from-elsewhere", change=lambda network: network["reach"].pop())


def test_api_and_administration_behind_one_port_are_cases_of_their_own() -> None:
    def both(network: dict[str, Any]) -> None:
        network["reach"] += [
            {"from": "client-net", "to": CORE, "service": service, "allowed": False} for service in ("api", "admin")
        ]

    assert judged("NET-01/from-client-net/" + CORE, change=both).outcome is Outcome.PASS
    assert judged("NET-01/from-client-net/" + CORE + "/admin", change=both).outcome is Outcome.PASS


def test_a_port_that_is_open_and_not_declared_is_named() -> None:
    looks = {CORE: look(LIVES), DEBUG: look(replace(LIVES, protocol=say("HTTP 200")), port=8080)}
    verdict = judged(NODE, client=vantage("client-net", looks=looks))
    assert verdict.outcome is Outcome.FAIL
    assert "8080 (10.0.3.5 answered (HTTP 200))" in verdict.observed
    assert "6250" not in verdict.observed  # an entry of its own judges it
    assert verdict.exhibits == ("/vantages/0/looks/core.example:8080",)


def test_ports_that_are_closed_count_where_the_host_lives() -> None:
    verdict = judged(NODE)
    assert verdict.outcome is Outcome.PASS
    assert verdict.exhibits == ("/vantages/0/looks/core.example:8080", "/vantages/1/looks/core.example:6250")
    with pytest.raises(Inconclusive, match="a host that is down"):
        judged(NODE, web=vantage("web-net", FILTERED))


def test_a_port_is_declared_under_any_name_of_the_address() -> None:
    def also(network: dict[str, Any]) -> None:
        network["reach"].append({"from": "client-net", "to": f"{INNER}:8080", "service": "api", "allowed": True})

    looks = {CORE: look(FILTERED), DEBUG: look(LIVES, port=8080), f"{INNER}:8080": look(LIVES, port=8080, host=INNER)}
    with pytest.raises(NotApplicable, match="of its own"):
        judged(NODE, client=vantage("client-net", looks=looks), change=also)
