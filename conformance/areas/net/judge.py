"""Judges who reaches what. Only a look that proved itself counts, and only silence of a service that lives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce

from conformance.areas.net.record import SPARE_PORT, Came, Look, NetworkObservation, Seen, VantageLook
from conformance.engine.policy import Policy
from conformance.inputs.target import Network, Reach
from conformance.model import Case, Inconclusive, NotApplicable, Verdict, conforms, violates
from conformance.pointers import build
from conformance.sentence import NOTHING, By, Listed, Own, Sentence, clauses, listed, own_list, say, say_of, shortened

ELSEWHERE = "elsewhere"
"""The value of the case that stands for a place to be kept out, where the target file names none."""

_LISTED = 16
_CAME = {
    Came.REFUSED: say_of("a port is", "refused"),
    Came.FILTERED: say_of("a port is", "filtered"),
    Came.UNREACHABLE: say_of("a port is", "unreachable"),
    Came.FAILED: say_of("a port is", "failed"),
}
_OF_A_PROXY = ("HTTP 502", "HTTP 503", "HTTP 504")


@dataclass(frozen=True, slots=True)
class _Found:
    """A look of a vantage point that can be relied upon, and where it stands in the record."""

    vantage: VantageLook
    look: Look
    place: str


def declared(policy: Policy) -> Network:
    """Return the declared networks."""
    return policy.target.declared(Network)


def kept_apart(*services: str) -> Callable[[NetworkObservation, Policy, Case], Verdict]:
    """Return the judge of NET-01 to NET-04: `services` answer where the target file allows it, and nowhere else."""
    named = own_list(services, By.OR)

    def judge(seen: NetworkObservation, policy: Policy, case: Case) -> Verdict:
        if not case.value:
            raise Inconclusive(
                say(
                    "the target file has no [[network.reach]] with service = {services}: say from where it may be "
                    "reached and from where not, or exclude the requirement in [scope] with a reason",
                    services=named,
                )
            )
        if case.value == ELSEWHERE:
            raise Inconclusive(
                say(
                    "the target file has no [[network.reach]] with service = {services} and allowed = false: "
                    "that it is kept from anybody is not looked at",
                    services=named,
                )
            )
        reach = declared(policy).reach[int(case.value)]
        found = _found(seen, reach.from_, reach.to)
        return _reached(reach, found) if reach.allowed else _kept_out(reach, found, seen)

    return judge


def _reached(reach: Reach, found: _Found) -> Verdict:
    """Judge a place that is allowed. One that is cut off breaks no promise, but leaves the others unproved."""
    vantage, endpoint = Own(reach.from_), Own(reach.to)
    expected = say("the {service} service answers {vantage}", service=Own(reach.service), vantage=vantage)
    alive = [one for one in found.look.seen if _lives(one)]
    if not alive:
        raise Inconclusive(
            say(
                "{endpoint} is allowed from {vantage} and did not answer there: {told}; nobody is let in who should "
                "not be, but what keeps others out cannot be told from a service that is down",
                endpoint=endpoint,
                vantage=vantage,
                told=_told(found.look),
            )
        )
    _believed(found, reach.to)
    return conforms(expected, _seen_from(reach.from_, reach.to, _told(found.look)), found.place, notes=_notes(found))


def _kept_out(reach: Reach, found: _Found, seen: NetworkObservation) -> Verdict:
    expected = say(
        "the {service} service is not reached from {vantage}", service=Own(reach.service), vantage=Own(reach.from_)
    )
    observed = _seen_from(reach.from_, reach.to, _told(found.look))
    if any(one.came.is_open for one in found.look.seen):
        _believed(found, reach.to)
        return violates(expected, observed, found.place, notes=_notes(found))
    _whole(found, reach.to)
    if not (alive := [other for other in _same(seen, found.look) if any(map(_lives, other.look.seen))]):
        raise Inconclusive(
            say(
                "{seen}; but {endpoint} answered nowhere else either, and a service that is down is reached by "
                "nobody: declare a vantage point that may reach it, with allowed = true",
                seen=observed,
                endpoint=Own(reach.to),
            )
        )
    proof = say("{told} from {vantage}", told=_told(alive[0].look), vantage=Own(alive[0].vantage.name))
    return conforms(expected, clauses(observed, proof), found.place, alive[0].place, notes=_notes(found))


def nothing_else(seen: NetworkObservation, policy: Policy, case: Case) -> Verdict:
    """Judge NET-05: of the ports looked at on a node, none is open from a place but those declared for it."""
    if not case.value:
        raise Inconclusive(
            say("the target file has no [[network.reach]]: it names no node whose ports could be looked at")
        )
    name, _, host = case.value.rpartition(" ")
    vantage = _vantage(seen, name)
    others = [
        found
        for port in declared(policy).ports
        if not _spoken_for(found := _found(seen, name, f"{host}:{port}"), policy, vantage)
    ]
    if not others:
        raise NotApplicable(
            say(
                "every one of network.ports on {host} has a [[network.reach]] of its own from {vantage}",
                host=Own(host),
                vantage=Own(name),
            )
        )
    expected = say(
        "of the ports looked at on {host}, {vantage} reaches what is declared and nothing else",
        host=Own(host),
        vantage=Own(name),
    )
    if unexpected := [found for found in others if any(one.came.is_open for one in found.look.seen)]:
        _believed(unexpected[0], host)
        ports = [say("{port} ({told})", port=found.look.port, told=_told(found.look)) for found in unexpected]
        places = (found.place for found in unexpected[:_LISTED])
        observed = say(
            "from {vantage}, {host} also has open: {ports}", vantage=Own(name), host=Own(host), ports=_some(ports)
        )
        return violates(expected, observed, *places)
    for found in others:
        _whole(found, f"{host}:{found.look.port}")
    alive = next((one for one in _same_host(seen, others[0].look) if any(map(_lives, one.look.seen))), None)
    if alive is None:
        raise Inconclusive(
            say("{host} answered nothing from anywhere, and a host that is down has no port open", host=Own(host))
        )
    ports = [say("{port} {came}", port=found.look.port, came=_words(found.look)) for found in others]
    places = (found.place for found in others[:_LISTED])
    return conforms(expected, _seen_from(name, host, _some(ports)), *places, alive.place)


def _spoken_for(found: _Found, policy: Policy, vantage: VantageLook) -> bool:
    """Tell whether the target file says what this place may reach there, under any name of the same address."""
    own = (reach for reach in declared(policy).reach if reach.from_ == vantage.name)
    return any(reach.to in vantage.looks and _is_same(vantage.looks[reach.to], found.look) for reach in own)


def _vantage(seen: NetworkObservation, name: str) -> VantageLook:
    """Return a vantage point's looks; raises Inconclusive where it did not prove itself."""
    vantage = next((one for one in seen.vantages if one.name == name), None)
    if vantage is None:
        raise Inconclusive(say("nothing was looked at from {vantage}", vantage=Own(name)))
    if doubt := _doubt(vantage):
        raise Inconclusive(say("{vantage} is no vantage point to rely on: {doubt}", vantage=Own(name), doubt=doubt))
    return vantage


def _doubt(vantage: VantageLook) -> Sentence:
    """Say why nothing of a vantage point counts, or nothing."""
    if vantage.trouble:
        return vantage.trouble
    if vantage.control is None:
        return say("the target file lacks network.vantage.reachable for it, an address that has to answer there")
    if not any(one.came is Came.ANSWERED for one in vantage.control.seen):
        return say(
            "its own control {endpoint} has to answer there, and did not: {told}",
            endpoint=_endpoint(vantage.control),
            told=_told(vantage.control),
        )
    for look in vantage.nowhere:
        if any(one.came.is_open for one in look.seen):
            return say(
                "it reaches {endpoint}, an address set aside for documentation, which nobody has: "
                "something on the way takes every connection",
                endpoint=_endpoint(look),
            )
    if not any(one.came is not Came.FAILED for look in vantage.nowhere for one in look.seen):
        return say("no address could be tried there that nobody has")
    return NOTHING


def _endpoint(look: Look) -> Own:
    return Own(f"{look.host}:{look.port}")


def _found(seen: NetworkObservation, name: str, endpoint: str) -> _Found:
    vantage = _vantage(seen, name)
    if endpoint not in vantage.looks:
        raise Inconclusive(
            say("{endpoint} was not looked at from {vantage}", endpoint=Own(endpoint), vantage=Own(name))
        )
    return _Found(vantage, vantage.looks[endpoint], _place(seen, vantage, endpoint))


def _place(seen: NetworkObservation, vantage: VantageLook, endpoint: str) -> str:
    return build("vantages", seen.vantages.index(vantage), "looks", endpoint)


def _all(seen: NetworkObservation) -> Iterator[_Found]:
    for vantage in seen.vantages:
        if not _doubt(vantage):
            for endpoint, look in vantage.looks.items():
                yield _Found(vantage, look, _place(seen, vantage, endpoint))


def _same_host(seen: NetworkObservation, look: Look) -> Iterator[_Found]:
    """List looks at the same host, by name or by address."""
    return (found for found in _all(seen) if found.look.host == look.host or _addresses(found.look) & _addresses(look))


def _same(seen: NetworkObservation, look: Look) -> Iterator[_Found]:
    return (found for found in _same_host(seen, look) if found.look.port == look.port)


def _is_same(one: Look, other: Look) -> bool:
    same_host = one.host == other.host or bool(_addresses(one) & _addresses(other))
    return same_host and one.port == other.port


def _addresses(look: Look) -> set[str]:
    return {one.address for one in look.seen}


def _lives(one: Seen) -> bool:
    """Tell whether the service itself answered; a proxy that misses its service says so by itself."""
    return one.came is Came.ANSWERED and one.protocol not in _OF_A_PROXY


def _believed(found: _Found, endpoint: str) -> None:
    """Raise Inconclusive where something takes connections to that host whatever the port: it need not be the host."""
    spare = next((look for look in found.vantage.spares.values() if look.host == found.look.host), None)
    if spare and any(one.came.is_open for one in spare.seen):
        raise Inconclusive(
            say(
                "{endpoint} takes a connection from {vantage}, and so does port {port} of the same host, "
                "which nobody uses: something on the way takes every connection to it",
                endpoint=Own(endpoint),
                vantage=Own(found.vantage.name),
                port=SPARE_PORT,
            )
        )


def _whole(found: _Found, endpoint: str) -> None:
    """Raise Inconclusive where a connection that was not made says nothing about the target."""
    name, tried = Own(found.vantage.name), Own(endpoint)
    if not found.look.seen:
        why = found.look.unresolved or say_of("addresses", "none")
        raise Inconclusive(
            say("{endpoint} has no address to look at from {vantage}: {why}", endpoint=tried, vantage=name, why=why)
        )
    if failed := next((one for one in found.look.seen if one.came is Came.FAILED), None):
        raise Inconclusive(
            say("{endpoint} could not be tried from {vantage}: {why}", endpoint=tried, vantage=name, why=failed.detail)
        )


def _notes(found: _Found) -> tuple[Sentence, ...]:
    if not found.look.unresolved:
        return ()
    note = say(
        "{host} is not resolved at {vantage} ({why}): its addresses were learnt elsewhere.",
        host=Own(found.look.host),
        vantage=Own(found.vantage.name),
        why=found.look.unresolved,
    )
    return (note,)


def _seen_from(vantage: str, where: str, told: Sentence | Listed) -> Sentence:
    return say("from {vantage}, {where}: {told}", vantage=Own(vantage), where=Own(where), told=told)


def _told(look: Look) -> Sentence | Listed:
    """Say what came of every address."""
    if not look.seen:
        return say("the name is not resolved there ({why})", why=look.unresolved or say("no address"))
    words = (
        _word(one) if one.address == look.host else say("{address} {came}", address=Own(one.address), came=_word(one))
        for one in look.seen
    )
    return listed(words, By.COMMA)


def _some(items: list[Sentence]) -> Listed:
    """List as many as a reader bears, and count the others."""
    return listed(shortened(items, _LISTED), By.COMMA)


def _words(look: Look) -> Sentence:
    """Say in what ways no connection was made, each once."""
    ways = dict.fromkeys(_CAME[one.came] for one in look.seen)
    return reduce(lambda before, way: say("{before}/{way}", before=before, way=way), ways)


def _word(one: Seen) -> Sentence:
    if one.came is Came.ANSWERED:
        return say("answered ({protocol})", protocol=one.protocol)
    if one.came is Came.ACCEPTED:
        return say("took the connection and {then}", then=one.detail)
    came = _CAME[one.came]
    return came if one.came is Came.REFUSED or not one.detail else say("{came} ({why})", came=came, why=one.detail)
